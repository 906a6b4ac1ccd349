// SPDX-License-Identifier: MIT
//! The gradients of parameters.

use simplernn_sys as sys;
use std::slice;
use std::sync::Arc;

use crate::element::{int, Real};
use crate::error::{check, read, Result};
use crate::handle::Handle;
use crate::linear::Linear;
use crate::owner::Owner;
use crate::rnn::Rnn;
use crate::text;
use crate::view::View;

/// One gradient for each element of each parameter of a network, of a linear
/// layer, or of a learned tensor. They are one vector `[P]` in the order of
/// [`Rnn::flat`] or [`Linear::flat`].
///
/// The functions [`scale`](Gradients::scale), [`norm`](Gradients::norm),
/// [`clip_norm`](Gradients::clip_norm) and
/// [`clip_value`](Gradients::clip_value) work on the gradients of several
/// objects together, and skip parameters that are frozen.
///
/// ```
/// use simplernn::{Gradients, Options, Rnn};
///
/// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
/// let mut gradients = Gradients::new(&rnn)?;
/// gradients.parameter_mut("bias_ih_l0").unwrap()[0] = 5.0;
/// assert_eq!(Gradients::clip_norm(&mut [&mut gradients], 1.0)?, 5.0);
/// assert!(Gradients::norm(&[&gradients])? <= 1.0);
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct Gradients<T: Real> {
    handle: Handle<sys::srnn_gradients>,
    owner: Owner<T>,
}

