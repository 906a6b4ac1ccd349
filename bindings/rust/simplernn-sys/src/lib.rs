// SPDX-License-Identifier: MIT
//! The functions, types and constants of libsimplernn, as its C headers declare
//! them. The headers describe them. The crate `simplernn` has a safe form.
//!
//! The build script looks for the library in this order:
//!
//! 1. With the feature `vendored`, it builds the C sources in the crate. That
//!    needs cmake, a C compiler and jansson.
//! 2. `SIMPLERNN_LIB_DIR` is the folder of the library, an absolute path.
//! 3. `pkg-config simplernn` finds it.
//!
//! The feature `static` links the archive instead of the shared library.
//! `vendored` always does. In `SIMPLERNN_LIB_DIR`, the archive needs its
//! `pkgconfig/simplernn.pc`, which names the libraries that it needs.

#![no_std]
#![allow(non_camel_case_types)]
#![doc(html_no_source)]

#[rustfmt::skip]
mod declarations;

pub use declarations::*;
