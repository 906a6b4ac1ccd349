// SPDX-License-Identifier: MIT
//! Texts to and from C.

use simplernn_sys as sys;
use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use crate::error::{Error, Result};

/// A copy of a text that may come from files.
///
/// # Safety
/// The text ends with a NUL.
pub(crate) unsafe fn lossy(text: *const c_char) -> String {
    CStr::from_ptr(text).to_string_lossy().into_owned()
}

/// # Safety
/// The text ends with a NUL and lasts for `'a`. It is UTF-8, as all names, keys
/// and static strings of the library are.
pub(crate) unsafe fn borrow<'a>(text: *const c_char) -> &'a str {
    CStr::from_ptr(text).to_str().expect("the text is UTF-8")
}

/// The same for a text that may be NULL.
///
/// # Safety
/// As for [`borrow`].
pub(crate) unsafe fn borrow_if_any<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        None
    } else {
        Some(borrow(text))
    }
}

pub(crate) fn owned(text: &str) -> Result<CString> {
    with_nul(text.as_bytes())
}

pub(crate) fn path(path: &Path) -> Result<CString> {
    with_nul(path.as_os_str().as_bytes())
}

fn with_nul(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| {
        let text =
            format!("{:?} contains a NUL", String::from_utf8_lossy(bytes));
        Error::new(sys::SRNN_ERROR_INVALID, text)
    })
}

/// The prefix and the metadata of a file, as the functions that save take
/// them.
pub(crate) struct Labels {
    prefix: CString,
    _texts: Vec<CString>,
    list: Vec<*const c_char>,
}

impl Labels {
    pub(crate) fn new(prefix: &str, metadata: &[(&str, &str)]) -> Result<Self> {
        let texts = metadata
            .iter()
            .flat_map(|&(key, text)| [key, text])
            .map(owned)
            .collect::<Result<Vec<_>>>()?;
        let mut list: Vec<_> = texts.iter().map(|text| text.as_ptr()).collect();
        list.push(ptr::null());
        Ok(Labels {
            prefix: owned(prefix)?,
            _texts: texts,
            list,
        })
    }

    pub(crate) fn prefix(&self) -> *const c_char {
        self.prefix.as_ptr()
    }

    pub(crate) fn metadata(&self) -> *const *const c_char {
        self.list.as_ptr()
    }
}
