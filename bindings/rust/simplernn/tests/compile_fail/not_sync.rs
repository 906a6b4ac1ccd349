// SPDX-License-Identifier: MIT
//! One thread at a time may use these.

use simplernn::{Context, Gradients, Optimizer, Stream, Tape};

fn is_sync<T: Sync>() {}

fn main() {
    is_sync::<Context<f32>>();
    is_sync::<Gradients<f32>>();
    is_sync::<Optimizer<f32>>();
    is_sync::<Stream<f32>>();
    is_sync::<Tape<f32>>();
}
