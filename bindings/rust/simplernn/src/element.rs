// SPDX-License-Identifier: MIT
//! The types of elements.

use simplernn_sys as sys;
use std::fmt::Debug;

mod sealed {
    pub trait Sealed {}
}

/// A type of the elements of a tensor: `f32`, `f64`, `i64` or `u8`.
pub trait Element:
    sealed::Sealed + Copy + Debug + Default + PartialEq + Send + Sync + 'static
{
    #[doc(hidden)]
    const DTYPE: sys::srnn_dtype;
}

/// A type that a network computes in: `f32` or `f64`.
pub trait Real: Element {}

macro_rules! elements {
    ($($element:ty: $dtype:ident,)*) => {$(
        impl sealed::Sealed for $element {}
        impl Element for $element {
            const DTYPE: sys::srnn_dtype = sys::$dtype;
        }
    )*};
}

elements! {
    f32: SRNN_DTYPE_FLOAT32,
    f64: SRNN_DTYPE_FLOAT64,
    i64: SRNN_DTYPE_INT64,
    u8: SRNN_DTYPE_UINT8,
}

impl Real for f32 {}
impl Real for f64 {}

/// A size as C takes it. A size that does not fit is out of range for every
/// function, as the largest number is.
pub(crate) fn int(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Sizes that the library gives, which fit in memory.
///
/// # Safety
/// `sizes` has `rank` numbers, or `rank` is 0.
pub(crate) unsafe fn sizes(sizes: *const i64, rank: i32) -> Vec<usize> {
    (0..rank as usize).map(|i| *sizes.add(i) as usize).collect()
}
