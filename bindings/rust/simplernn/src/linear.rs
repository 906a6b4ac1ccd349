// SPDX-License-Identifier: MIT
//! A linear layer.

use simplernn_sys as sys;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use crate::context::Context;
use crate::element::{int, Real};
use crate::enumerators::Accumulation;
use crate::error::{check, Error, Result};
use crate::gradients::Gradients;
use crate::handle::Handle;
use crate::lock::Parameters;
use crate::text;
use crate::view::{get_mut, View, ViewMut};
use crate::weights::Weights;

/// A linear layer, as `torch.nn.Linear`: output = input weight^T + bias. It
/// turns what a network gives into classes or values.
///
/// Its parameters are weight `[out_features,in_features]` and bias
/// `[out_features]`. A clone is the same layer, and the rules for threads are
/// those of an [`Rnn`](crate::Rnn).
///
/// ```
/// use simplernn::{Linear, View, ViewMut};
///
/// let linear = Linear::<f32>::new(3, 2, true, 1)?;
/// linear.set_parameter("bias", &View::new(&[0.5, 0.25], &[2])?)?;
/// let mut y = [1.0; 4 * 2];
/// linear.forward(
///     None,
///     &View::new(&[0.0; 4 * 3], &[4, 3])?,
///     &mut ViewMut::new(&mut y, &[4, 2])?,
/// )?;
/// assert_eq!(y[..2], [0.5, 0.25]);
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct Linear<T: Real> {
    inner: Arc<Inner>,
    element: PhantomData<T>,
}

#[derive(Debug)]
struct Inner {
    handle: Handle<sys::srnn_linear>,
    parameters: Parameters,
}

