// SPDX-License-Identifier: MIT
//! Runs a network over whole sequences.

use simplernn_sys as sys;
use std::ptr;

use crate::element::{int, Real};
use crate::enumerators::ContextOption;
use crate::error::{check, check_len, read, Result};
use crate::handle::Handle;
use crate::rnn::Rnn;
use crate::view::{get, get_mut, View, ViewMut};

/// The memory and the helper threads that running a network needs.
///
/// A context may move to another thread, but one thread at a time may use it.
/// A program with many threads makes one for each, or keeps a pool.
#[derive(Debug)]
pub struct Context<T: Real> {
    handle: Handle<sys::srnn_context>,
    rnn: Rnn<T>,
}

/// The arguments of a call over sequences of different lengths, or of several
/// episodes.
///
/// ```
/// use simplernn::{Context, Options, Rnn, Sequences, View, ViewMut};
///
/// let rnn = Rnn::<f32>::new(1, 2, &Options::new(), 1)?;
/// let x = [0.5; 3 * 2]; // [T=3, B=2, I=1]
/// let mut y = [1.0; 3 * 2 * 2];
/// let input = View::new(&x, &[3, 2, 1])?;
/// let lengths = View::new(&[3, 1], &[2])?;
/// Context::new(&rnn)?.forward_sequences(
///     &Sequences {
///         lengths: Some(&lengths),
///         ..Sequences::new(&input)
///     },
///     Some(&mut ViewMut::new(&mut y, &[3, 2, 2])?),
///     None,
/// )?;
/// assert_eq!(y[6..8], [0.0, 0.0]); // the padding of step 1, row 1
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sequences<'v, T: Real> {
    /// `[T,B,I]`, or `[B,T,I]` with batch_first, or `[T,I]`.
    pub input: &'v View<'v, T>,
    /// `[B]`: the number of steps of each sequence, 0 to T. None: all have T.
    /// The padding behind them is never read.
    pub lengths: Option<&'v View<'v, i64>>,
    /// `[T,B]`, or `[B,T]` with batch_first, or `[T]`: a value other than 0
    /// begins a new episode at that step.
    pub resets: Option<&'v View<'v, u8>>,
    /// `[L*D,B,H]`, or `[L*D,1,H]` for all rows, or `[L*D,H]`: the states at
    /// the beginning of each sequence. None: zeros.
    pub h0: Option<&'v View<'v, T>>,
    /// The states at the beginning of a new episode, in a shape of h0. None:
    /// zeros.
    pub fresh: Option<&'v View<'v, T>>,
}

impl<'v, T: Real> Sequences<'v, T> {
    /// Whole sequences without episodes, from states of zeros.
    pub fn new(input: &'v View<'v, T>) -> Self {
        Sequences {
            input,
            lengths: None,
            resets: None,
            h0: None,
            fresh: None,
        }
    }
}

