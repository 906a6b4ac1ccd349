#!/bin/bash
# SPDX-License-Identifier: MIT
# Tests the crates with the compiler and the crates of Debian, without network:
#
#   test.sh PREFIX WORK
#
# PREFIX has the installed library, shared and static. Everything that is built
# goes to WORK.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
prefix=$1
work=$2

# Debian's crates in place of the registry, and Debian's compiler in place of
# any other.
export PATH=/usr/bin:$PATH
export CARGO_HOME=$work/cargo CARGO_NET_OFFLINE=true
export CARGO_TARGET_DIR=$work/target
unset RUSTUP_TOOLCHAIN RUSTFLAGS SIMPLERNN_LIB_DIR PKG_CONFIG_PATH
mkdir -p "$CARGO_HOME"
cat >"$CARGO_HOME/config.toml" <<'CONFIG'
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
CONFIG

with_shared_library() { # COMMAND...
    PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib "$@"
}

# A test that needs the library, and no shared one when it runs.
without_shared_library() { # COMMAND...
    env -u LD_LIBRARY_PATH "$@" cargo test --quiet -p simplernn --test golden \
        --features static
}

all_tests() {
    cargo fmt --all -- --check
    with_shared_library cargo clippy --all-targets -- -D warnings
    with_shared_library cargo test
    RUSTDOCFLAGS="-D warnings" with_shared_library cargo doc --no-deps
}

# The guide quotes them. In the root of the tree, where the weights are.
examples() {
    local example
    for example in bindings/rust/simplernn/examples/*.rs; do
        with_shared_library cargo run --quiet -p simplernn \
            --manifest-path bindings/rust/Cargo.toml \
            --example "$(basename "$example" .rs)"
    done
}

in_a_folder() {
    SIMPLERNN_LIB_DIR=$prefix/lib LD_LIBRARY_PATH=$prefix/lib \
        cargo test --quiet -p simplernn --test golden
}

# Says what to do where there is no library.
refuses_nothing() {
    if PKG_CONFIG_LIBDIR=$work cargo build -p simplernn 2>"$work/nothing"; then
        return 1
    fi
    grep 'or set SIMPLERNN_LIB_DIR to the folder' "$work/nothing"
}

# As from the registry: simplernn-sys is what cargo packs, with the C sources.
published() {
    local tree=$work/published
    rm -rf "$tree"
    mkdir -p "$tree/bindings/rust" "$tree/tests"
    cargo package -p simplernn-sys --no-verify --allow-dirty
    tar -xf "$CARGO_TARGET_DIR"/package/simplernn-sys-*.crate \
        -C "$tree/bindings/rust"
    mv "$tree"/bindings/rust/simplernn-sys-* "$tree/bindings/rust/simplernn-sys"
    cp -r Cargo.toml simplernn "$tree/bindings/rust"
    cp -r "$root/tests/golden" "$tree/tests"
    (
        cd "$tree/bindings/rust"
        env -u LD_LIBRARY_PATH cargo test --quiet -p simplernn --test golden \
            --features vendored
    )
}

cd "$root"
examples
cd "$root/bindings/rust"
all_tests
without_shared_library "PKG_CONFIG_PATH=$prefix/lib/pkgconfig"
without_shared_library "SIMPLERNN_LIB_DIR=$prefix/lib"
in_a_folder
refuses_nothing
published
