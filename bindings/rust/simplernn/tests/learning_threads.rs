// SPDX-License-Identifier: MIT
//! Threads that train, and threads that read what is trained.

use simplernn::{
    ErrorKind, Gradients, Linear, Loss, Optimizer, OptimizerKind,
    OptimizerOption, Options, Rnn, Weights,
};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::thread;

#[path = "support/folder.rs"]
mod folder;
use folder::Folder;

fn is_send<T: Send>() {}
fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn types_are_send_and_sync_as_documented() {
    is_send_and_sync::<Linear<f32>>();
    is_send_and_sync::<Loss>();
    is_send::<Optimizer<f32>>();
}

/// An optimizer that subtracts the gradients.
fn subtracting(gradients: &Gradients<f64>) -> Optimizer<f64> {
    let mut optimizer = Optimizer::new(OptimizerKind::Sgd).unwrap();
    let rate = OptimizerOption::LearningRate;
    optimizer.set_real(None, rate, 1.0).unwrap();
    optimizer.add(gradients, "").unwrap();
    optimizer
}

/// All parameters are equal and get equal steps, so a reader that met a writer
/// would see different ones. Without the lock, this fails within a few steps.
#[test]
fn readers_never_see_half_of_a_step() {
    let linear = Linear::<f64>::new(512, 512, false, 1).unwrap();
    let size = linear.flat_size();
    linear.set_flat(&vec![0.0; size]).unwrap();
    let mut gradients = Gradients::of_linear(&linear).unwrap();
    gradients.flat_mut().fill(1.0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let done = &done;
        scope.spawn(move || {
            let mut optimizer = subtracting(&gradients);
            for _ in 0..200 {
                while let Err(error) = optimizer.step(&mut [&mut gradients]) {
                    assert_eq!(error.kind(), ErrorKind::Busy, "{}", error);
                    thread::yield_now();
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let mut seen = vec![0.5; size];
        while !done.load(Ordering::Relaxed) {
            linear.get_flat(&mut seen).unwrap();
            assert!(seen.iter().all(|value| *value == seen[0]));
        }
    });
    assert_eq!(linear.parameter("weight").unwrap()[0], -200.0);
}

/// The same for the other writer of a layer, and the other reader.
#[test]
fn readers_never_see_half_of_a_write() {
    let linear = Linear::<f64>::new(512, 512, false, 1).unwrap();
    let size = linear.flat_size();
    let values = [vec![0.0; size], vec![1.0; size]];
    linear.set_flat(&values[0]).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..200 {
                while linear.set_flat(&values[number % 2]).is_err() {
                    thread::yield_now();
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            let seen = linear.parameter("weight").unwrap();
            assert!(values.contains(&seen));
        }
    });
}

/// The same for the values of a checkpoint.
#[test]
fn readers_never_see_half_of_a_load() {
    let linear = Linear::<f64>::new(512, 512, false, 1).unwrap();
    let size = linear.flat_size();
    let mut gradients = Gradients::of_linear(&linear).unwrap();
    let mut optimizer = subtracting(&gradients);
    let folder = Folder::new("load");
    let checkpoints = [0.0, 1.0].map(|value| {
        let path = folder.0.join(value.to_string());
        linear.set_flat(&vec![value; size]).unwrap();
        optimizer.save(&path, &[&gradients], &[], &[]).unwrap();
        Weights::open(&path).unwrap()
    });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let done = &done;
        scope.spawn(move || {
            for weights in checkpoints.iter().cycle().take(100) {
                let list = &mut [&mut gradients];
                while let Err(error) = optimizer.load(weights, list) {
                    assert_eq!(error.kind(), ErrorKind::Busy, "{}", error);
                    thread::yield_now();
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let mut seen = vec![0.5; size];
        while !done.load(Ordering::Relaxed) {
            linear.get_flat(&mut seen).unwrap();
            assert!(seen.iter().all(|value| *value == seen[0]));
        }
    });
}

/// A file with two values would have half of a write.
#[test]
fn a_checkpoint_never_has_half_of_a_write() {
    let linear = Linear::<f64>::new(512, 512, false, 1).unwrap();
    let size = linear.flat_size();
    let values = [vec![0.0; size], vec![1.0; size]];
    linear.set_flat(&values[0]).unwrap();
    let gradients = Gradients::of_linear(&linear).unwrap();
    let optimizer = subtracting(&gradients);
    let folder = Folder::new("save");
    let path = folder.0.join("training.safetensors");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for values in values.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                while linear.set_flat(values).is_err() {
                    thread::yield_now();
                }
            }
        });
        let are_whole = (0..30).all(|_| {
            optimizer.save(&path, &[&gradients], &[], &[]).unwrap();
            let weight = Weights::open(&path).unwrap().read("weight").unwrap();
            let saved = weight.data::<f64>().unwrap();
            saved.iter().all(|value| *value == saved[0])
        });
        done.store(true, Ordering::Relaxed);
        assert!(are_whole);
    });
}

/// Waits at a barrier when it begins to write and when it ends.
struct SlowWriter<'a>(&'a Barrier, bool);

impl Write for SlowWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.1 {
            self.1 = true;
            self.0.wait();
            self.0.wait();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_step_is_busy_while_another_thread_saves() {
    let rnn = Rnn::<f64>::new(3, 4, &Options::new(), 1).unwrap();
    let mut gradients = Gradients::new(&rnn).unwrap();
    gradients.flat_mut().fill(1.0);
    let mut optimizer = subtracting(&gradients);
    let before = rnn.flat().unwrap();
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = SlowWriter(&barrier, false);
            rnn.save_to(&mut writer, "", &[]).unwrap();
        });
        barrier.wait();
        let error = optimizer.step(&mut [&mut gradients]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(rnn.flat().unwrap(), before);
        barrier.wait();
    });
    optimizer.step(&mut [&mut gradients]).unwrap();
    assert_eq!(rnn.flat().unwrap()[0], before[0] - 1.0);
}

/// Four networks, one on each thread, as if each were alone.
#[test]
fn networks_are_trained_on_threads_of_their_own() {
    let train = |seed| {
        let linear = Linear::<f64>::new(3, 2, true, seed).unwrap();
        let mut gradients = Gradients::of_linear(&linear).unwrap();
        gradients.flat_mut().fill(0.5);
        let mut optimizer = subtracting(&gradients);
        for _ in 0..10 {
            optimizer.step(&mut [&mut gradients]).unwrap();
        }
        linear.flat().unwrap()
    };
    let expected: Vec<_> = (0..4).map(train).collect();
    thread::scope(|scope| {
        for (seed, expected) in (0..4).zip(&expected) {
            scope.spawn(move || assert_eq!(&train(seed), expected));
        }
    });
}
