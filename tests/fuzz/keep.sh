#!/bin/bash
# SPDX-License-Identifier: MIT
# Adds to tests/corpus/NAME the inputs of a run that reach code which no input
# there reaches, for the targets whose inputs are called input-*:
#
#   tests/fuzz/keep.sh TARGETS FOLDER NAME
#
# with TARGETS and FOLDER as for tests/fuzz/run.sh.
set -euo pipefail

targets=$(realpath "$1")
folder=$(realpath "$2")
name=$3
cd "$(dirname "$0")/../corpus/$name"

"$targets/fuzz_$name" -merge=1 -use_counters=0 -max_len=512 . "$folder/$name"
for input in [0-9a-f]*; do
    if [[ $input =~ ^[0-9a-f]{40}$ ]]; then
        mv "$input" "input-${input:0:12}.bin"
    fi
done
