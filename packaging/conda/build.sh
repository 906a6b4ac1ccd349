#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds and installs everything; recipe.yaml says which output takes what.
set -euo pipefail

# shellcheck disable=SC2086 # several arguments
cmake -S . -B build -G Ninja ${CMAKE_ARGS-} -DCMAKE_INSTALL_PREFIX="$PREFIX" \
    -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_TESTING=OFF -DSIMPLERNN_EXAMPLES=OFF
cmake --build build
cmake --install build
