#!/bin/bash
# SPDX-License-Identifier: MIT
# Is the ABI of the library the one in libsimplernn.abi? And is everything that
# was ever in that file, and in constants.txt beside it, still there, unchanged?
# So a new function means a new file, by `update`, and a function or a number
# that changes or goes is an error.
#
# usage: check.sh libsimplernn.so [update]    (with debug information, x86-64)
set -euo pipefail
library=$(realpath "$1")
folder=$(realpath "$(dirname "$0")")
cd "$folder/../.."
file=tests/abi/libsimplernn.abi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Every struct of the API is opaque. abidw knows public headers by their last
# name alone, which private ones share, so it gets a folder without any.
mkdir "$scratch/none"
touch "$scratch/none/none.h"
abidw --headers-dir "$scratch/none" --drop-private-types --drop-undefined-syms \
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
# Of a checkout, all that was ever committed; a tarball has no history.
if [[ -e .git ]]; then
    for commit in $(git log --diff-filter=AM --format=%H -- "$file"); do
        git show "$commit:$file" >"$scratch/old.abi"
        abidiff --no-added-syms "$scratch/old.abi" "$scratch/now.abi"
        git show "$commit:tests/abi/constants.txt" | sort >"$scratch/old.txt"
        gone=$(sort tests/abi/constants.txt | comm -23 "$scratch/old.txt" -)
        if [[ -n $gone ]]; then
            echo "gone from constants.txt: $gone"
            exit 1
        fi
    done
fi
