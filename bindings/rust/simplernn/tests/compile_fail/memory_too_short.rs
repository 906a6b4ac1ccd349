// SPDX-License-Identifier: MIT
//! Memory that the library uses lasts as long as it does.

use simplernn::{View, ViewMut, Weights};

fn view() -> simplernn::Result<View<'static, f32>> {
    let x = [0.5; 3];
    View::new(&x, &[3])
}

fn weights() -> simplernn::Result<Weights<'static>> {
    let bytes = vec![0; 100];
    Weights::from_bytes(&bytes)
}

fn main() -> simplernn::Result<()> {
    let reader = {
        let file = vec![0; 100];
        Weights::from_reader(100, |_, target| {
            target.copy_from_slice(&file);
            Ok(())
        })?
    };
    reader.read("a")?;
    let mut y = vec![0.0_f32; 3];
    let output = ViewMut::new(&mut y, &[3])?;
    drop(y);
    drop(output);
    Ok(())
}
