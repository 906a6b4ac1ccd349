// SPDX-License-Identifier: MIT
//! The network, and how it is made.

use simplernn_sys as sys;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::element::{int, Real};
use crate::enumerators::Direction;
use crate::error::{check, Result};
use crate::handle::Handle;
use crate::lock::Parameters;
use crate::options::Options;
use crate::sizes::Sizes;
use crate::text;
use crate::view::View;
use crate::weights::Weights;

/// A network with its options and parameters, as `torch.nn.RNN`.
///
/// A clone is the same network: contexts, streams, tapes and gradients hold
/// one, so the network lives as long as the last of them. [`Rnn::deep_clone`]
/// copies the parameters.
///
/// Any number of threads may share a network. Each thread runs it with its own
/// [`Context`](crate::Context) or [`Stream`](crate::Stream). Functions that
/// write parameters take `&self` and fail with
/// [`Busy`](crate::ErrorKind::Busy) while a call runs on another thread.
///
/// ```
/// use simplernn::{Context, Options, Rnn, View, ViewMut};
///
/// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
/// let mut context = Context::new(&rnn)?;
/// let x = [0.5; 5 * 2 * 3]; // [T=5, B=2, I=3]
/// let mut y = [0.0; 5 * 2 * 4];
/// context.forward(
///     &View::new(&x, &[5, 2, 3])?,
///     None,
///     Some(&mut ViewMut::new(&mut y, &[5, 2, 4])?),
///     None,
/// )?;
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct Rnn<T: Real> {
    inner: Arc<Inner>,
    element: PhantomData<T>,
}

#[derive(Debug)]
struct Inner {
    handle: Handle<sys::srnn_rnn>,
    sizes: Sizes,
    parameters: Parameters,
}

impl<T: Real> Rnn<T> {
    /// Creates a network with random weights: exactly those of
    /// `torch.manual_seed(seed); torch.nn.RNN(input_size, hidden_size, ...)`.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if a size or an option is out of
    /// range; [`Invalid`](crate::ErrorKind::Invalid) if the options demand
    /// other sizes; [`Overflow`](crate::ErrorKind::Overflow) if the size of the
    /// network does not fit in 63 bits;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(
        input_size: usize,
        hidden_size: usize,
        options: &Options,
        seed: u64,
    ) -> Result<Self> {
        let config = options.config::<T>()?;
        // SAFETY: the config exists.
        Rnn::create(|out| unsafe {
            sys::srnn_rnn_create(
                out,
                int(input_size),
                int(hidden_size),
                config.get(),
                seed,
            )
        })
    }

    /// Creates a network with copies of the given parameters, in the order of
    /// PyTorch's `state_dict`: weight_ih_l0 `[H,I]`, weight_hh_l0 `[H,H]`,
    /// bias_ih_l0 `[H]`, bias_hh_l0 `[H]`, and so on.
    ///
    /// ```
    /// use simplernn::{Options, Rnn, View};
    ///
    /// let weight_ih = View::new(&[0.5, 0.25], &[2, 1])?;
    /// let weight_hh = View::new(&[1.0, 0.0, 0.0, 1.0], &[2, 2])?;
    /// let options = Options::new().bias(false);
    /// let values = [&weight_ih, &weight_hh];
    /// let rnn = Rnn::<f64>::from_tensors(&values, &options)?;
    /// assert_eq!((rnn.input_size(), rnn.hidden_size()), (1, 2));
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Range`](crate::ErrorKind::Range) if their number does not follow from
    /// the options, or an option or a size is out of range;
    /// [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn from_tensors(
        values: &[&View<'_, T>],
        options: &Options,
    ) -> Result<Self> {
        let config = options.config::<T>()?;
        let values: Vec<_> = values.iter().map(|value| value.get()).collect();
        // SAFETY: the tensors and the config exist.
        Rnn::create(|out| unsafe {
            sys::srnn_rnn_create_from_tensors(
                out,
                values.as_ptr(),
                int(values.len()),
                config.get(),
            )
        })
    }

    /// Creates a network with the tensors of a file whose names begin with the
    /// prefix, for example `"encoder.rnn."`, or `""`. The sizes, the number of
    /// layers, the direction and the biases follow from the tensors. Their
    /// values are converted to `T`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if a parameter is missing;
    /// [`Format`](crate::ErrorKind::Format) if another tensor is under the
    /// prefix, or the metadata is not valid;
    /// [`Shape`](crate::ErrorKind::Shape) if the shapes are not those of one
    /// network, or not what the options say;
    /// [`Dtype`](crate::ErrorKind::Dtype) if an element type is not F64, F32,
    /// F16 or BF16; [`Io`](crate::ErrorKind::Io) if reading failed;
    /// [`Range`](crate::ErrorKind::Range);
    /// [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    ///
    /// # Panics
    /// If the function of [`Weights::from_reader`] panics.
    pub fn from_weights(
        weights: &Weights<'_>,
        prefix: &str,
        options: &Options,
    ) -> Result<Self> {
        let config = options.config::<T>()?;
        let prefix = text::owned(prefix)?;
        // SAFETY: the weights and the config exist, the prefix ends with a NUL.
        Rnn::create(|out| unsafe {
            sys::srnn_rnn_create_from_weights(
                out,
                weights.get(),
                prefix.as_ptr(),
                config.get(),
            )
        })
    }

    /// Creates a network of its own with the same options and parameters.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn deep_clone(&self) -> Result<Self> {
        let _reading = self.parameters().reading();
        // SAFETY: the rnn exists, and nobody writes its parameters.
        Rnn::create(|out| unsafe { sys::srnn_rnn_clone(out, self.get()) })
    }

    pub(crate) fn create(
        function: impl FnOnce(*mut *mut sys::srnn_rnn) -> sys::srnn_status,
    ) -> Result<Self> {
        let handle = Handle::create(function)?;
        let size = |option| integer(&handle, option) as usize;
        let direction = integer(&handle, sys::SRNN_OPTION_DIRECTION);
        let is_both = direction == i64::from(Direction::Bidirectional);
        let sizes = Sizes {
            input: size(sys::SRNN_OPTION_INPUT_SIZE),
            hidden: size(sys::SRNN_OPTION_HIDDEN_SIZE),
            layers: size(sys::SRNN_OPTION_NUM_LAYERS),
            directions: if is_both { 2 } else { 1 },
            is_batch_first: size(sys::SRNN_OPTION_BATCH_FIRST) == 1,
        };
        let inner = Inner {
            handle,
            sizes,
            parameters: Parameters::default(),
        };
        Ok(Rnn {
            inner: Arc::new(inner),
            element: PhantomData,
        })
    }

    pub(crate) fn integer(&self, option: sys::srnn_option) -> i64 {
        integer(&self.inner.handle, option)
    }

    pub(crate) fn sizes(&self) -> &Sizes {
        &self.inner.sizes
    }

    pub(crate) fn get(&self) -> *mut sys::srnn_rnn {
        self.inner.handle.get()
    }

    pub(crate) fn parameters(&self) -> &Parameters {
        &self.inner.parameters
    }
}

impl<T: Real> Clone for Rnn<T> {
    /// The same network, not a copy of it.
    fn clone(&self) -> Self {
        Rnn {
            inner: self.inner.clone(),
            element: PhantomData,
        }
    }
}

fn integer(rnn: &Handle<sys::srnn_rnn>, option: sys::srnn_option) -> i64 {
    let mut value = 0;
    // SAFETY: the rnn exists.
    let status =
        unsafe { sys::srnn_rnn_get_int(&mut value, rnn.get(), option) };
    check(status).expect("an rnn has this option");
    value
}
