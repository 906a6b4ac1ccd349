// SPDX-License-Identifier: MIT
//! All that an optimizer updates has its type of elements, and is lent to be
//! written. A class is i64.

use simplernn::{Gradients, Linear, Loss, Optimizer, OptimizerKind, View};

fn main() -> simplernn::Result<()> {
    let linear = Linear::<f64>::new(1, 1, true, 1)?;
    let gradients = Gradients::of_linear(&linear)?;
    Optimizer::<f32>::new(OptimizerKind::Sgd)?.add(&gradients, "")?;
    Optimizer::<f64>::new(OptimizerKind::Sgd)?.step(&mut [&gradients])?;
    let logits = View::new(&[0.5_f64], &[1, 1])?;
    let classes = View::new(&[0_u8], &[1])?;
    Loss::cross_entropy(None, &logits, &classes, 0.0)?;
    Ok(())
}
