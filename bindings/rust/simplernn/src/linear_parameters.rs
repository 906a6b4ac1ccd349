// SPDX-License-Identifier: MIT
//! Reads, writes and saves the parameters of a linear layer.

use simplernn_sys as sys;
use std::path::Path;

use crate::element::Real;
use crate::enumerators::Initialisation;
use crate::error::{check, check_len, Result};
use crate::handle::Handle;
use crate::linear::Linear;
use crate::tensor::Tensor;
use crate::text;
use crate::view::{View, ViewMut};

impl<T: Real> Linear<T> {
    /// A copy of the values of `"weight"` or `"bias"`, in C order.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if the layer has no parameter
    /// of that name; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn parameter(&self, name: &str) -> Result<Vec<T>> {
        let name = text::owned(name)?;
        let _reading = self.parameters().reading();
        // SAFETY: the layer exists, and nobody writes its parameters.
        let tensor = Tensor::of(Handle::create(|out| unsafe {
            sys::srnn_linear_copy_parameter(out, self.get(), name.as_ptr())
        })?);
        Ok(tensor.data().expect("the dtype of the layer").to_vec())
    }

    /// Writes a parameter.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if the layer has no parameter
    /// of that name; [`Shape`](crate::ErrorKind::Shape) if the value has
    /// another shape; [`Busy`](crate::ErrorKind::Busy) if another thread runs
    /// the layer, or reads or writes its parameters.
    pub fn set_parameter(&self, name: &str, value: &View<'_, T>) -> Result<()> {
        let name = text::owned(name)?;
        let _writing = self.parameters().writing()?;
        // SAFETY: the layer and the tensor exist. Nobody reads the parameters.
        check(unsafe {
            sys::srnn_linear_set_parameter(
                self.get(),
                name.as_ptr(),
                value.get(),
            )
        })
    }

    /// Fills a parameter with first values, as
    /// [`Rnn::initialise`](crate::Rnn::initialise).
    ///
    /// ```
    /// use simplernn::{Initialisation, Linear};
    ///
    /// let linear = Linear::<f64>::new(2, 2, true, 1)?;
    /// linear.initialise("weight", Initialisation::Identity, 3.0, 0)?;
    /// linear.initialise("bias", Initialisation::Zeros, 0.0, 0)?;
    /// assert_eq!(linear.flat()?, [3.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Rnn::initialise`](crate::Rnn::initialise), except `InUse`.
    pub fn initialise(
        &self,
        name: &str,
        kind: Initialisation,
        gain: f64,
        seed: u64,
    ) -> Result<()> {
        let name = text::owned(name)?;
        let _writing = self.parameters().writing()?;
        // SAFETY: the layer exists. Nobody reads the parameters.
        check(unsafe {
            sys::srnn_linear_initialise(
                self.get(),
                name.as_ptr(),
                kind.value(),
                gain,
                seed,
            )
        })
    }

    /// P, the number of elements of all parameters together.
    pub fn flat_size(&self) -> usize {
        // SAFETY: the layer exists.
        unsafe { sys::srnn_linear_flat_size(self.get()) as usize }
    }

    /// A copy of the weight and then the bias: `[P]`.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn flat(&self) -> Result<Vec<T>> {
        let mut values = vec![T::default(); self.flat_size()];
        self.get_flat(&mut values)?;
        Ok(values)
    }

    /// Copies all parameters to a slice, as [`flat`](Linear::flat).
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the slice is not `[P]`;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn get_flat(&self, values: &mut [T]) -> Result<()> {
        check_len("values", values.len(), &[("P", self.flat_size())])?;
        let shape = [values.len()];
        let mut view = ViewMut::new(values, &shape)?;
        let _reading = self.parameters().reading();
        // SAFETY: the layer and the tensor exist. Nobody writes the parameters.
        check(unsafe { sys::srnn_linear_get_flat(self.get(), view.get()) })
    }

    /// Writes all parameters from a slice, in the order of
    /// [`flat`](Linear::flat).
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the slice is not `[P]`; otherwise
    /// as [`set_parameter`](Linear::set_parameter).
    pub fn set_flat(&self, values: &[T]) -> Result<()> {
        check_len("values", values.len(), &[("P", self.flat_size())])?;
        let view = View::new(values, &[values.len()])?;
        let _writing = self.parameters().writing()?;
        // SAFETY: the layer and the tensor exist. Nobody reads the parameters.
        check(unsafe { sys::srnn_linear_set_flat(self.get(), view.get()) })
    }

    /// Saves the layer into a safetensors file, beside what else is in it.
    ///
    /// ```no_run
    /// # use simplernn::{Linear, Options, Rnn};
    /// let rnn = Rnn::<f32>::new(8, 32, &Options::new(), 1)?;
    /// let linear = Linear::<f32>::new(32, 10, true, 1)?;
    /// rnn.save_alone("model.safetensors", "rnn.", &[])?;
    /// linear.save("model.safetensors", "fc.")?;
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Format`](crate::ErrorKind::Format) if the file at path is not valid;
    /// [`Io`](crate::ErrorKind::Io) if reading or writing failed;
    /// [`Range`](crate::ErrorKind::Range) if the header becomes larger than
    /// 4 MiB; [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn save(&self, path: impl AsRef<Path>, prefix: &str) -> Result<()> {
        let path = text::path(path.as_ref())?;
        let prefix = text::owned(prefix)?;
        let _reading = self.parameters().reading();
        // SAFETY: the layer exists, and nobody writes its parameters. The texts
        // end with a NUL.
        check(unsafe {
            sys::srnn_linear_save(self.get(), path.as_ptr(), prefix.as_ptr())
        })
    }
}
