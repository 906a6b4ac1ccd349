// SPDX-License-Identifier: MIT
//! Trains a network to remember: its last state is to be the first input.

use simplernn::{
    Backward, Context, Gradients, Options, Rnn, Sequences, Tape, View, ViewMut,
};

const T: usize = 5;
const B: usize = 16;
const H: usize = 8;

fn main() -> simplernn::Result<()> {
    let rnn = Rnn::<f32>::new(1, H, &Options::new(), 1)?;
    let mut context = Context::new(&rnn)?;
    let mut tape = Tape::new(&rnn)?;
    let mut gradients = Gradients::new(&rnn)?;

    let x: Vec<f32> = (0..T * B).map(|i| (i as f32 * 0.7).sin()).collect();
    let input = View::new(&x, &[T, B, 1])?;
    let mut h = [0.0; B * H];
    for step in 0..=300 {
        let mut h_n = ViewMut::new(&mut h, &[1, B, H])?;
        let sequences = Sequences::new(&input);
        context.record(&mut tape, &sequences, None, Some(&mut h_n))?;
        drop(h_n);

        // The loss is the mean of (h_n[0,b,0] - x[0,b,0])^2.
        let mut d_h = [0.0; B * H];
        let mut loss = 0.0;
        for b in 0..B {
            let error = h[b * H] - x[b];
            loss += error * error / B as f32;
            d_h[b * H] = 2.0 * error / B as f32;
        }
        if step % 100 == 0 {
            println!("{:3}: {:.4}", step, loss);
        }

        let d_h_n = View::new(&d_h, &[1, B, H])?;
        let arguments = Backward {
            d_h_n: Some(&d_h_n),
            gradients: Some(&mut gradients),
            ..Backward::default()
        };
        context.backward(&tape, &input, arguments)?;
        Gradients::clip_norm(&mut [&mut gradients], 1.0)?;

        let mut parameters = rnn.flat()?;
        for (p, gradient) in parameters.iter_mut().zip(gradients.flat()) {
            *p -= 0.2 * gradient;
        }
        rnn.set_flat(&parameters)?;
    }
    Ok(())
}
