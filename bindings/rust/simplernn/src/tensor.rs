// SPDX-License-Identifier: MIT
//! Tensors that the library has made.

use simplernn_sys as sys;
use std::slice;

use crate::element::{sizes, Element};
use crate::handle::Handle;

/// Values that were read from a file, with their shape. They are contiguous and
/// never change.
#[derive(Debug)]
pub struct Tensor {
    handle: Handle<sys::srnn_tensor>,
}

impl Tensor {
    pub(crate) fn of(handle: Handle<sys::srnn_tensor>) -> Self {
        Tensor { handle }
    }

    /// The shape, in C order.
    pub fn shape(&self) -> Vec<usize> {
        let tensor = self.handle.get();
        // SAFETY: the tensor has rank sizes.
        unsafe {
            let rank = sys::srnn_tensor_rank(tensor);
            sizes(sys::srnn_tensor_shape(tensor), rank)
        }
    }

    /// The values; None if they have another type than `T`.
    ///
    /// ```
    /// use simplernn::{Options, Rnn, Weights};
    ///
    /// let mut file = Vec::new();
    /// Rnn::<f32>::new(3, 4, &Options::new(), 1)?.save_to(&mut file, "", &[])?;
    /// let weights = Weights::from_bytes(&file)?;
    /// let tensor = weights.read("weight_ih_l0")?;
    /// assert_eq!(tensor.shape(), [4, 3]);
    /// assert_eq!(tensor.data::<f32>().unwrap().len(), 12);
    /// assert!(tensor.data::<f64>().is_none());
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    pub fn data<T: Element>(&self) -> Option<&[T]> {
        let tensor = self.handle.get();
        // SAFETY: the values are contiguous and of the type T, and belong to
        // the tensor. Nobody writes them.
        unsafe {
            if sys::srnn_tensor_dtype(tensor) != T::DTYPE {
                return None;
            }
            let data = sys::srnn_tensor_const_data(tensor);
            let len = sys::srnn_tensor_size(tensor) as usize;
            Some(match len {
                0 => &[],
                _ => slice::from_raw_parts(data.cast(), len),
            })
        }
    }
}
