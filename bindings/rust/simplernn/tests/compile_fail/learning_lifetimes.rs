// SPDX-License-Identifier: MIT
//! A learned tensor lasts as long as its gradients, and its values belong to
//! one thread.

use simplernn::{Gradients, Optimizer, OptimizerKind};
use std::thread;

fn main() -> simplernn::Result<()> {
    let value = {
        let h0 = Gradients::of_tensor(&[0.5], &[1], "h0")?;
        h0.value().unwrap()
    };
    println!("{:?}", value);

    let mut h0 = Gradients::of_tensor(&[0.5], &[1], "h0")?;
    let mut optimizer = Optimizer::new(OptimizerKind::Adam)?;
    optimizer.add(&h0, "")?;
    thread::scope(|scope| {
        scope.spawn(|| optimizer.step(&mut [&mut h0]));
        println!("{:?}", h0.value());
    });
    Ok(())
}
