// SPDX-License-Identifier: MIT
//! The elements have the type of the network, which is f32 or f64.

use simplernn::{Context, Options, Rnn, Stream, View};

fn main() -> simplernn::Result<()> {
    let rnn = Rnn::<f32>::new(1, 1, &Options::new(), 1)?;
    let mut context = Context::new(&rnn)?;
    context.forward(&View::new(&[0.5_f64], &[1, 1])?, None, None, None)?;
    let mut stream = Stream::new(&context, 1)?;
    stream.step(&[0.5_f64], &mut [0.0_f64])?;
    Rnn::<i64>::new(1, 1, &Options::new(), 1)?;
    Ok(())
}
