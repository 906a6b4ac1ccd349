// SPDX-License-Identifier: MIT
//! Records a call of a network, and differentiates it.

use simplernn_sys as sys;
use std::ptr;

use crate::context::{Context, Sequences};
use crate::element::{int, Real};
use crate::enumerators::{Accumulation, TapeOption};
use crate::error::{check, read, Result};
use crate::gradients::Gradients;
use crate::handle::Handle;
use crate::rnn::Rnn;
use crate::view::{get, get_mut, View, ViewMut};

/// What one recorded call keeps for backward: the states of all layers, h0,
/// fresh, lengths and resets. It does not keep the input or the output.
///
/// ```
/// use simplernn::{Backward, Context, Gradients, Options, Rnn, Sequences};
/// use simplernn::{Tape, View, ViewMut};
///
/// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
/// let mut context = Context::new(&rnn)?;
/// let mut tape = Tape::new(&rnn)?;
/// let mut gradients = Gradients::new(&rnn)?;
///
/// let x = [0.5; 5 * 2 * 3]; // [T=5, B=2, I=3]
/// let mut y = [0.0; 5 * 2 * 4];
/// let input = View::new(&x, &[5, 2, 3])?;
/// let mut output = ViewMut::new(&mut y, &[5, 2, 4])?;
/// let sequences = Sequences::new(&input);
/// context.record(&mut tape, &sequences, Some(&mut output), None)?;
/// drop(output);
///
/// let d_y = y.map(|y| 2.0 * y); // the loss is the sum of y * y
/// let d_output = View::new(&d_y, &[5, 2, 4])?;
/// context.backward(
///     &tape,
///     &input,
///     Backward {
///         d_output: Some(&d_output),
///         gradients: Some(&mut gradients),
///         ..Backward::default()
///     },
/// )?;
/// let mut parameters = rnn.flat()?;
/// for (p, gradient) in parameters.iter_mut().zip(gradients.flat()) {
///     *p -= 0.1 * gradient;
/// }
/// rnn.set_flat(&parameters)?;
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct Tape<T: Real> {
    handle: Handle<sys::srnn_tape>,
    rnn: Rnn<T>,
}

/// The arguments of [`Context::backward`] after the input, all of them absent
/// by default.
#[derive(Debug)]
pub struct Backward<'v, 'd, T: Real> {
    /// The gradient of the output, in its shape. None: zeros.
    pub d_output: Option<&'v View<'d, T>>,
    /// The gradient of h_n, in its shape. None: zeros.
    pub d_h_n: Option<&'v View<'d, T>>,
    /// Whether gradients of parameters are set, which is the default, or
    /// added. The others are always set.
    pub accumulation: Accumulation,
    /// Receives the gradients of the parameters that are trained.
    pub gradients: Option<&'v mut Gradients<T>>,
    /// Receives the gradient of the input, in its shape.
    pub d_input: Option<&'v mut ViewMut<'d, T>>,
    /// Receives the gradient of h0, `[L*D,B,H]`, or `[L*D,1,H]`: the sum over
    /// the batch, for a state that it shares; or `[L*D,H]` without a batch.
    pub d_h0: Option<&'v mut ViewMut<'d, T>>,
    /// Receives the gradient of fresh, as `d_h0`.
    pub d_fresh: Option<&'v mut ViewMut<'d, T>>,
}

impl<T: Real> Default for Backward<'_, '_, T> {
    fn default() -> Self {
        Backward {
            d_output: None,
            d_h_n: None,
            accumulation: Accumulation::Set,
            gradients: None,
            d_input: None,
            d_h0: None,
            d_fresh: None,
        }
    }
}

