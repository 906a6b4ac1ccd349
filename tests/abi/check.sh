#!/bin/bash
# SPDX-License-Identifier: MIT
# Is the ABI of the library the one in libsimplernn.abi? And is everything that
# was ever in that file still there, unchanged? So a new function means a new
# file, by `update`, and a function that changes or goes is an error.
#
# usage: check.sh libsimplernn.so [update]    (with debug information, x86-64)
set -euo pipefail
library=$(realpath "$1")
folder=$(realpath "$(dirname "$0")")
cd "$folder/../.."
file=tests/abi/libsimplernn.abi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

abidw --headers-dir include --drop-private-types --drop-undefined-syms \
    --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
    --type-id-style hash --out-file "$scratch/now.abi" "$library"
# Where the sources lay is nobody's business.
sed -i "s|path='/.*/src/|path='src/|" "$scratch/now.abi"
if [[ ${2-} == update ]]; then
    cp "$scratch/now.abi" "$file"
fi

if ! abidiff "$file" "$scratch/now.abi"; then
    echo "the ABI differs from $file; where functions were added: $0 $1 update"
    exit 1
fi
first=$(git log --diff-filter=A --format=%H -- "$file" 2>/dev/null | tail -1)
if [[ -n $first ]]; then
    git show "$first:$file" >"$scratch/first.abi"
    abidiff --no-added-syms "$scratch/first.abi" "$scratch/now.abi"
fi
