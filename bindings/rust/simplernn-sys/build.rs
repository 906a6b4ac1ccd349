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
    let folder = build().or_else(folder_of_user);
    if let Some(folder) = &folder {
        println!("cargo:rustc-link-search=native={}", folder.display());
    }
    if is_static() {
        link_archive(folder.as_deref());
    } else if folder.is_some() {
        println!("cargo:rustc-link-lib=dylib=simplernn");
    } else {
        find(pkg_config::Config::new().cargo_metadata(true));
    }
}

fn is_static() -> bool {
    env::var_os("CARGO_FEATURE_STATIC").is_some()
}

/// The folder that the program names, which must have all that is needed: if it
/// lacked a file, a linker would take the library of another folder.
fn folder_of_user() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("SIMPLERNN_LIB_DIR")?);
    if folder.is_relative() {
        fail(&format!(
            "SIMPLERNN_LIB_DIR is {}, which is no absolute path. Cargo links \
             in another folder than the one where you call it.",
            folder.display()
        ));
    }
    let (needed, reason): (&[_], _) = if is_static() {
        (
            &["libsimplernn.a", "pkgconfig/simplernn.pc"],
            "The feature `static` links libsimplernn.a, and the libraries \
             that pkgconfig/simplernn.pc names.",
        )
    } else {
        (
            &["libsimplernn.so"],
            "Only the feature `static` links libsimplernn.a.",
        )
    };
    for file in needed {
        if !folder.join(file).is_file() {
            fail(&format!(
                "SIMPLERNN_LIB_DIR is {}, which has no {}. {}",
                folder.display(),
                file,
                reason
            ));
        }
    }
    Some(folder)
}

fn fail(message: &str) -> ! {
    eprintln!("{}", message);
    std::process::exit(1)
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
    Some(prefix.join("lib"))
}

#[cfg(not(feature = "vendored"))]
fn build() -> Option<PathBuf> {
    None
}

/// Links the archive and the libraries that it needs, which simplernn.pc names.
/// It also names the folder of the archive. A folder that is given comes before
/// that one, and has its own simplernn.pc.
fn link_archive(folder: Option<&Path>) {
    if let Some(folder) = folder {
        // Of the variables for this, the one that pkg-config obeys first.
        let target = env::var("TARGET").expect("cargo sets it");
        let name = format!("PKG_CONFIG_PATH_{}", target);
        env::set_var(name, folder.join("pkgconfig"));
    }
    let package = find(pkg_config::Config::new().cargo_metadata(false));
    for path in &package.link_paths {
        println!("cargo:rustc-link-search=native={}", path.display());
    }
    println!("cargo:rustc-link-lib=static=simplernn");
    for library in package.libs.iter().filter(|name| *name != "simplernn") {
        println!("cargo:rustc-link-lib=dylib={}", library);
    }
}

/// Asks pkg-config for the library, and tells dependents where its headers are.
fn find(config: &mut pkg_config::Config) -> pkg_config::Library {
    let package = config
        .atleast_version(MINIMUM)
        .statik(is_static())
        .probe("simplernn")
        .unwrap_or_else(|error| {
            fail(&format!(
                "libsimplernn {} or newer was not found. Install it so that \
                 `pkg-config simplernn` finds it, or set SIMPLERNN_LIB_DIR to \
                 the folder of the library, or use the feature `vendored`, \
                 which builds it.\n{}",
                MINIMUM, error
            ))
        });
    for path in &package.include_paths {
        println!("cargo:include={}", path.display());
    }
    package
}
