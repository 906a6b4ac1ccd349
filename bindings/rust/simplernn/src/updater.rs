// SPDX-License-Identifier: MIT
//! What a stream shares with the threads that give it other weights.

use simplernn_sys as sys;
use std::sync::{Arc, Mutex, PoisonError};

use crate::element::Real;
use crate::error::{check, Result};
use crate::handle::Handle;
use crate::rnn::Rnn;

/// Gives a stream other weights while another thread runs it.
///
/// ```
/// use simplernn::{Context, Options, Rnn, Stream};
///
/// let rnn = Rnn::<f32>::new(1, 1, &Options::new(), 1)?;
/// let mut stream = Stream::new(&Context::new(&rnn)?, 1)?;
/// let updater = stream.updater();
/// let running = std::thread::spawn(move || {
///     (0..1000).try_for_each(|_| stream.step(&[0.5], &mut [0.0]))
/// });
/// let newer = rnn.deep_clone()?;
/// newer.set_flat(&[0.1, 0.2, 0.3, 0.4])?;
/// updater.set_rnn(&newer)?;
/// running.join().unwrap()?;
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Updater<T: Real> {
    shared: Arc<Shared<T>>,
}

/// The stream, and the network that it runs now.
#[derive(Debug)]
pub(crate) struct Shared<T: Real> {
    handle: Handle<sys::srnn_stream>,
    rnn: Mutex<Rnn<T>>,
}

// SAFETY: the stream alone, on one thread, uses the handle, except for
// srnn_stream_set_rnn(), which may run beside any other call.
unsafe impl<T: Real> Sync for Shared<T> {}

impl<T: Real> Shared<T> {
    pub(crate) fn new(handle: Handle<sys::srnn_stream>, rnn: Rnn<T>) -> Self {
        let rnn = Mutex::new(rnn);
        Shared { handle, rnn }
    }

    pub(crate) fn get(&self) -> *mut sys::srnn_stream {
        self.handle.get()
    }

    pub(crate) fn set_rnn(&self, rnn: &Rnn<T>) -> Result<()> {
        let mut held = self.rnn.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: both objects exist.
        check(unsafe {
            sys::srnn_stream_set_rnn(self.handle.get(), rnn.get())
        })?;
        *held = rnn.clone();
        Ok(())
    }

    pub(crate) fn rnn(&self) -> Rnn<T> {
        let held = self.rnn.lock().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }
}

impl<T: Real> Updater<T> {
    pub(crate) fn new(shared: Arc<Shared<T>>) -> Self {
        Updater { shared }
    }

    /// Does the same as [`Stream::set_rnn`](crate::Stream::set_rnn). A step
    /// that is running finishes with the old network, and the next step uses
    /// the new one. This function waits for that step, so call it on a thread
    /// without deadlines.
    ///
    /// # Errors
    /// As [`Stream::set_rnn`](crate::Stream::set_rnn).
    pub fn set_rnn(&self, rnn: &Rnn<T>) -> Result<()> {
        self.shared.set_rnn(rnn)
    }
}
