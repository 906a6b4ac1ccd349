// SPDX-License-Identifier: MIT
//! A result is not read or written elsewhere during the call.

use simplernn::{Backward, Context, Gradients, Options, Rnn, Tape};
use simplernn::{View, ViewMut};

fn main() -> simplernn::Result<()> {
    let rnn = Rnn::<f32>::new(1, 1, &Options::new(), 1)?;
    let mut context = Context::new(&rnn)?;
    let mut x = [0.5];
    let input = View::new(&x, &[1, 1])?;
    let mut output = ViewMut::new(&mut x, &[1, 1])?;
    context.forward(&input, None, Some(&mut output), None)?;

    let mut states = [0.5];
    let output = Some(&mut states[..]);
    context.forward_contiguous(1, 1, &[0.5], None, output, Some(&mut states))?;

    let tape = Tape::new(&rnn)?;
    let mut gradients = Gradients::new(&rnn)?;
    let lent = gradients.flat();
    let arguments = Backward {
        gradients: Some(&mut gradients),
        ..Backward::default()
    };
    context.backward(&tape, &View::new(&[0.5], &[1, 1])?, arguments)?;
    println!("{:?}", lent);
    Ok(())
}