impl<T: Real> Tape<T> {
    /// Creates an empty tape.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(rnn: &Rnn<T>) -> Result<Self> {
        // SAFETY: the rnn exists.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_tape_create(out, rnn.get())
        })?;
        let rnn = rnn.clone();
        Ok(Tape { handle, rnn })
    }

    /// The network of this tape.
    pub fn rnn(&self) -> &Rnn<T> {
        &self.rnn
    }

    /// Sets an option, for the recordings to come.
    ///
    /// ```
    /// # use simplernn::{Options, Rnn, Tape, TapeOption};
    /// let rnn = Rnn::<f32>::new(3, 64, &Options::new(), 1)?;
    /// let mut tape = Tape::new(&rnn)?;
    /// let all = tape.size(100_000, 1)?;
    /// tape.set_option(TapeOption::CheckpointSteps, 1000)?;
    /// assert_eq!(tape.option(TapeOption::CheckpointSteps)?, 1000);
    /// assert!(tape.size(100_000, 1)? < all / 10);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if the option does not have the
    /// value.
    pub fn set_option(
        &mut self,
        option: TapeOption,
        value: impl Into<i64>,
    ) -> Result<()> {
        // SAFETY: the tape exists.
        check(unsafe {
            sys::srnn_tape_set_int(
                self.handle.get(),
                option.value(),
                value.into(),
            )
        })
    }

    /// Reads an option.
    ///
    /// # Errors
    /// None that a program can cause.
    pub fn option(&self, option: TapeOption) -> Result<i64> {
        // SAFETY: the tape exists.
        read(|out| unsafe {
            sys::srnn_tape_get_int(out, self.get(), option.value())
        })
    }

    /// The memory, in bytes, that a recording of T steps and a batch of B takes
    /// in this tape.
    ///
    /// # Errors
    /// [`Overflow`](crate::ErrorKind::Overflow).
    pub fn size(&self, steps: usize, batch: usize) -> Result<usize> {
        // SAFETY: the tape exists.
        read(|out| unsafe {
            sys::srnn_tape_size(out, self.get(), int(steps), int(batch))
        })
    }

    fn get(&self) -> *const sys::srnn_tape {
        self.handle.get()
    }
}

impl<T: Real> Context<T> {
    /// The memory, in bytes, that a context takes beyond the tape, for
    /// recording and for backward with all gradients.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if the tape is of another
    /// network; [`Overflow`](crate::ErrorKind::Overflow);
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters.
    pub fn tape_size(
        &self,
        tape: &Tape<T>,
        steps: usize,
        batch: usize,
    ) -> Result<usize> {
        // SAFETY: the context and the tape exist.
        read(|out| unsafe {
            sys::srnn_context_tape_size(
                out,
                self.get(),
                tape.get(),
                int(steps),
                int(batch),
            )
        })
    }

    /// Does the same as [`forward_sequences`](Context::forward_sequences), with
    /// dropout, and records it.
    ///
    /// # Errors
    /// As [`forward_sequences`](Context::forward_sequences);
    /// [`Invalid`](crate::ErrorKind::Invalid) if the tape is of another
    /// network. The tape is empty afterwards, except after
    /// [`Busy`](crate::ErrorKind::Busy).
    pub fn record(
        &mut self,
        tape: &mut Tape<T>,
        sequences: &Sequences<'_, T>,
        output: Option<&mut ViewMut<'_, T>>,
        h_n: Option<&mut ViewMut<'_, T>>,
    ) -> Result<()> {
        // SAFETY: all objects exist, and results are apart from the rest.
        check(unsafe {
            sys::srnn_context_record(
                self.get(),
                tape.handle.get(),
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

    /// Computes the gradients of a recording. The input must have the shape
    /// and the values that it had then; with other values, the gradients are
    /// wrong.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Invalid`](crate::ErrorKind::Invalid) if the tape or the gradients are
    /// of another network; [`State`](crate::ErrorKind::State) if the tape is
    /// empty; [`Stale`](crate::ErrorKind::Stale) if parameters were written
    /// after the recording; [`Busy`](crate::ErrorKind::Busy) if another thread
    /// is writing parameters; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn backward(
        &mut self,
        tape: &Tape<T>,
        input: &View<'_, T>,
        arguments: Backward<'_, '_, T>,
    ) -> Result<()> {
        let gradients = arguments.gradients;
        // SAFETY: all objects exist, and results are apart from the rest.
        check(unsafe {
            sys::srnn_context_backward(
                self.get(),
                tape.get(),
                input.get(),
                get(arguments.d_output),
                get(arguments.d_h_n),
                arguments.accumulation.value(),
                gradients.map_or(ptr::null_mut(), |owner| owner.get()),
                get_mut(arguments.d_input),
                get_mut(arguments.d_h0),
                get_mut(arguments.d_fresh),
            )
        })
    }
}
