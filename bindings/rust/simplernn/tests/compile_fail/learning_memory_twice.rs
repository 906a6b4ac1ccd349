// SPDX-License-Identifier: MIT
//! What an optimizer or a loss writes is not read elsewhere during the call.

use simplernn::{Gradients, Linear, Loss, Optimizer, OptimizerKind};
use simplernn::{View, ViewMut};

fn main() -> simplernn::Result<()> {
    let linear = Linear::<f32>::new(1, 1, true, 1)?;
    let mut gradients = Gradients::of_linear(&linear)?;
    let mut optimizer = Optimizer::new(OptimizerKind::Adam)?;
    optimizer.add(&gradients, "")?;
    let lent = gradients.flat();
    optimizer.step(&mut [&mut gradients])?;
    println!("{:?}", lent);

    let mut h0 = Gradients::of_tensor(&[0.5], &[1, 1, 1], "h0")?;
    let state = View::new(h0.value().unwrap(), &[1, 1, 1])?;
    optimizer.step(&mut [&mut h0])?;
    println!("{:?}", state);
    optimizer.step(&mut [&mut h0, &mut h0])?;

    let mut x = [0.5_f32];
    let logits = View::new(&x, &[1, 1])?;
    let mut d_logits = ViewMut::new(&mut x, &[1, 1])?;
    let targets = View::new(&[0], &[1])?;
    Loss::cross_entropy(Some(&mut d_logits), &logits, &targets, 0.0)?;
    Ok(())
}