impl<T: Real> Gradients<T> {
    /// Creates gradients of 0 for a network.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(rnn: &Rnn<T>) -> Result<Self> {
        // SAFETY: the rnn exists.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_gradients_create(out, rnn.get())
        })?;
        let owner = Owner::Rnn(rnn.clone());
        Ok(Gradients { handle, owner })
    }

    /// Creates gradients of 0 for a linear layer.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn of_linear(linear: &Linear<T>) -> Result<Self> {
        // SAFETY: the layer exists.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_gradients_create_linear(out, linear.get())
        })?;
        let owner = Owner::Linear(linear.clone());
        Ok(Gradients { handle, owner })
    }

    /// Creates gradients of 0 for a copy of the values, which is then a
    /// parameter like any other: an [`Optimizer`](crate::Optimizer) writes it.
    /// For example, a learned initial state `[L*D,1,H]`, whose gradient is
    /// `d_h0` of [`Backward`](crate::Backward).
    ///
    /// ```
    /// use simplernn::{Gradients, Optimizer, OptimizerKind};
    ///
    /// let mut h0 = Gradients::of_tensor(&[0.5, 0.0], &[1, 1, 2], "h0")?;
    /// let mut optimizer = Optimizer::<f32>::new(OptimizerKind::Sgd)?;
    /// optimizer.add(&h0, "")?;
    /// h0.flat_mut().copy_from_slice(&[1000.0, 0.0]);
    /// optimizer.step(&mut [&mut h0])?; // with a learning rate of 0.001
    /// assert_eq!(h0.value(), Some(&[-0.5, 0.0][..]));
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the shape has another number of
    /// elements than the slice, or no element;
    /// [`Invalid`](crate::ErrorKind::Invalid) if the name is empty;
    /// [`Range`](crate::ErrorKind::Range) if it has more than 31 bytes;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn of_tensor(
        values: &[T],
        shape: &[usize],
        name: &str,
    ) -> Result<Self> {
        let name = text::owned(name)?;
        let values = View::new(values, shape)?;
        // SAFETY: the view has rank sizes, the name ends with a NUL, and the
        // tensor lasts as long as the gradients.
        unsafe {
            let tensor = Handle::create(|out| {
                let rank = sys::srnn_tensor_rank(values.get());
                let shape = sys::srnn_tensor_shape(values.get());
                sys::srnn_tensor_create(out, T::DTYPE, rank, shape)
            })?;
            check(sys::srnn_tensor_copy(tensor.get(), values.get()))?;
            let handle = Handle::create(|out| {
                sys::srnn_gradients_create_tensor(
                    out,
                    tensor.get(),
                    name.as_ptr(),
                )
            })?;
            let owner = Owner::Tensor(Arc::new(tensor));
            Ok(Gradients { handle, owner })
        }
    }

    /// The network of these gradients, if they are those of one.
    pub fn rnn(&self) -> Option<&Rnn<T>> {
        match &self.owner {
            Owner::Rnn(rnn) => Some(rnn),
            _ => None,
        }
    }

    /// The layer of these gradients, if they are those of one.
    pub fn linear(&self) -> Option<&Linear<T>> {
        match &self.owner {
            Owner::Linear(linear) => Some(linear),
            _ => None,
        }
    }

    /// The values of the learned tensor, if these gradients are those of one.
    pub fn value(&self) -> Option<&[T]> {
        match &self.owner {
            // SAFETY: who writes the values borrows the gradients mutably.
            Owner::Tensor(tensor) => Some(unsafe { values(tensor.get()) }),
            _ => None,
        }
    }

    /// The same, to write to.
    pub fn value_mut(&mut self) -> Option<&mut [T]> {
        match &self.owner {
            // SAFETY: who reads or writes the values borrows the gradients.
            Owner::Tensor(tensor) => Some(unsafe { values_mut(tensor.get()) }),
            _ => None,
        }
    }

    /// All gradients, `[P]`.
    pub fn flat(&self) -> &[T] {
        // SAFETY: the tensor is that of these gradients.
        unsafe { values(sys::srnn_gradients_flat(self.get())) }
    }

    /// All gradients, `[P]`, to write to.
    pub fn flat_mut(&mut self) -> &mut [T] {
        // SAFETY: the tensor is that of these gradients.
        unsafe { values_mut(sys::srnn_gradients_flat(self.get())) }
    }

    /// The gradient of a parameter, in its shape and in C order; None if no
    /// parameter has that name.
    pub fn parameter(&self, name: &str) -> Option<&[T]> {
        self.tensor(name)
            // SAFETY: the tensor is one of these gradients.
            .map(|tensor| unsafe { values(tensor) })
    }

    /// The same, to write to.
    pub fn parameter_mut(&mut self, name: &str) -> Option<&mut [T]> {
        self.tensor(name)
            // SAFETY: the tensor is one of these gradients.
            .map(|tensor| unsafe { values_mut(tensor) })
    }

    fn tensor(&self, name: &str) -> Option<*mut sys::srnn_tensor> {
        let name = text::owned(name).ok()?;
        // SAFETY: the gradients exist, and the name ends with a NUL.
        let tensor =
            unsafe { sys::srnn_gradients_tensor(self.get(), name.as_ptr()) };
        Some(tensor).filter(|tensor| !tensor.is_null())
    }

    /// Trains a parameter, as all are at first, or freezes it. The gradient of
    /// a frozen parameter is not computed and stays as it is.
    ///
    /// ```
    /// # use simplernn::{Gradients, Options, Rnn};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let mut gradients = Gradients::new(&rnn)?;
    /// gradients.set_trained("weight_hh_l0", false)?;
    /// assert!(!gradients.is_trained("weight_hh_l0"));
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if no parameter has that name.
    pub fn set_trained(&mut self, name: &str, trained: bool) -> Result<()> {
        let name = text::owned(name)?;
        // SAFETY: the gradients exist, and the name ends with a NUL.
        check(unsafe {
            sys::srnn_gradients_set_trained(
                self.get(),
                name.as_ptr(),
                trained.into(),
            )
        })
    }

    /// Whether a parameter is trained; false if no parameter has that name.
    pub fn is_trained(&self, name: &str) -> bool {
        text::owned(name).map_or(false, |name| {
            // SAFETY: the gradients exist, and the name ends with a NUL.
            unsafe {
                sys::srnn_gradients_is_trained(self.get(), name.as_ptr()) == 1
            }
        })
    }

    /// Multiplies gradients by a factor, for example by 1 / N for a mean over
    /// N sequences.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if the list is empty, or the factor
    /// is negative, infinite or NaN.
    pub fn scale(list: &mut [&mut Self], factor: f64) -> Result<()> {
        let list = handles(list);
        // SAFETY: the gradients exist, and this call alone uses them.
        check(unsafe {
            sys::srnn_gradients_scale(list.as_ptr(), int(list.len()), factor)
        })
    }

    /// The norm of gradients: the square root of the sum of the squares of all
    /// values.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if the list is empty;
    /// [`NotFinite`](crate::ErrorKind::NotFinite) if a value is NaN or
    /// infinite; [`Invalid`](crate::ErrorKind::Invalid) if the list has
    /// gradients twice.
    pub fn norm(list: &[&Self]) -> Result<f64> {
        let list: Vec<_> = list.iter().map(|one| one.get()).collect();
        // SAFETY: the gradients exist, and the call only reads them.
        read(|out| unsafe {
            sys::srnn_gradients_norm(out, list.as_ptr(), int(list.len()))
        })
    }

    /// Limits the norm of gradients, as `torch.nn.utils.clip_grad_norm_`, and
    /// returns the norm before.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if the list is empty, or maximum is
    /// negative or NaN; [`NotFinite`](crate::ErrorKind::NotFinite) if a value
    /// is NaN or infinite, and then nothing has changed.
    pub fn clip_norm(list: &mut [&mut Self], maximum: f64) -> Result<f64> {
        let list = handles(list);
        // SAFETY: the gradients exist, and this call alone uses them.
        read(|out| unsafe {
            sys::srnn_gradients_clip_norm(
                out,
                list.as_ptr(),
                int(list.len()),
                maximum,
            )
        })
    }

    /// Limits each value to -maximum to maximum, as
    /// `torch.nn.utils.clip_grad_value_`.
    ///
    /// # Errors
    /// As [`clip_norm`](Gradients::clip_norm).
    pub fn clip_value(list: &mut [&mut Self], maximum: f64) -> Result<()> {
        let list = handles(list);
        // SAFETY: the gradients exist, and this call alone uses them.
        check(unsafe {
            sys::srnn_gradients_clip_value(
                list.as_ptr(),
                int(list.len()),
                maximum,
            )
        })
    }

    pub(crate) fn owner(&self) -> &Owner<T> {
        &self.owner
    }

    pub(crate) fn get(&self) -> *mut sys::srnn_gradients {
        self.handle.get()
    }
}

fn handles<T: Real>(
    list: &[&mut Gradients<T>],
) -> Vec<*mut sys::srnn_gradients> {
    list.iter().map(|one| one.get()).collect()
}

/// # Safety
/// The tensor has elements of type T, contiguous, which nobody writes for `'a`.
unsafe fn values<'a, T>(tensor: *const sys::srnn_tensor) -> &'a [T] {
    let len = sys::srnn_tensor_size(tensor) as usize;
    slice::from_raw_parts(sys::srnn_tensor_const_data(tensor).cast(), len)
}

/// # Safety
/// The tensor has elements of type T, contiguous, which nobody else uses for
/// `'a`.
unsafe fn values_mut<'a, T>(tensor: *mut sys::srnn_tensor) -> &'a mut [T] {
    let len = sys::srnn_tensor_size(tensor) as usize;
    slice::from_raw_parts_mut(sys::srnn_tensor_data(tensor).cast(), len)
}
