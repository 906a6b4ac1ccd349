// SPDX-License-Identifier: MIT
//! Reads and writes the parameters of a network.

use simplernn_sys as sys;

use crate::element::{int, sizes, Real};
use crate::enumerators::Initialisation;
use crate::error::{check, check_len, Result};
use crate::handle::Handle;
use crate::rnn::Rnn;
use crate::tensor::Tensor;
use crate::text;
use crate::view::{View, ViewMut};

impl<T: Real> Rnn<T> {
    /// The names of the parameters, in the order of PyTorch's `state_dict`.
    ///
    /// ```
    /// # use simplernn::{Options, Rnn};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new().bias(false), 1)?;
    /// let names: Vec<_> = rnn.parameter_names().collect();
    /// assert_eq!(names, ["weight_ih_l0", "weight_hh_l0"]);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    pub fn parameter_names(&self) -> impl Iterator<Item = &str> + '_ {
        // SAFETY: the rnn has the index, and the name lasts as long as it.
        unsafe {
            let count = sys::srnn_rnn_parameter_count(self.get());
            (0..count).map(move |index| {
                text::borrow(sys::srnn_rnn_parameter_name(self.get(), index))
            })
        }
    }

    /// The shape of a parameter; None if no parameter has that name.
    ///
    /// ```
    /// # use simplernn::{Options, Rnn};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// assert_eq!(rnn.parameter_shape("weight_ih_l0"), Some(vec![4, 3]));
    /// assert_eq!(rnn.parameter_shape("weight_ih_l1"), None);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    pub fn parameter_shape(&self, name: &str) -> Option<Vec<usize>> {
        let name = text::owned(name).ok()?;
        // SAFETY: the rnn exists, and its parameter has rank sizes.
        unsafe {
            let index = sys::srnn_rnn_find_parameter(self.get(), name.as_ptr());
            if index < 0 {
                return None;
            }
            let rank = sys::srnn_rnn_parameter_rank(self.get(), index);
            let shape = sys::srnn_rnn_parameter_shape(self.get(), index);
            Some(sizes(shape, rank))
        }
    }

    /// A copy of the values of a parameter, in C order.
    ///
    /// ```
    /// # use simplernn::{ErrorKind, Options, Rnn};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// assert_eq!(rnn.parameter("weight_ih_l0")?.len(), 4 * 3);
    /// let error = rnn.parameter("weight").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if no parameter has that name;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn parameter(&self, name: &str) -> Result<Vec<T>> {
        let name = text::owned(name)?;
        let _reading = self.parameters().reading();
        // SAFETY: the rnn exists, and nobody writes its parameters.
        let tensor = Tensor::of(Handle::create(|out| unsafe {
            sys::srnn_rnn_copy_parameter(out, self.get(), name.as_ptr())
        })?);
        Ok(tensor.data().expect("the dtype of the rnn").to_vec())
    }

    /// Writes a parameter. Contexts and streams use the new values from their
    /// next call on.
    ///
    /// ```
    /// # use simplernn::{Options, Rnn, View};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// rnn.set_parameter("bias_ih_l0", &View::new(&[0.5; 4], &[4])?)?;
    /// assert_eq!(rnn.parameter("bias_ih_l0")?, [0.5; 4]);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if no parameter has that name;
    /// [`Shape`](crate::ErrorKind::Shape) if the value has another shape;
    /// [`Busy`](crate::ErrorKind::Busy) if another thread runs the rnn, or
    /// reads or writes its parameters; [`InUse`](crate::ErrorKind::InUse) if a
    /// [`Cell`](crate::Cell) is a view of the rnn.
    pub fn set_parameter(&self, name: &str, value: &View<'_, T>) -> Result<()> {
        let name = text::owned(name)?;
        let _writing = self.parameters().writing()?;
        // SAFETY: the rnn and the tensor exist. Nobody reads the parameters.
        check(unsafe {
            sys::srnn_rnn_set_parameter(self.get(), name.as_ptr(), value.get())
        })
    }

    /// Writes all parameters, in the order of
    /// [`parameter_names`](Rnn::parameter_names), or none after a failure.
    ///
    /// # Errors
    /// As [`set_parameter`](Rnn::set_parameter);
    /// [`Range`](crate::ErrorKind::Range) if their number is wrong.
    pub fn set_parameters(&self, values: &[&View<'_, T>]) -> Result<()> {
        let values: Vec<_> = values.iter().map(|value| value.get()).collect();
        let _writing = self.parameters().writing()?;
        // SAFETY: the rnn and the tensors exist. Nobody reads the parameters.
        check(unsafe {
            sys::srnn_rnn_set_parameters(
                self.get(),
                values.as_ptr(),
                int(values.len()),
            )
        })
    }

    /// Fills a parameter with first values. The same seed gives every parameter
    /// of the same shape the same values; see [`Initialisation`] for the gain.
    ///
    /// ```
    /// # use simplernn::{Initialisation, Options, Rnn};
    /// let rnn = Rnn::<f32>::new(1, 2, &Options::new(), 1)?;
    /// rnn.initialise("weight_hh_l0", Initialisation::Identity, 0.5, 0)?;
    /// assert_eq!(rnn.parameter("weight_hh_l0")?, [0.5, 0.0, 0.0, 0.5]);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if no parameter has that name;
    /// [`Shape`](crate::ErrorKind::Shape) if the parameter is a bias, and the
    /// kind needs a matrix; [`Range`](crate::ErrorKind::Range) if the gain is
    /// negative, infinite or NaN; [`Busy`](crate::ErrorKind::Busy) and
    /// [`InUse`](crate::ErrorKind::InUse) as for
    /// [`set_parameter`](Rnn::set_parameter);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn initialise(
        &self,
        name: &str,
        kind: Initialisation,
        gain: f64,
        seed: u64,
    ) -> Result<()> {
        let name = text::owned(name)?;
        let _writing = self.parameters().writing()?;
        // SAFETY: the rnn exists. Nobody reads the parameters.
        check(unsafe {
            sys::srnn_rnn_initialise(
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
        // SAFETY: the rnn exists.
        unsafe { sys::srnn_rnn_flat_size(self.get()) as usize }
    }

    /// A copy of all parameters, one after the other, in the order of
    /// [`parameter_names`](Rnn::parameter_names): `[P]`, as
    /// `torch.nn.utils.parameters_to_vector`.
    ///
    /// ```
    /// # use simplernn::{Options, Rnn};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let halved: Vec<_> = rnn.flat()?.iter().map(|p| p / 2.0).collect();
    /// assert_eq!(halved.len(), 4 * 3 + 4 * 4 + 4 + 4);
    /// rnn.set_flat(&halved)?;
    /// assert_eq!(rnn.flat()?, halved);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn flat(&self) -> Result<Vec<T>> {
        let mut values = vec![T::default(); self.flat_size()];
        self.get_flat(&mut values)?;
        Ok(values)
    }

    /// Copies all parameters to a slice, as [`flat`](Rnn::flat).
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the slice is not `[P]`;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn get_flat(&self, values: &mut [T]) -> Result<()> {
        check_len("values", values.len(), &[("P", self.flat_size())])?;
        let shape = [values.len()];
        let mut view = ViewMut::new(values, &shape)?;
        let _reading = self.parameters().reading();
        // SAFETY: the rnn and the tensor exist. Nobody writes the parameters.
        check(unsafe { sys::srnn_rnn_get_flat(self.get(), view.get()) })
    }

    /// Writes all parameters from a slice, in the order of
    /// [`flat`](Rnn::flat).
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the slice is not `[P]`; otherwise
    /// as [`set_parameter`](Rnn::set_parameter).
    pub fn set_flat(&self, values: &[T]) -> Result<()> {
        check_len("values", values.len(), &[("P", self.flat_size())])?;
        let view = View::new(values, &[values.len()])?;
        let _writing = self.parameters().writing()?;
        // SAFETY: the rnn and the tensor exist. Nobody reads the parameters.
        check(unsafe { sys::srnn_rnn_set_flat(self.get(), view.get()) })
    }
}
