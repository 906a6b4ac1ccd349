// SPDX-License-Identifier: MIT
//! Trains a network to remember the first input of a sequence, stops, and goes
//! on from a checkpoint with the same bits.

use simplernn::{
    Accumulation, Backward, Context, Gradients, Linear, Loss, Optimizer,
    OptimizerKind, OptimizerOption, Options, Result, Rnn, Sequences, Tape,
    View, ViewMut, Weights,
};
use std::{env, fs};

const T: usize = 5;
const B: usize = 16;
const H: usize = 8;

struct Training {
    rnn: Rnn<f32>,
    head: Linear<f32>,
    context: Context<f32>,
    tape: Tape<f32>,
    of_rnn: Gradients<f32>,
    of_head: Gradients<f32>,
    optimizer: Optimizer<f32>,
}

impl Training {
    fn new() -> Result<Self> {
        let rnn = Rnn::new(1, H, &Options::new(), 1)?;
        let head = Linear::new(H, 1, true, 2)?;
        let of_rnn = Gradients::new(&rnn)?;
        let of_head = Gradients::of_linear(&head)?;
        let mut optimizer = Optimizer::new(OptimizerKind::Adam)?;
        optimizer.set_real(None, OptimizerOption::LearningRate, 0.01)?;
        optimizer.add(&of_rnn, "rnn.")?;
        optimizer.add(&of_head, "fc.")?;
        Ok(Training {
            context: Context::new(&rnn)?,
            tape: Tape::new(&rnn)?,
            rnn,
            head,
            of_rnn,
            of_head,
            optimizer,
        })
    }

    /// One step, with the loss before it. The target is the first input.
    fn step(&mut self, x: &[f32]) -> Result<f64> {
        let (mut h, mut y) = ([0.0; B * H], [0.0; B]);
        let (mut d_h, mut d_y) = ([0.0; B * H], [0.0; B]);
        let input = View::new(x, &[T, B, 1])?;
        let sequences = Sequences::new(&input);
        let h_n = &mut ViewMut::new(&mut h, &[1, B, H])?;
        self.context
            .record(&mut self.tape, &sequences, None, Some(h_n))?;
        let h_n = View::new(&h, &[B, H])?;
        let output = &mut ViewMut::new(&mut y, &[B, 1])?;
        self.head.forward(Some(&mut self.context), &h_n, output)?;

        let loss = Loss::squared_error(
            Some(&mut ViewMut::new(&mut d_y, &[B, 1])?),
            &View::new(&y, &[B, 1])?,
            &View::new(&x[..B], &[B, 1])?,
            None,
            0.0,
        )?;

        self.head.backward(
            Some(&mut self.context),
            &h_n,
            &View::new(&d_y, &[B, 1])?,
            Accumulation::Set,
            Some(&mut self.of_head),
            Some(&mut ViewMut::new(&mut d_h, &[B, H])?),
        )?;
        let d_h_n = View::new(&d_h, &[1, B, H])?;
        let arguments = Backward {
            d_h_n: Some(&d_h_n),
            gradients: Some(&mut self.of_rnn),
            ..Backward::default()
        };
        self.context.backward(&self.tape, &input, arguments)?;

        let mut all = [&mut self.of_rnn, &mut self.of_head];
        Gradients::clip_norm(&mut all, 1.0)?;
        self.optimizer.step(&mut all)?;
        Ok(loss.mean())
    }
}

fn main() -> Result<()> {
    let name = format!("simplernn-train-{}", std::process::id());
    let path = env::temp_dir().join(name);
    let x: Vec<f32> = (0..T * B).map(|i| (i as f32 * 0.7).sin()).collect();

    let mut first = Training::new()?;
    for step in 0..=300_i64 {
        if step == 200 {
            first.optimizer.save(
                &path,
                &[&first.of_rnn, &first.of_head],
                &[("place", &View::new(&[step], &[1])?)],
                &[],
            )?;
        }
        let loss = first.step(&x)?;
        if step % 100 == 0 {
            println!("{:3}: {:.6}", step, loss);
        }
    }

    let mut second = Training::new()?;
    let checkpoint = Weights::open(&path)?;
    second
        .optimizer
        .load(&checkpoint, &mut [&mut second.of_rnn, &mut second.of_head])?;
    let place = checkpoint.read("place")?;
    for _ in place.data::<i64>().expect("it was saved as i64")[0]..=300 {
        second.step(&x)?;
    }
    assert_eq!(second.rnn.flat()?, first.rnn.flat()?);
    assert_eq!(second.head.flat()?, first.head.flat()?);
    fs::remove_file(&path).ok();
    Ok(())
}
