// SPDX-License-Identifier: MIT
//! Endless sequences, run in blocks or in single steps.

use simplernn_sys as sys;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use crate::context::Context;
use crate::element::{int, Real};
use crate::enumerators::StreamOption;
use crate::error::{check, check_len, read, Result};
use crate::handle::Handle;
use crate::rnn::Rnn;
use crate::sizes::Sizes;
use crate::updater::{Shared, Updater};
use crate::view::{get, get_mut, View, ViewMut};

/// The states of a batch of endless sequences. Each call continues where the
/// last one ended.
///
/// A stream may move to another thread, but one thread at a time may use it.
///
/// ```
/// use simplernn::{Context, Options, Rnn, Stream};
///
/// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
/// let mut stream = Stream::new(&Context::new(&rnn)?, 1)?;
/// let mut y = [0.0; 4];
/// for x in [[0.5; 3], [0.25; 3]] {
///     stream.step(&x, &mut y)?;
/// }
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct Stream<T: Real> {
    shared: Arc<Shared<T>>,
    batch: usize,
    sizes: Sizes,
    /// Not Sync: see Shared.
    one_thread: PhantomData<Cell<()>>,
}

impl<T: Real> Stream<T> {
    /// Creates a stream of `batch` sequences, with states of 0 and with the
    /// kernels of the context. It does not need the context afterwards.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if batch is 0;
    /// [`Overflow`](crate::ErrorKind::Overflow);
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(context: &Context<T>, batch: usize) -> Result<Self> {
        // SAFETY: the context exists.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_stream_create(out, context.get(), int(batch))
        })?;
        let rnn = context.rnn().clone();
        let sizes = *rnn.sizes();
        Ok(Stream {
            shared: Arc::new(Shared::new(handle, rnn)),
            batch,
            sizes,
            one_thread: PhantomData,
        })
    }

    /// The network that this stream runs now.
    pub fn rnn(&self) -> Rnn<T> {
        self.shared.rnn()
    }

    /// B, the number of sequences.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Runs one step: input `[B,I]`, output `[B,H]`, the states of the last
    /// layer. It is made for real time: with the native kernels it does not
    /// allocate, lock or call the operating system.
    ///
    /// ```
    /// # use simplernn::{Context, Options, Rnn, Stream};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let mut stream = Stream::new(&Context::new(&rnn)?, 2)?;
    /// let error = stream.step(&[0.5; 3], &mut [0.0; 8]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "input has 3 elements; the call needs [batch=2, input_size=3]"
    /// );
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a slice has the wrong length;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if the network is not
    /// forward; [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters.
    #[inline]
    pub fn step(&mut self, input: &[T], output: &mut [T]) -> Result<()> {
        let (batch, sizes) = (("batch", self.batch), &self.sizes);
        let input_size = ("input_size", sizes.input);
        check_len("input", input.len(), &[batch, input_size])?;
        let hidden_size = ("hidden_size", sizes.hidden);
        check_len("output", output.len(), &[batch, hidden_size])?;
        // SAFETY: the stream exists, and the slices have its lengths.
        check(unsafe {
            sys::srnn_stream_step(
                self.get(),
                input.as_ptr().cast(),
                output.as_mut_ptr().cast(),
            )
        })
    }

    /// Runs the next T steps. If the network is not forward, the input has the
    /// T steps of the output, and after them N steps of look-ahead, with which
    /// the next input begins.
    ///
    /// * context: any of the network of this stream.
    /// * input: `[T,B,I]`, or `[B,T,I]` with batch_first.
    /// * resets: `[T,B]`, or `[B,T]` with batch_first. A value other than 0
    ///   begins a new episode at that step.
    /// * fresh: the states of a new episode, `[L*D,B,H]`, or `[L*D,1,H]` for
    ///   all rows; None for zeros.
    /// * output: `[T,B,D*H]`, or `[B,T,D*H]` with batch_first.
    ///
    /// ```
    /// use simplernn::{Context, Options, Rnn, Stream, View, ViewMut};
    ///
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let mut context = Context::new(&rnn)?;
    /// let mut stream = Stream::new(&context, 1)?;
    /// let (x, mut y) = ([0.5; 10 * 3], [0.0; 10 * 4]);
    /// let input = View::new(&x, &[10, 1, 3])?;
    /// let mut output = ViewMut::new(&mut y, &[10, 1, 4])?;
    /// stream.advance(&mut context, &input, None, None, Some(&mut output))?;
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Context::forward`]; [`Invalid`](crate::ErrorKind::Invalid) if the
    /// context is of another network;
    /// [`Unsupported`](crate::ErrorKind::Unsupported) if resets or fresh is
    /// given, but the network is not forward.
    pub fn advance(
        &mut self,
        context: &mut Context<T>,
        input: &View<'_, T>,
        resets: Option<&View<'_, u8>>,
        fresh: Option<&View<'_, T>>,
        output: Option<&mut ViewMut<'_, T>>,
    ) -> Result<()> {
        // SAFETY: all objects exist, and the result is apart from the rest.
        check(unsafe {
            sys::srnn_stream_advance(
                self.get(),
                context.get(),
                input.get(),
                get(resets),
                get(fresh),
                get_mut(output),
            )
        })
    }

    /// Begins new episodes: sets the states of the rows that are true, or of
    /// all. The new states are `[L*D,B,H]`, or `[L*D,1,H]` for all rows, or
    /// zeros. It is as suitable for real time as [`step`](Stream::step).
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a slice has the wrong length;
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters.
    pub fn reset(
        &mut self,
        rows: Option<&[bool]>,
        fresh: Option<&[T]>,
    ) -> Result<()> {
        if let Some(rows) = rows {
            check_len("rows", rows.len(), &[("batch", self.batch)])?;
        }
        let batch =
            fresh.map_or(Ok(1), |fresh| self.batch_of("fresh", fresh))?;
        // SAFETY: the stream exists, and the slices have their lengths. A bool
        // is a byte, 0 or 1.
        check(unsafe {
            sys::srnn_stream_reset(
                self.get(),
                rows.map_or(ptr::null(), <[bool]>::as_ptr).cast(),
                fresh.map_or(ptr::null(), <[T]>::as_ptr).cast(),
                int(batch),
            )
        })
    }

    /// A copy of the states, `[L*D,B,H]`.
    ///
    /// ```
    /// # use simplernn::{Context, Options, Rnn, Stream};
    /// # let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// # let mut stream = Stream::new(&Context::new(&rnn)?, 1)?;
    /// let before = stream.state()?;
    /// stream.step(&[0.5; 3], &mut [0.0; 4])?;
    /// stream.set_state(&before)?;
    /// assert_eq!(stream.state()?, [0.0; 4]);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn state(&self) -> Result<Vec<T>> {
        let shape = self.sizes.states(self.batch).map(|(_, size)| size);
        let mut states = vec![T::default(); shape.iter().product()];
        let mut view = ViewMut::new(&mut states, &shape)?;
        // SAFETY: the stream and the tensor exist.
        check(unsafe { sys::srnn_stream_get_state(self.get(), view.get()) })?;
        drop(view);
        Ok(states)
    }

    /// Sets the states, `[L*D,B,H]`, or `[L*D,1,H]` for all rows.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the slice has the wrong length;
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn set_state(&mut self, states: &[T]) -> Result<()> {
        let batch = self.batch_of("states", states)?;
        let shape = self.sizes.states(batch).map(|(_, size)| size);
        let view = View::new(states, &shape)?;
        // SAFETY: the stream and the tensor exist.
        check(unsafe { sys::srnn_stream_set_state(self.get(), view.get()) })
    }

    /// 1 if states are for all rows, or B.
    fn batch_of(&self, name: &str, states: &[T]) -> Result<usize> {
        if check_len(name, states.len(), &self.sizes.states(1)).is_ok() {
            return Ok(1);
        }
        check_len(name, states.len(), &self.sizes.states(self.batch))?;
        Ok(self.batch)
    }

    /// Sets an option.
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if the option does not have the
    /// value; [`State`](crate::ErrorKind::State) if it is read-only;
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters.
    pub fn set_option(
        &mut self,
        option: StreamOption,
        value: impl Into<i64>,
    ) -> Result<()> {
        // SAFETY: the stream exists.
        check(unsafe {
            sys::srnn_stream_set_int(self.get(), option.value(), value.into())
        })
    }

    /// Reads an option.
    ///
    /// # Errors
    /// [`Busy`](crate::ErrorKind::Busy) if another thread is writing
    /// parameters.
    pub fn option(&self, option: StreamOption) -> Result<i64> {
        // SAFETY: the stream exists.
        read(|out| unsafe {
            sys::srnn_stream_get_int(out, self.get(), option.value())
        })
    }

    /// Gives this stream a network with the same options; only dropout, bias
    /// and batch_first may differ. The states stay.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the network has other sizes;
    /// [`Invalid`](crate::ErrorKind::Invalid) if it has another nonlinearity or
    /// direction.
    pub fn set_rnn(&mut self, rnn: &Rnn<T>) -> Result<()> {
        self.shared.set_rnn(rnn)
    }

    /// For a thread that brings new weights while another one runs this
    /// stream.
    pub fn updater(&self) -> Updater<T> {
        Updater::new(self.shared.clone())
    }

    fn get(&self) -> *mut sys::srnn_stream {
        self.shared.get()
    }
}
