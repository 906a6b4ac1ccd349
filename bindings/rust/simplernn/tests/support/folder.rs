// SPDX-License-Identifier: MIT
//! Where tests write files.

use std::path::PathBuf;
use std::{env, fs, process};

/// A folder of its own for each test, which ends with it.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let name = format!("simplernn-rust-{}-{}", name, process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}