impl<T: Real> Context<T> {
    /// Creates a context of a network. It reads the environment variables
    /// `SIMPLERNN_GEMM`, `SIMPLERNN_ISA` and `SIMPLERNN_NUM_THREADS`.
    ///
    /// # Errors
    /// [`Environment`](crate::ErrorKind::Environment) if one of them is not
    /// valid; [`Unsupported`](crate::ErrorKind::Unsupported) if this build or
    /// this machine does not have what they name;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(rnn: &Rnn<T>) -> Result<Self> {
        // SAFETY: the rnn exists.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_context_create(out, rnn.get())
        })?;
        let rnn = rnn.clone();
        Ok(Context { handle, rnn })
    }

    /// The network of this context.
    pub fn rnn(&self) -> &Rnn<T> {
        &self.rnn
    }

    /// Sets an option.
    ///
    /// ```
    /// use simplernn::{Context, ContextOption, Options, Rnn, Schedule};
    ///
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let mut context = Context::new(&rnn)?;
    /// context.set_option(ContextOption::NumThreads, 1)?;
    /// context.set_option(ContextOption::Schedule, Schedule::Serial)?;
    /// assert_eq!(context.option(ContextOption::NumThreads)?, 1);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) or
    /// [`Invalid`](crate::ErrorKind::Invalid) if the option does not have the
    /// value; [`State`](crate::ErrorKind::State) if it is read-only;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if this build or this
    /// machine does not have the value;
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn set_option(
        &mut self,
        option: ContextOption,
        value: impl Into<i64>,
    ) -> Result<()> {
        // SAFETY: the context exists.
        check(unsafe {
            sys::srnn_context_set_int(self.get(), option.value(), value.into())
        })
    }

    /// Reads an option.
    ///
    /// # Errors
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters.
    pub fn option(&self, option: ContextOption) -> Result<i64> {
        // SAFETY: the context exists.
        read(|out| unsafe {
            sys::srnn_context_get_int(out, self.get(), option.value())
        })
    }

    /// Runs the network over a batch of sequences.
    ///
    /// * input: `[T,B,I]`, or `[B,T,I]` with batch_first, or `[T,I]`.
    /// * h0: `[L*D,B,H]`, or `[L*D,1,H]` for all rows, or `[L*D,H]`; None for
    ///   zeros.
    /// * output: `[T,B,D*H]`, or `[B,T,D*H]` with batch_first, or `[T,D*H]`.
    /// * h_n: `[L*D,B,H]` or `[L*D,H]`.
    ///
    /// ```
    /// use simplernn::{Context, Options, Rnn, View, ViewMut};
    ///
    /// let rnn = Rnn::<f64>::new(3, 4, &Options::new().num_layers(2), 1)?;
    /// let x = [0.5; 5 * 3]; // [T=5, I=3]
    /// let (mut y, mut h) = ([0.0; 5 * 4], [0.0; 2 * 4]);
    /// let mut output = ViewMut::new(&mut y, &[5, 4])?;
    /// let mut h_n = ViewMut::new(&mut h, &[2, 4])?;
    /// Context::new(&rnn)?.forward(
    ///     &View::new(&x, &[5, 3])?,
    ///     None,
    ///     Some(&mut output),
    ///     Some(&mut h_n),
    /// )?;
    /// assert_eq!(output.data()[16..], h_n.data()[4..]);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters; [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn forward(
        &mut self,
        input: &View<'_, T>,
        h0: Option<&View<'_, T>>,
        output: Option<&mut ViewMut<'_, T>>,
        h_n: Option<&mut ViewMut<'_, T>>,
    ) -> Result<()> {
        // SAFETY: all objects exist, and results are apart from the rest.
        check(unsafe {
            sys::srnn_context_forward(
                self.get(),
                input.get(),
                get(h0),
                get_mut(output),
                get_mut(h_n),
            )
        })
    }

    /// Does the same as [`forward`](Context::forward) on contiguous slices,
    /// without views: T is `steps`, B is `batch`.
    ///
    /// ```
    /// use simplernn::{Context, ErrorKind, Options, Rnn};
    ///
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let mut context = Context::new(&rnn)?;
    /// let (x, mut y) = ([0.5; 5 * 2 * 3], [0.0; 5 * 2 * 4]);
    /// context.forward_contiguous(5, 2, &x, None, Some(&mut y), None)?;
    ///
    /// let error = context
    ///     .forward_contiguous(5, 1, &x, None, Some(&mut y), None)
    ///     .unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Shape);
    /// assert_eq!(
    ///     error.to_string(),
    ///     "input has 30 elements; the call needs [T=5, batch=1, input_size=3]"
    /// );
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a slice has the wrong length;
    /// otherwise as [`forward`](Context::forward).
    pub fn forward_contiguous(
        &mut self,
        steps: usize,
        batch: usize,
        input: &[T],
        h0: Option<&[T]>,
        output: Option<&mut [T]>,
        h_n: Option<&mut [T]>,
    ) -> Result<()> {
        let sizes = self.rnn.sizes();
        check_len("input", input.len(), &sizes.input(steps, batch))?;
        if let Some(h0) = h0 {
            check_len("h0", h0.len(), &sizes.states(batch))?;
        }
        if let Some(output) = &output {
            check_len("output", output.len(), &sizes.output(steps, batch))?;
        }
        if let Some(h_n) = &h_n {
            check_len("h_n", h_n.len(), &sizes.states(batch))?;
        }
        // SAFETY: the context exists, and the slices have the lengths that
        // follow from steps and batch.
        check(unsafe {
            sys::srnn_context_forward_contiguous(
                self.get(),
                int(steps),
                int(batch),
                input.as_ptr().cast(),
                h0.map_or(ptr::null(), <[T]>::as_ptr).cast(),
                output.map_or(ptr::null_mut(), <[T]>::as_mut_ptr).cast(),
                h_n.map_or(ptr::null_mut(), <[T]>::as_mut_ptr).cast(),
            )
        })
    }

    /// Runs the network over sequences of different lengths, and over several
    /// episodes in one sequence. The output is 0 in the padding.
    ///
    /// # Errors
    /// As [`forward`](Context::forward);
    /// [`Range`](crate::ErrorKind::Range) if a length is not 0 to T.
    pub fn forward_sequences(
        &mut self,
        sequences: &Sequences<'_, T>,
        output: Option<&mut ViewMut<'_, T>>,
        h_n: Option<&mut ViewMut<'_, T>>,
    ) -> Result<()> {
        // SAFETY: all objects exist, and results are apart from the rest.
        check(unsafe {
            sys::srnn_context_forward_sequences(
                self.get(),
                sequences.input.get(),
                get(sequences.lengths),
                get(sequences.resets),
                get(sequences.h0),
                get(sequences.fresh),
                get_mut(output),
                get_mut(h_n),
            )
        })
    }

    pub(crate) fn get(&self) -> *mut sys::srnn_context {
        self.handle.get()
    }
}
