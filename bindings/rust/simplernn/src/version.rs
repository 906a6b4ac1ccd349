// SPDX-License-Identifier: MIT
//! What the library is at run time.

use simplernn_sys as sys;

use crate::enumerators::Gemm;
use crate::text;

/// The version of the library at run time, for example `"0.2.0"`.
///
/// ```
/// assert!(simplernn::version().starts_with("0."));
/// assert!(simplernn::version_number() >= 200);
/// ```
pub fn version() -> &'static str {
    // SAFETY: the text is a static string.
    unsafe { text::borrow(sys::srnn_version()) }
}

/// The version as a number that grows: 10000 X + 100 Y + Z for X.Y.Z.
pub fn version_number() -> i32 {
    // SAFETY: the function has no conditions.
    unsafe { sys::srnn_version_number() }
}

/// How the library was built and what it can use on this machine, in lines
/// `name: value`. Put it into bug reports.
///
/// ```
/// println!("{}", simplernn::build_info());
/// ```
pub fn build_info() -> &'static str {
    // SAFETY: the text is a static string.
    unsafe { text::borrow(sys::srnn_build_info()) }
}

impl Gemm {
    /// The configuration of OpenBLAS after it has been chosen. Otherwise `""`.
    pub fn info(self) -> &'static str {
        // SAFETY: any value is allowed, and the text is a static string.
        unsafe { text::borrow(sys::srnn_gemm_info(self.value())) }
    }
}
