// SPDX-License-Identifier: MIT
//! Finds or builds the library, and tells cargo how to link it.

use std::env;
use std::path::{Path, PathBuf};

/// The library may be newer than its declarations, but not older.
const MINIMUM: &str = env!("CARGO_PKG_VERSION");

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SIMPLERNN_LIB_DIR");
    if env::var_os("DOCS_RS").is_some() {
        return; // documentation needs no library
    }
    match build().or_else(folder_of_user) {
        Some(folder) => link(&folder),
        None => link_by_pkg_config(),
    }
}

fn is_static() -> bool {
    env::var_os("CARGO_FEATURE_STATIC").is_some()
}

fn folder_of_user() -> Option<PathBuf> {
    env::var_os("SIMPLERNN_LIB_DIR").map(PathBuf::from)
}

/// The folder of the archive that is built from the sources in the crate.
#[cfg(feature = "vendored")]
fn build() -> Option<PathBuf> {
    println!("cargo:rerun-if-changed=source");
    let prefix = cmake::Config::new("source")
        .profile("Release")
        .define("BUILD_SHARED_LIBS", "OFF")
        .define("BUILD_TESTING", "OFF")
        .define("CMAKE_INSTALL_LIBDIR", "lib")
        .define("SIMPLERNN_BLAS", "OFF")
        .define("SIMPLERNN_COMMAND", "OFF")
        .define("SIMPLERNN_EXAMPLES", "OFF")
        .build();
    println!("cargo:include={}", prefix.join("include").display());
    Some(prefix.join("lib"))
}

#[cfg(not(feature = "vendored"))]
fn build() -> Option<PathBuf> {
    None
}

/// The shared library in a folder, or the archive and the libraries that it
/// needs, which simplernn.pc in the same folder names.
fn link(folder: &Path) {
    println!("cargo:rustc-link-search=native={}", folder.display());
    if !is_static() {
        println!("cargo:rustc-link-lib=dylib=simplernn");
        return;
    }
    println!("cargo:rustc-link-lib=static=simplernn");
    env::set_var("PKG_CONFIG_PATH", folder.join("pkgconfig"));
    let package = find(pkg_config::Config::new().cargo_metadata(false));
    for path in &package.link_paths {
        println!("cargo:rustc-link-search=native={}", path.display());
    }
    for library in package.libs.iter().filter(|name| *name != "simplernn") {
        println!("cargo:rustc-link-lib=dylib={}", library);
    }
}

fn link_by_pkg_config() {
    let is_static = is_static();
    let package = find(pkg_config::Config::new().cargo_metadata(!is_static));
    if let Some(include) = package.include_paths.first() {
        println!("cargo:include={}", include.display());
    }
    if is_static {
        link(Path::new(
            &pkg_config::get_variable("simplernn", "libdir")
                .expect("simplernn.pc names its folder"),
        ));
    }
}

fn find(config: &mut pkg_config::Config) -> pkg_config::Library {
    config
        .atleast_version(MINIMUM)
        .statik(is_static())
        .probe("simplernn")
        .unwrap_or_else(|error| {
            eprintln!(
                "libsimplernn {} or newer was not found. Install it so that \
                 `pkg-config simplernn` finds it, or set SIMPLERNN_LIB_DIR to \
                 the folder of the library, or use the feature `vendored`, \
                 which builds it.\n{}",
                MINIMUM, error
            );
            std::process::exit(1)
        })
}