impl<T: Real> Linear<T> {
    /// Creates a layer with random values: exactly those of
    /// `torch.manual_seed(seed); torch.nn.Linear(in_features, out_features)`.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if a number is out of range;
    /// [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(
        in_features: usize,
        out_features: usize,
        bias: bool,
        seed: u64,
    ) -> Result<Self> {
        // SAFETY: nothing has to last.
        Linear::create(|out| unsafe {
            sys::srnn_linear_create(
                out,
                T::DTYPE,
                int(in_features),
                int(out_features),
                bias.into(),
                seed,
            )
        })
    }

    /// Creates a layer from the tensors prefix + "weight" and prefix + "bias"
    /// of a file. Without the second one, the layer has no bias.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no weight;
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Dtype`](crate::ErrorKind::Dtype) if a tensor does not hold real
    /// numbers, or the weight is `F64` and `T` is not `f64`, or the other way
    /// round; [`Io`](crate::ErrorKind::Io) if reading failed;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    ///
    /// # Panics
    /// If the function of [`Weights::from_reader`] panics.
    pub fn from_weights(weights: &Weights<'_>, prefix: &str) -> Result<Self> {
        let prefix = text::owned(prefix)?;
        // SAFETY: the weights exist, and the prefix ends with a NUL.
        let linear = Linear::<T>::create(|out| unsafe {
            sys::srnn_linear_create_from_weights(
                out,
                weights.get(),
                prefix.as_ptr(),
            )
        })?;
        // SAFETY: the layer exists.
        let dtype = unsafe { sys::srnn_linear_dtype(linear.get()) };
        if dtype == T::DTYPE {
            return Ok(linear);
        }
        let name = |dtype| match dtype {
            sys::SRNN_DTYPE_FLOAT32 => "f32",
            _ => "f64",
        };
        Err(Error::new(
            sys::SRNN_ERROR_DTYPE,
            format!(
                "the weight of the file makes a layer of {}, not of {}",
                name(dtype),
                name(T::DTYPE)
            ),
        ))
    }

    fn create(
        function: impl FnOnce(*mut *mut sys::srnn_linear) -> sys::srnn_status,
    ) -> Result<Self> {
        let inner = Inner {
            handle: Handle::create(function)?,
            parameters: Parameters::default(),
        };
        Ok(Linear {
            inner: Arc::new(inner),
            element: PhantomData,
        })
    }

    /// The number of features that the layer reads.
    pub fn in_features(&self) -> usize {
        // SAFETY: the layer exists.
        unsafe { sys::srnn_linear_in_features(self.get()) as usize }
    }

    /// The number of features that the layer gives.
    pub fn out_features(&self) -> usize {
        // SAFETY: the layer exists.
        unsafe { sys::srnn_linear_out_features(self.get()) as usize }
    }

    /// Whether the layer has a bias.
    pub fn bias(&self) -> bool {
        // SAFETY: the layer exists.
        unsafe { sys::srnn_linear_has_bias(self.get()) == 1 }
    }

    /// Runs the layer: each row of in_features becomes a row of out_features.
    ///
    /// * context: of any network, whose threads and kernels are used; None for
    ///   this thread alone and the defaults.
    /// * input: `[...,in_features]` with any number of leading axes.
    /// * output: `[...,out_features]` with the same leading axes.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters; [`Environment`](crate::ErrorKind::Environment) or
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as for [`Context::new`]
    /// if the context is None; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn forward(
        &self,
        context: Option<&mut Context<T>>,
        input: &View<'_, T>,
        output: &mut ViewMut<'_, T>,
    ) -> Result<()> {
        // SAFETY: all objects exist, and the result is apart from the rest.
        check(unsafe {
            sys::srnn_linear_forward(
                self.get(),
                context.map_or(ptr::null_mut(), |context| context.get()),
                input.get(),
                output.get(),
            )
        })
    }

    /// Computes the gradients of a forward. There is no tape: the parameters
    /// and the input must be those of the forward.
    ///
    /// * d_output: the gradient of the output, `[...,out_features]`.
    /// * accumulation: whether gradients of parameters are set or added;
    ///   d_input is always set.
    /// * gradients: of this layer, for its parameters that are trained.
    /// * d_input: receives the gradient of the input, in its shape.
    ///
    /// ```
    /// use simplernn::{Accumulation, Gradients, Linear, View};
    ///
    /// let linear = Linear::<f32>::new(1, 1, true, 1)?;
    /// let mut gradients = Gradients::of_linear(&linear)?;
    /// linear.backward(
    ///     None,
    ///     &View::new(&[3.0], &[1, 1])?,
    ///     &View::new(&[2.0], &[1, 1])?,
    ///     Accumulation::Set,
    ///     Some(&mut gradients),
    ///     None,
    /// )?;
    /// assert_eq!(gradients.flat(), [6.0, 2.0]);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`forward`](Linear::forward);
    /// [`Invalid`](crate::ErrorKind::Invalid) if the gradients are not those of
    /// the layer.
    pub fn backward(
        &self,
        context: Option<&mut Context<T>>,
        input: &View<'_, T>,
        d_output: &View<'_, T>,
        accumulation: Accumulation,
        gradients: Option<&mut Gradients<T>>,
        d_input: Option<&mut ViewMut<'_, T>>,
    ) -> Result<()> {
        // SAFETY: all objects exist, and results are apart from the rest.
        check(unsafe {
            sys::srnn_linear_backward(
                self.get(),
                context.map_or(ptr::null_mut(), |context| context.get()),
                input.get(),
                d_output.get(),
                accumulation.value(),
                gradients.map_or(ptr::null_mut(), |owner| owner.get()),
                get_mut(d_input),
            )
        })
    }

    pub(crate) fn get(&self) -> *mut sys::srnn_linear {
        self.inner.handle.get()
    }

    pub(crate) fn parameters(&self) -> &Parameters {
        &self.inner.parameters
    }
}

impl<T: Real> Clone for Linear<T> {
    /// The same layer, not a copy of it.
    fn clone(&self) -> Self {
        Linear {
            inner: self.inner.clone(),
            element: PhantomData,
        }
    }
}
