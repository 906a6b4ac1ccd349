// SPDX-License-Identifier: MIT
//! Carries errors and panics of callbacks over the frames of C.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::mem;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

use crate::error::Error;

enum Failure {
    Io(io::Error),
    Panic(Box<dyn Any + Send>),
}

thread_local! {
    /// The failure of the last callback, until the call that it made fail
    /// takes it. Callbacks run on the thread of that call.
    static FAILURE: Cell<Option<Failure>> = Cell::new(None);
}

/// Runs a callback. Returns what it returns to C: size, or -1 after a failure.
pub(crate) fn run(
    size: usize,
    callback: impl FnOnce() -> io::Result<()>,
) -> i64 {
    let result = catch_unwind(AssertUnwindSafe(callback));
    let failure = match result {
        Ok(Ok(())) => return size as i64,
        Ok(Err(error)) => Failure::Io(error),
        Err(panic) => Failure::Panic(panic),
    };
    if FAILURE.try_with(|_| ()).is_ok() {
        FAILURE.with(|slot| slot.set(Some(failure)));
    } else {
        // The thread is ending. Dropping a failure could panic, so do not.
        mem::forget(failure);
    }
    -1
}

/// Completes the error of a call that may have run callbacks: goes on with the
/// panic of a callback, or adds its error.
pub(crate) fn complete(error: Error) -> Error {
    match FAILURE.try_with(Cell::take) {
        Ok(Some(Failure::Panic(panic))) => resume_unwind(panic),
        Ok(Some(Failure::Io(source))) => error.with_source(source),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_no_size() {
        for size in [0, 1, 2] {
            let fail = || Err(io::ErrorKind::Other.into());
            assert_eq!(run(size, fail), -1);
        }
    }
}
