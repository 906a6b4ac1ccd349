// SPDX-License-Identifier: MIT
//! Saves networks into safetensors files.

use simplernn_sys as sys;
use std::io::Write;
use std::os::raw::c_void;
use std::path::Path;
use std::slice;

use crate::callback;
use crate::element::Real;
use crate::error::{check, Result};
use crate::rnn::Rnn;
use crate::text::{self, Labels};

impl<T: Real> Rnn<T> {
    /// Saves the network into a file, and keeps what else is in the file, in
    /// one step. The prefix, for example `"encoder.rnn."` or `""`, begins the
    /// names of the tensors. The metadata adds texts under keys.
    ///
    /// ```no_run
    /// # use simplernn::{Options, Rnn};
    /// # let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// rnn.save("model.safetensors", "encoder.rnn.", &[("epoch", "12")])?;
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if a key has a NUL, occurs twice
    /// or belongs to the rnn; [`Format`](crate::ErrorKind::Format) if the file
    /// at path is not valid; [`Io`](crate::ErrorKind::Io) if reading or writing
    /// failed; [`Range`](crate::ErrorKind::Range) if the header becomes larger
    /// than 4 MiB; [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn save(
        &self,
        path: impl AsRef<Path>,
        prefix: &str,
        metadata: &[(&str, &str)],
    ) -> Result<()> {
        let path = text::path(path.as_ref())?;
        let labels = Labels::new(prefix, metadata)?;
        let _reading = self.parameters().reading();
        // SAFETY: the rnn exists, and nobody writes its parameters. All texts
        // end with a NUL.
        check(unsafe {
            sys::srnn_rnn_save(
                self.get(),
                path.as_ptr(),
                labels.prefix(),
                labels.metadata(),
            )
        })
    }

    /// Saves the network as a file that holds nothing else. A file at the path
    /// is replaced.
    ///
    /// # Errors
    /// As [`save`](Rnn::save), except `Format`.
    pub fn save_alone(
        &self,
        path: impl AsRef<Path>,
        prefix: &str,
        metadata: &[(&str, &str)],
    ) -> Result<()> {
        let path = text::path(path.as_ref())?;
        let labels = Labels::new(prefix, metadata)?;
        let _reading = self.parameters().reading();
        // SAFETY: as for save.
        check(unsafe {
            sys::srnn_rnn_save_alone(
                self.get(),
                path.as_ptr(),
                labels.prefix(),
                labels.metadata(),
            )
        })
    }

    /// Writes the bytes of [`save_alone`](Rnn::save_alone) to a writer. While
    /// it runs, functions that write parameters fail.
    ///
    /// ```
    /// use simplernn::{Options, Rnn, Weights};
    ///
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let mut file = Vec::new();
    /// rnn.save_to(&mut file, "encoder.", &[])?;
    /// let weights = Weights::from_bytes(&file)?;
    /// let options = Options::new();
    /// let copy = Rnn::<f32>::from_weights(&weights, "encoder.", &options)?;
    /// assert_eq!(copy.flat()?, rnn.flat()?);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if the writer fails, with its error as the
    /// source; otherwise as [`save`](Rnn::save).
    ///
    /// # Panics
    /// If the writer panics.
    pub fn save_to<W: Write>(
        &self,
        writer: &mut W,
        prefix: &str,
        metadata: &[(&str, &str)],
    ) -> Result<()> {
        let labels = Labels::new(prefix, metadata)?;
        let user: *mut W = writer;
        let _reading = self.parameters().reading();
        // SAFETY: as for save. The callback alone uses the writer.
        check(unsafe {
            sys::srnn_rnn_save_callback(
                self.get(),
                Some(write_to::<W>),
                user.cast(),
                labels.prefix(),
                labels.metadata(),
            )
        })
    }
}

/// # Safety
/// `user` is a W, and there are `size` bytes.
unsafe extern "C" fn write_to<W: Write>(
    user: *mut c_void,
    bytes: *const c_void,
    size: usize,
) -> i64 {
    let writer = &mut *(user as *mut W);
    let bytes = slice::from_raw_parts(bytes.cast(), size);
    callback::run(size, || writer.write_all(bytes))
}
