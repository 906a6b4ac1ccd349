// SPDX-License-Identifier: MIT
//! What a call of the library can fail with.

use simplernn_sys as sys;
use std::{error, fmt, io, result};

use crate::{callback, text};

/// What was wrong, in the words of the library.
///
/// The kind is for the program, the text is for a person. If a reader or a
/// writer of the caller has failed, its [`io::Error`] is the
/// [`source`](error::Error::source).
///
/// ```
/// use simplernn::{ErrorKind, Options, Rnn};
///
/// let error = Rnn::<f32>::new(3, 0, &Options::new(), 1).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Range);
/// assert_eq!(error.to_string(), "hidden_size is 0, expected 1 to 1073741823");
/// ```
#[derive(Debug)]
pub struct Error {
    status: sys::srnn_status,
    text: String,
    source: Option<io::Error>,
}

/// The result of a call that can fail.
pub type Result<T> = result::Result<T, Error>;

/// The kinds of errors, which are the statuses of the C library.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An argument is not valid, or arguments contradict each other.
    Invalid,
    /// A tensor has the wrong shape, or a slice the wrong length.
    Shape,
    /// A tensor has the wrong dtype.
    Dtype,
    /// A computed size does not fit in 63 bits.
    Overflow,
    /// A result overlaps memory that it must not overlap.
    Alias,
    /// Nothing has that name.
    NotFound,
    /// A number is out of range: a size, a count, the value of an option.
    Range,
    /// The buffer of the caller is too small.
    Buffer,
    /// A value is NaN or infinite.
    NotFinite,
    /// Another thread is using the object at this moment; try again later.
    Busy,
    /// This build, this machine or this rnn cannot do it.
    Unsupported,
    /// Other objects depend on this one; drop them first.
    InUse,
    /// The object does not allow it, for example setting a read-only option.
    State,
    /// Parameters have changed since a tape was recorded.
    Stale,
    /// An allocation failed.
    NoMemory,
    /// Opening, reading or writing failed.
    Io,
    /// The bytes are not a valid file.
    Format,
    /// An environment variable `SIMPLERNN_...` has a value that is not valid.
    Environment,
    /// A status that this crate does not know, of a newer library.
    Other,
}

impl Error {
    /// An error that the library cannot see, for example the wrong length of
    /// a slice.
    pub(crate) fn new(status: sys::srnn_status, text: String) -> Self {
        Error {
            status,
            text,
            source: None,
        }
    }

    /// The error of the last call that failed on this thread.
    fn last(status: sys::srnn_status) -> Self {
        // SAFETY: the text is not NULL, and is copied before another call.
        let text = unsafe { text::lossy(sys::srnn_last_error()) };
        Error::new(status, text)
    }

    pub(crate) fn with_source(mut self, source: io::Error) -> Self {
        self.source = Some(source);
        self
    }

    /// The kind of this error.
    pub fn kind(&self) -> ErrorKind {
        kind_of(self.status)
    }

    /// The name of the status in the C library, for example
    /// `"SRNN_ERROR_SHAPE"`.
    ///
    /// ```
    /// # use simplernn::{Options, Rnn};
    /// let error = Rnn::<f32>::new(3, 0, &Options::new(), 1).unwrap_err();
    /// assert_eq!(error.name(), "SRNN_ERROR_RANGE");
    /// ```
    pub fn name(&self) -> &'static str {
        // SAFETY: the name is a static string.
        unsafe { text::borrow(sys::srnn_status_name(self.status)) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

fn kind_of(status: sys::srnn_status) -> ErrorKind {
    match status {
        sys::SRNN_ERROR_INVALID => ErrorKind::Invalid,
        sys::SRNN_ERROR_SHAPE => ErrorKind::Shape,
        sys::SRNN_ERROR_DTYPE => ErrorKind::Dtype,
        sys::SRNN_ERROR_OVERFLOW => ErrorKind::Overflow,
        sys::SRNN_ERROR_ALIAS => ErrorKind::Alias,
        sys::SRNN_ERROR_NOT_FOUND => ErrorKind::NotFound,
        sys::SRNN_ERROR_RANGE => ErrorKind::Range,
        sys::SRNN_ERROR_BUFFER => ErrorKind::Buffer,
        sys::SRNN_ERROR_NOT_FINITE => ErrorKind::NotFinite,
        sys::SRNN_ERROR_BUSY => ErrorKind::Busy,
        sys::SRNN_ERROR_UNSUPPORTED => ErrorKind::Unsupported,
        sys::SRNN_ERROR_IN_USE => ErrorKind::InUse,
        sys::SRNN_ERROR_STATE => ErrorKind::State,
        sys::SRNN_ERROR_STALE => ErrorKind::Stale,
        sys::SRNN_ERROR_NO_MEMORY => ErrorKind::NoMemory,
        sys::SRNN_ERROR_IO => ErrorKind::Io,
        sys::SRNN_ERROR_FORMAT => ErrorKind::Format,
        sys::SRNN_ERROR_ENVIRONMENT => ErrorKind::Environment,
        _ => ErrorKind::Other,
    }
}

/// Must follow the call on the same thread. Panics if a callback of the call
/// has panicked.
#[inline]
pub(crate) fn check(status: sys::srnn_status) -> Result<()> {
    if status == sys::SRNN_OK {
        Ok(())
    } else {
        Err(callback::complete(Error::last(status)))
    }
}

/// Calls a function of C whose first parameter receives a number.
#[inline]
pub(crate) fn read<V: Default>(
    function: impl FnOnce(*mut V) -> sys::srnn_status,
) -> Result<V> {
    let mut value = V::default();
    check(function(&mut value))?;
    Ok(value)
}

/// Checks the length of a slice that the library takes as a contiguous array.
/// Each dimension has its name and its size.
#[inline]
pub(crate) fn check_len(
    name: &str,
    len: usize,
    shape: &[(&str, usize)],
) -> Result<()> {
    let wanted = shape
        .iter()
        .try_fold(1_usize, |product, size| product.checked_mul(size.1));
    if wanted == Some(len) {
        return Ok(());
    }
    Err(wrong_len(name, len, shape))
}

#[cold]
fn wrong_len(name: &str, len: usize, shape: &[(&str, usize)]) -> Error {
    let shape: Vec<_> = shape
        .iter()
        .map(|(name, size)| format!("{}={}", name, size))
        .collect();
    let shape = shape.join(", ");
    Error::new(
        sys::SRNN_ERROR_SHAPE,
        format!("{} has {} elements; the call needs [{}]", name, len, shape),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_status_of_the_library_has_a_kind_of_its_own() {
        let known: Vec<_> = (-100..0)
            .map(|status| Error::new(status, String::new()))
            .filter(|error| error.name() != "SRNN_UNKNOWN")
            .collect();
        let kinds: HashSet<_> = known.iter().map(Error::kind).collect();
        assert!(known.len() >= 18);
        assert_eq!(kinds.len(), known.len());
        assert!(!kinds.contains(&ErrorKind::Other));
        assert_eq!(kind_of(-99), ErrorKind::Other);
    }

    #[test]
    fn a_length_is_the_product_of_the_shape() {
        let shape = [("T", 2), ("batch", 3)];
        assert!(check_len("input", 6, &shape).is_ok());
        let error = check_len("input", 5, &shape).unwrap_err();
        assert_eq!(
            error.to_string(),
            "input has 5 elements; the call needs [T=2, batch=3]"
        );
        let shape = [("T", usize::MAX), ("batch", 2)];
        assert!(check_len("input", usize::MAX - 1, &shape).is_err());
    }
}
