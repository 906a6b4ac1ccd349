// SPDX-License-Identifier: MIT
//! Runs the network of a file over one sequence. Start it in the root of the
//! repository.

use simplernn::{Context, Options, Rnn, Weights};

fn main() -> simplernn::Result<()> {
    let weights = Weights::open("examples/digits/digits.safetensors")?;
    let rnn = Rnn::<f32>::from_weights(&weights, "rnn.", &Options::new())?;
    let mut context = Context::new(&rnn)?;

    let pixels = [0.0; 8 * 8]; // [T=8, B=1, I=8]
    let mut output = vec![0.0; rnn.output_shape(8, 1).iter().product()];
    context.forward_contiguous(8, 1, &pixels, None, Some(&mut output), None)?;
    println!("{:.4} {:.4}", output[0], output[511]);
    Ok(())
}
