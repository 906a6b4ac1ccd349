// SPDX-License-Identifier: MIT
//! What several tests need.

use simplernn::Real;

/// A type of real numbers, with conversions that tests need.
pub trait Number: Real + Into<f64> {
    fn from_f64(value: f64) -> Self;
}

impl Number for f32 {
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
}

impl Number for f64 {
    fn from_f64(value: f64) -> f64 {
        value
    }
}

/// Numbers from -1 to 1 that follow from a name: pattern() of
/// tests/golden/make_golden.py.
pub fn pattern<T: Number>(name: &str, count: usize, scale: f64) -> Vec<T> {
    let seed = name.bytes().fold(2166136261_u32, |seed, byte| {
        (seed ^ u32::from(byte)).wrapping_mul(16777619)
    });
    (0..count as u32)
        .map(|i| {
            let mut bits = i.wrapping_mul(0x9E3779B9).wrapping_add(seed);
            bits = (bits ^ (bits >> 16)).wrapping_mul(0x85EBCA6B);
            bits = (bits ^ (bits >> 13)).wrapping_mul(0xC2B2AE35);
            bits ^= bits >> 16;
            let value = (f64::from(bits >> 21) - 1024.0) / 1024.0;
            T::from_f64(value * scale)
        })
        .collect()
}
