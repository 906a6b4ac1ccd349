// SPDX-License-Identifier: MIT
//! Weights may be used by several threads at once, and so may their reader.

use simplernn::Weights;
use std::cell::Cell;

fn main() {
    let reads = Cell::new(0);
    let _ = Weights::from_reader(100, |_, _| {
        reads.set(reads.get() + 1);
        Ok(())
    });
}
