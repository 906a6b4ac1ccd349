// SPDX-License-Identifier: MIT
//! Who may use what at once. compile_fail/not_sync.rs has what may not.

use simplernn::{
    Cell, Context, ContextOption, Error, ErrorKind, Gradients, Options, Rnn,
    Stream, Tape, Tensor, Updater, View, ViewMut, Weights,
};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

mod support;
use support::pattern;

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn types_are_send_and_sync_as_documented() {
    is_send_and_sync::<Rnn<f32>>();
    is_send_and_sync::<Cell<f32>>();
    is_send_and_sync::<Weights<'static>>();
    is_send_and_sync::<Options>();
    is_send_and_sync::<Tensor>();
    is_send_and_sync::<View<'static, f32>>();
    is_send_and_sync::<ViewMut<'static, f32>>();
    is_send_and_sync::<Updater<f32>>();
    is_send_and_sync::<Error>();
    is_send::<Context<f32>>();
    is_send::<Stream<f32>>();
    is_send::<Tape<f32>>();
    is_send::<Gradients<f32>>();
}

#[test]
fn a_write_is_busy_while_another_thread_runs() {
    let rnn = Rnn::<f32>::new(64, 64, &Options::new(), 1).unwrap();
    let values = rnn.flat().unwrap();
    let mut context = Context::new(&rnn).unwrap();
    context.set_option(ContextOption::NumThreads, 1).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let is_done = done.clone();
    let runner = thread::spawn(move || {
        let x = vec![0.5; 1000 * 64];
        let mut runs = 0;
        while !is_done.load(Ordering::Relaxed) {
            // A call that begins during a write is busy likewise.
            match context.forward_contiguous(1000, 1, &x, None, None, None) {
                Ok(()) => runs += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Busy),
            }
        }
        runs
    });
    let mut busy = 0;
    while busy < 10 && !runner.is_finished() {
        match rnn.set_flat(&values) {
            Ok(()) => thread::yield_now(),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Busy);
                busy += 1;
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    assert!(runner.join().unwrap() > 0);
    rnn.set_flat(&values).unwrap();
}

/// Waits at a barrier when it begins to write and when it ends.
struct SlowWriter<'a> {
    barrier: &'a Barrier,
    has_begun: bool,
}

impl Write for SlowWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.has_begun {
            self.has_begun = true;
            self.barrier.wait();
            self.barrier.wait();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_write_is_busy_while_another_thread_saves() {
    let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1).unwrap();
    let values = rnn.flat().unwrap();
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = SlowWriter {
                barrier: &barrier,
                has_begun: false,
            };
            rnn.save_to(&mut writer, "", &[]).unwrap();
        });
        barrier.wait();
        let error = rnn.set_flat(&values).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(rnn.flat().unwrap(), values); // readers go on
        barrier.wait();
    });
    rnn.set_flat(&values).unwrap();
}

/// All parameters are equal, so a reader that met a writer would see different
/// ones. Without the lock, this fails within a few writes.
#[test]
fn readers_never_see_half_of_a_write() {
    let rnn = Rnn::<f64>::new(512, 256, &Options::new(), 1).unwrap();
    let size = rnn.flat_size();
    let values = [vec![0.0; size], vec![1.0; size]];
    rnn.set_flat(&values[0]).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..200 {
                while rnn.set_flat(&values[number % 2]).is_err() {
                    thread::yield_now();
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let mut seen = vec![0.5; size];
        while !done.load(Ordering::Relaxed) {
            rnn.get_flat(&mut seen).unwrap();
            assert!(values.contains(&seen));
        }
    });
}

#[test]
fn all_threads_get_the_same_bits() {
    let rnn = Rnn::<f32>::new(3, 20, &Options::new(), 1).unwrap();
    let x: Vec<f32> = pattern("x", 50 * 3, 1.0);
    let run = || {
        let mut y = vec![0.0; 50 * 20];
        Context::new(&rnn)
            .unwrap()
            .forward_contiguous(50, 1, &x, None, Some(&mut y), None)
            .unwrap();
        y
    };
    let expected = run();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn objects_keep_their_network_alive() {
    let rnn = Rnn::<f32>::new(1, 1, &Options::new(), 1).unwrap();
    let mut context = Context::new(&rnn).unwrap();
    drop(rnn);
    let mut stream = Stream::new(&context, 1).unwrap();
    let tape = Tape::new(context.rnn()).unwrap();
    context
        .forward_contiguous(1, 1, &[0.5], None, None, None)
        .unwrap();
    drop(context);
    stream.step(&[0.5], &mut [0.0]).unwrap();
    assert_eq!(stream.rnn().flat_size(), 4);
    drop(stream);
    assert_eq!(tape.rnn().flat_size(), 4);
}

#[test]
fn a_stream_gets_other_weights_while_it_runs() {
    let rnn = Rnn::<f32>::new(1, 1, &Options::new(), 1).unwrap();
    let mut stream = Stream::new(&Context::new(&rnn).unwrap(), 1).unwrap();
    let updater = stream.updater();
    let newer = rnn.deep_clone().unwrap();
    // With them, y = tanh(0).
    newer.set_flat(&[0.0; 4]).unwrap();
    drop(rnn);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut y = [1.0];
            let start = Instant::now();
            while !done.load(Ordering::Acquire) || y[0] != 0.0 {
                stream.step(&[0.5], &mut y).unwrap();
                assert!(start.elapsed().as_secs() < 60);
            }
        });
        updater.set_rnn(&newer).unwrap();
        done.store(true, Ordering::Release);
    });
    assert_eq!(stream.rnn().flat().unwrap(), [0.0; 4]);
    let wide = Rnn::<f32>::new(2, 1, &Options::new(), 1).unwrap();
    let error = updater.set_rnn(&wide).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
}
