#!/bin/bash
# SPDX-License-Identifier: MIT
# Tests the crates with the compiler and the crates of Debian, without network:
#
#   test.sh PREFIX WORK
#   test.sh PREFIX WORK COMMAND...
#
# PREFIX has the installed library, shared and static. Everything that is built
# goes to WORK. A command runs in place of the tests, with what they need.
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

# $work/folders/NAME, with some files of the installed library.
make_folder() { # NAME FILE...
    local file
    rm -rf "$work/folders/$1"
    mkdir -p "$work/folders/$1"
    for file in "${@:2}"; do
        install -D "$prefix/lib/$file" "$work/folders/$1/$file"
    done
}

# Only the library of the folder is linked, where pkg-config finds another one.
in_folders() {
    local folders=$work/folders target
    target=$(rustc -vV | sed -n 's/^host: //p')
    make_folder empty
    make_folder shared libsimplernn.so
    make_folder archive libsimplernn.a
    make_folder both libsimplernn.a pkgconfig/simplernn.pc
    # Where simplernn.pc says that the archive is, because it has moved.
    make_folder lib pkgconfig/simplernn.pc
    ar rc "$folders/lib/libsimplernn.a"

    SIMPLERNN_LIB_DIR=$folders/shared LD_LIBRARY_PATH=$prefix/lib \
        cargo test --quiet -p simplernn --test golden
    without_shared_library "SIMPLERNN_LIB_DIR=$folders/both" \
        "PKG_CONFIG_PATH_$target=$folders/lib/pkgconfig"
    with_folder_refuses empty 'has no libsimplernn.so'
    with_folder_refuses archive 'has no libsimplernn.so'
    with_folder_refuses both 'has no libsimplernn.so'
    with_folder_refuses empty 'has no libsimplernn.a' --features static
    with_folder_refuses shared 'has no libsimplernn.a' --features static
    with_folder_refuses archive 'has no pkgconfig/simplernn.pc' \
        --features static
    SIMPLERNN_LIB_DIR=folders/both \
        refuses 'is folders/both, which is no absolute path'
}

with_folder_refuses() { # NAME MESSAGE [OPTION...]
    local folder=$work/folders/$1
    SIMPLERNN_LIB_DIR=$folder PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig \
        refuses "SIMPLERNN_LIB_DIR is $folder, which $2" "${@:3}"
}

refuses() { # MESSAGE [OPTION...]
    if cargo build -p simplernn-sys "${@:2}" 2>"$work/refused"; then
        return 1
    fi
    grep -F "$1" "$work/refused"
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

if [ $# -gt 2 ]; then
    cd "$root/bindings/rust"
    with_shared_library "${@:3}"
    exit
fi
cd "$root"
examples
cd "$root/bindings/rust"
all_tests
without_shared_library "PKG_CONFIG_PATH=$prefix/lib/pkgconfig"
in_folders
# It says what to do where there is no library.
PKG_CONFIG_LIBDIR=$work refuses 'or set SIMPLERNN_LIB_DIR to the folder'
published
