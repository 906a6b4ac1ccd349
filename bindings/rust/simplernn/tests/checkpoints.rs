// SPDX-License-Identifier: MIT
//! Training that stops and goes on.

use simplernn::{
    Accumulation, Backward, Context, ErrorKind, Gradients, Linear, Loss,
    Optimizer, OptimizerKind, OptimizerOption, Options, Rnn, Sequences, Tape,
    View, ViewMut, Weights,
};
use std::error::Error;
use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;

mod support;
use support::pattern;
#[path = "support/folder.rs"]
mod folder;
use folder::Folder;

const T: usize = 4;
const B: usize = 2;
const I: usize = 3;
const H: usize = 5;
const C: usize = 2;

/// A network, a layer and a learned initial state, and how they are trained.
struct Training {
    rnn: Rnn<f32>,
    head: Linear<f32>,
    context: Context<f32>,
    tape: Tape<f32>,
    of_rnn: Gradients<f32>,
    of_head: Gradients<f32>,
    of_h0: Gradients<f32>,
    optimizer: Optimizer<f32>,
}

impl Training {
    fn new(kind: OptimizerKind) -> Self {
        let rnn = Rnn::new(I, H, &Options::new(), 7).unwrap();
        let head = Linear::new(H, C, true, 8).unwrap();
        let of_rnn = Gradients::new(&rnn).unwrap();
        let of_head = Gradients::of_linear(&head).unwrap();
        let zeros = [0.0; H];
        let of_h0 = Gradients::of_tensor(&zeros, &[1, 1, H], "h0").unwrap();
        let mut optimizer = Optimizer::new(kind).unwrap();
        optimizer.add(&of_rnn, "rnn.").unwrap();
        optimizer.add(&of_head, "fc.").unwrap();
        optimizer.add(&of_h0, "").unwrap();
        Training {
            context: Context::new(&rnn).unwrap(),
            tape: Tape::new(&rnn).unwrap(),
            rnn,
            head,
            of_rnn,
            of_head,
            of_h0,
            optimizer,
        }
    }

    fn step(&mut self) {
        self.try_step().unwrap();
    }

    fn try_step(&mut self) -> simplernn::Result<()> {
        let x = pattern("x", T * B * I, 1.0);
        let input = View::new(&x, &[T, B, I])?;
        let mut y = [0.0; T * B * H];
        let h0 = View::new(self.of_h0.value().unwrap(), &[1, 1, H])?;
        let sequences = Sequences {
            h0: Some(&h0),
            ..Sequences::new(&input)
        };
        let output = &mut ViewMut::new(&mut y, &[T, B, H])?;
        self.context
            .record(&mut self.tape, &sequences, Some(output), None)?;

        let y = View::new(&y, &[T, B, H])?;
        let (mut scores, mut d) = ([0.0; T * B * C], [0.0; T * B * C]);
        let logits = &mut ViewMut::new(&mut scores, &[T, B, C])?;
        self.head.forward(Some(&mut self.context), &y, logits)?;
        Loss::cross_entropy(
            Some(&mut ViewMut::new(&mut d, &[T, B, C])?),
            &View::new(&scores, &[T, B, C])?,
            &View::new(&[1, 0, 1, 1, 0, 0, 0, 1], &[T, B])?,
            0.0,
        )?;
        let mut d_y = [0.0; T * B * H];
        self.head.backward(
            Some(&mut self.context),
            &y,
            &View::new(&d, &[T, B, C])?,
            Accumulation::Set,
            Some(&mut self.of_head),
            Some(&mut ViewMut::new(&mut d_y, &[T, B, H])?),
        )?;
        let d_output = View::new(&d_y, &[T, B, H])?;
        let mut d_h0 = ViewMut::new(self.of_h0.flat_mut(), &[1, 1, H])?;
        let arguments = Backward {
            d_output: Some(&d_output),
            gradients: Some(&mut self.of_rnn),
            d_h0: Some(&mut d_h0),
            ..Backward::default()
        };
        self.context.backward(&self.tape, &input, arguments)?;
        let all = [&mut self.of_rnn, &mut self.of_head, &mut self.of_h0];
        self.optimizer.step(&mut { all })
    }

    fn save(&self, path: &Path) -> simplernn::Result<()> {
        let all = [&self.of_rnn, &self.of_head, &self.of_h0];
        let place = View::new(&[5_i64], &[1])?;
        let state = View::new(&[0.5_f32, 0.25], &[2, 1])?;
        self.optimizer.save(
            path,
            &all,
            &[("place", &place), ("state", &state)],
            &[("data", "digits")],
        )
    }

    fn load(&mut self, weights: &Weights<'_>) -> simplernn::Result<()> {
        let all = [&mut self.of_rnn, &mut self.of_head, &mut self.of_h0];
        self.optimizer.load(weights, &mut { all })
    }

    /// The bits of all parameters.
    fn bits(&self) -> Vec<u32> {
        let mut all = self.rnn.flat().unwrap();
        all.extend(self.head.flat().unwrap());
        all.extend(self.of_h0.value().unwrap());
        all.iter().map(|value| value.to_bits()).collect()
    }
}

