// SPDX-License-Identifier: MIT
//! Owns an object of the C library.

use simplernn_sys as sys;
use std::fmt;
use std::ptr::{self, NonNull};

use crate::error::{check, Result};

/// A kind of object of the C library.
pub(crate) trait Object {
    /// # Safety
    /// The object exists, and nobody uses it from now on.
    unsafe fn destroy(object: *mut Self);
}

/// An object that any number of threads may use at once.
pub(crate) trait Shared: Object {}

/// An object, which is destroyed with this value.
pub(crate) struct Handle<O: Object>(NonNull<O>);

// SAFETY: no object is tied to the thread that created it.
unsafe impl<O: Object> Send for Handle<O> {}
// SAFETY: that is what Shared says.
unsafe impl<O: Shared> Sync for Handle<O> {}

impl<O: Object> Handle<O> {
    /// Calls a function of C whose first parameter receives the object.
    pub(crate) fn create(
        function: impl FnOnce(*mut *mut O) -> sys::srnn_status,
    ) -> Result<Self> {
        let mut object = ptr::null_mut();
        check(function(&mut object))?;
        Ok(Handle(
            NonNull::new(object).expect("success gives an object"),
        ))
    }

    pub(crate) fn get(&self) -> *mut O {
        self.0.as_ptr()
    }
}

impl<O: Object> Drop for Handle<O> {
    fn drop(&mut self) {
        // SAFETY: this value owns the object.
        unsafe { O::destroy(self.get()) }
    }
}

impl<O: Object> fmt::Debug for Handle<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! objects {
    ($($object:ident: $destroy:ident,)*) => {$(
        impl Object for sys::$object {
            unsafe fn destroy(object: *mut Self) {
                sys::$destroy(object)
            }
        }
    )*};
}

objects! {
    srnn_cell: srnn_cell_destroy,
    srnn_config: srnn_config_destroy,
    srnn_context: srnn_context_destroy,
    srnn_gradients: srnn_gradients_destroy,
    srnn_linear: srnn_linear_destroy,
    srnn_optimizer: srnn_optimizer_destroy,
    srnn_rnn: srnn_rnn_destroy,
    srnn_stream: srnn_stream_destroy,
    srnn_tape: srnn_tape_destroy,
    srnn_tensor: srnn_tensor_destroy,
    srnn_weights: srnn_weights_destroy,
}

impl Shared for sys::srnn_cell {}
// Writers and readers of parameters exclude each other: see lock.rs.
impl Shared for sys::srnn_linear {}
impl Shared for sys::srnn_rnn {}
// A tensor is never rewrapped, and its values follow the rules of Rust.
impl Shared for sys::srnn_tensor {}
impl Shared for sys::srnn_weights {}
