// SPDX-License-Identifier: MIT
//! Who may read and write parameters.

use simplernn_sys as sys;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::error::{Error, Result};

/// A writer of parameters takes it for writing, a reader for reading. The
/// library itself only keeps writers and calls apart.
#[derive(Debug, Default)]
pub(crate) struct Parameters(RwLock<()>);

impl Parameters {
    /// Keeps writers out. Waits for one at work, which takes no longer than
    /// copying the parameters.
    pub(crate) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        let lock = self.0.read();
        lock.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Keeps readers and other writers out, or fails.
    pub(crate) fn writing(&self) -> Result<RwLockWriteGuard<'_, ()>> {
        self.0.try_write().map_err(|_| {
            let text = "parameters cannot be written while another thread is \
                        reading or writing them";
            Error::new(sys::SRNN_ERROR_BUSY, text.into())
        })
    }
}
