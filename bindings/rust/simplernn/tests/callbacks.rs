// SPDX-License-Identifier: MIT
//! Readers and writers of the caller: their errors and panics go over the
//! frames of C, and nothing is lost or left behind.

use simplernn::{ErrorKind, Options, Rnn, View, Weights};
use std::any::Any;
use std::error::Error;
use std::io::{self, Write};
use std::panic::{catch_unwind, panic_any, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

fn rnn() -> Rnn<f32> {
    Rnn::new(3, 4, &Options::new(), 1).unwrap()
}

fn file_of(rnn: &Rnn<f32>) -> Vec<u8> {
    let mut file = Vec::new();
    rnn.save_to(&mut file, "", &[]).unwrap();
    file
}

/// Copies a range of a file in memory.
fn copy(file: &[u8], offset: u64, target: &mut [u8]) -> io::Result<()> {
    let start = offset as usize;
    target.copy_from_slice(&file[start..start + target.len()]);
    Ok(())
}

struct FailingWriter<F>(F);

impl<F: FnMut() -> io::Result<usize>> Write for FailingWriter<F> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        (self.0)()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a callback has panicked with, which is a number here.
fn payload(result: Result<(), Box<dyn Any + Send>>) -> i32 {
    *result.unwrap_err().downcast().unwrap()
}

#[test]
fn a_reader_gives_the_file() {
    let rnn = rnn();
    let file = file_of(&rnn);
    let read = |offset, target: &mut [u8]| copy(&file, offset, target);
    let weights = Weights::from_reader(file.len() as u64, read).unwrap();
    let copy = Rnn::<f32>::from_weights(&weights, "", &Options::new());
    assert_eq!(copy.unwrap().flat().unwrap(), rnn.flat().unwrap());
}

#[test]
fn the_error_of_a_reader_is_the_source() {
    let file = file_of(&rnn());
    let fails = AtomicBool::new(false);
    let weights = Weights::from_reader(file.len() as u64, |offset, target| {
        if fails.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"));
        }
        copy(&file, offset, target)
    })
    .unwrap();
    fails.store(true, Ordering::Relaxed);
    let error = weights.read("bias_ih_l0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.source().unwrap().to_string(), "no answer");
    // It does not stick to later errors.
    let error = weights.read("no name").unwrap_err();
    assert!(error.source().is_none());
    fails.store(false, Ordering::Relaxed);
    assert!(weights.read("bias_ih_l0").is_ok());
}

#[test]
fn a_panic_of_a_reader_goes_through_the_call() {
    let file = file_of(&rnn());
    let panics = AtomicBool::new(false);
    let weights = Weights::from_reader(file.len() as u64, |offset, target| {
        if panics.load(Ordering::Relaxed) {
            panic_any(1);
        }
        copy(&file, offset, target)
    })
    .unwrap();
    panics.store(true, Ordering::Relaxed);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _ = Rnn::<f32>::from_weights(&weights, "", &Options::new());
    }));
    assert_eq!(payload(result), 1);
    panics.store(false, Ordering::Relaxed);
    assert!(Rnn::<f32>::from_weights(&weights, "", &Options::new()).is_ok());
}

#[test]
fn a_panic_of_the_first_read_goes_through_the_call() {
    let result = catch_unwind(|| {
        let _ = Weights::from_reader(100, |_, _| panic_any(2));
    });
    assert_eq!(payload(result), 2);
}

#[test]
fn the_error_of_a_writer_is_the_source() {
    let mut writer = FailingWriter(|| {
        Err(io::Error::new(io::ErrorKind::Other, "disk full"))
    });
    let error = rnn().save_to(&mut writer, "", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.source().unwrap().to_string(), "disk full");
}

#[test]
fn a_panic_of_a_writer_leaves_the_rnn_usable() {
    let rnn = rnn();
    let mut writer = FailingWriter(|| panic_any(3));
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _ = rnn.save_to(&mut writer, "", &[]);
    }));
    assert_eq!(payload(result), 3);
    rnn.set_flat(&rnn.flat().unwrap()).unwrap();
}

#[test]
fn a_writer_may_use_the_rnn_but_not_write_it() {
    let rnn = rnn();
    let mut kinds = Vec::new();
    let mut writer = FailingWriter(|| {
        let values = rnn.flat().unwrap();
        kinds.push(rnn.set_flat(&values).unwrap_err().kind());
        let bias = View::new(&[0.0; 4], &[4]).unwrap();
        kinds.push(rnn.set_parameter("bias_ih_l0", &bias).unwrap_err().kind());
        Ok(1)
    });
    rnn.save_to(&mut writer, "", &[]).unwrap();
    assert!(!kinds.is_empty());
    assert!(kinds.iter().all(|&kind| kind == ErrorKind::Busy));
}

#[test]
fn a_reader_may_call_what_fails() {
    let file = file_of(&rnn());
    let weights = Weights::from_reader(file.len() as u64, |offset, target| {
        let inner = Weights::from_reader(9, |_, _| {
            Err(io::Error::new(io::ErrorKind::Other, "inner"))
        });
        assert_eq!(inner.unwrap_err().source().unwrap().to_string(), "inner");
        copy(&file, offset, target)
    });
    assert!(weights.unwrap().read("bias_ih_l0").is_ok());
}