#[test]
fn training_goes_on_from_a_checkpoint_with_the_same_bits() {
    let folder = Folder::new("checkpoint");
    let path = folder.0.join("training.safetensors");
    let mut whole = Training::new(OptimizerKind::Adam);
    let before = whole.bits();
    for step in 0..10 {
        if step == 5 {
            whole.save(&path).unwrap();
        }
        whole.step();
    }
    assert!(whole.bits().iter().zip(&before).all(|(a, b)| a != b));

    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.metadata("data"), Some("digits"));
    let place = weights.read("place").unwrap();
    assert_eq!(place.data::<i64>().unwrap(), [5]);
    let state = weights.read("state").unwrap();
    assert_eq!(state.data::<f32>().unwrap(), [0.5, 0.25]);
    let mut resumed = Training::new(OptimizerKind::Adam);
    resumed.load(&weights).unwrap();
    let steps = resumed.optimizer.get_int(None, OptimizerOption::Steps);
    assert_eq!(steps.unwrap(), 5);
    let options = Options::new();
    let model = Rnn::<f32>::from_weights(&weights, "rnn.", &options).unwrap();
    assert_eq!(model.flat().unwrap(), resumed.rnn.flat().unwrap());
    let head = Linear::<f32>::from_weights(&weights, "fc.").unwrap();
    assert_eq!(head.flat().unwrap(), resumed.head.flat().unwrap());
    for _ in 5..10 {
        resumed.step();
    }
    assert_eq!(resumed.bits(), whole.bits());

    let error = Training::new(OptimizerKind::Sgd)
        .load(&weights)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State);
    let list = &mut [&mut resumed.of_rnn];
    let error = resumed.optimizer.load(&weights, list).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let all = [&whole.of_rnn, &whole.of_head, &whole.of_h0];
    let place = View::new(&[5_u8], &[1]).unwrap();
    let names = ["place", "place"].map(|name| (name, &place as _));
    let error = whole.optimizer.save(&path, &all, &names, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let error = whole.optimizer.save(&path, &all, &[("\0", &place)], &[]);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_save_gets_exactly_the_gradients_of_the_optimizer() {
    let training = Training::new(OptimizerKind::Adam);
    let (a, b, c) = (&training.of_rnn, &training.of_head, &training.of_h0);
    let save = |list: &[&Gradients<f32>]| {
        let path = "/nowhere/training.safetensors";
        let error = training.optimizer.save(path, list, &[], &[]);
        error.unwrap_err().kind()
    };
    assert_eq!(save(&[a, b]), ErrorKind::Invalid);
    assert_eq!(save(&[a, b, b]), ErrorKind::Invalid);
    assert_eq!(save(&[a, b, c, c]), ErrorKind::Invalid);
    assert_eq!(save(&[c, b, a]), ErrorKind::Io);
}

#[test]
fn a_linear_layer_is_saved_beside_a_network() {
    let folder = Folder::new("linear");
    let path = folder.0.join("model.safetensors");
    let rnn = Rnn::<f64>::new(I, H, &Options::new(), 1).unwrap();
    let head = Linear::<f64>::new(H, C, true, 2).unwrap();
    rnn.save_alone(&path, "rnn.", &[]).unwrap();
    head.save(&path, "fc.").unwrap();
    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.len(), 6);
    let same = Linear::<f64>::from_weights(&weights, "fc.").unwrap();
    assert_eq!(same.flat().unwrap(), head.flat().unwrap());
    let error = Linear::<f32>::from_weights(&weights, "fc.").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dtype);
    assert_eq!(
        error.to_string(),
        "the weight of the file makes a layer of f64, not of f32"
    );
    let error = Linear::<f64>::from_weights(&weights, "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = head.save("", "fc.").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

/// How the reader of a file fails.
#[derive(Clone, Copy, PartialEq)]
enum Failure {
    None,
    Error,
    Panic,
}

#[test]
fn a_checkpoint_whose_reader_fails_changes_nothing() {
    let folder = Folder::new("reader");
    let path = folder.0.join("training.safetensors");
    let mut training = Training::new(OptimizerKind::Adam);
    training.save(&path).unwrap();
    training.step();
    let bytes = std::fs::read(&path).unwrap();
    let failure = std::sync::Mutex::new(Failure::None);
    let size = bytes.len() as u64;
    let weights = Weights::from_reader(size, |offset, target| {
        let failure = *failure.lock().unwrap();
        assert!(failure != Failure::Panic, "the reader panics");
        if failure == Failure::Error {
            return Err(io::Error::new(io::ErrorKind::Other, "unplugged"));
        }
        let offset = offset as usize;
        target.copy_from_slice(&bytes[offset..offset + target.len()]);
        Ok(())
    })
    .unwrap();
    let before = training.bits();
    *failure.lock().unwrap() = Failure::Error;
    let error = training.load(&weights).unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "unplugged");
    assert_eq!(training.bits(), before);
    let error = Linear::<f32>::from_weights(&weights, "fc.").unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "unplugged");
    *failure.lock().unwrap() = Failure::Panic;
    catch_unwind(AssertUnwindSafe(|| training.load(&weights))).unwrap_err();
    assert_eq!(training.bits(), before);
    // Parameters can be written after the panic.
    *failure.lock().unwrap() = Failure::None;
    training.step();
    training.load(&weights).unwrap();
    assert_ne!(training.bits(), before);
}
