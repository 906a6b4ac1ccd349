#!/bin/bash
# SPDX-License-Identifier: MIT
# Do programs that were compiled with an earlier version run with this library?
# They are test programs of the last release; before the first one, of the last
# commit that recorded the ABI. The library of that time is only there to link
# them, and is gone when they run.
#
# usage: run_old.sh libsimplernn.so FOLDER [JOBS]    (in a clone with history;
#        the folder is replaced)
set -euo pipefail
library=$(realpath "$1")
folder=$2
jobs=${3-1}
cd "$(dirname "$0")/../.."

commit=$(git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null ||
    git log -1 --format=%H HEAD^ -- tests/abi/libsimplernn.abi)
test -n "$commit"
git --no-pager log -1 --format='programs of %h (%cs): %s' "$commit"
rm -rf "$folder"
mkdir -p "$folder/tree"
git archive "$commit" | tar -x -C "$folder/tree"

# Between them they call every function, and look at every kind of result.
programs=(test_api_complete test_golden test_golden_gradients
    test_golden_optimizers test_checkpoint_resume test_stream test_weights_save)
cmake -S "$folder/tree" -B "$folder/build" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS=-O0 -DSIMPLERNN_BLAS=OFF -DSIMPLERNN_STATIC=OFF \
    -DSIMPLERNN_COMMAND=OFF -DSIMPLERNN_EXAMPLES=OFF
cmake --build "$folder/build" -j "$jobs" --target "${programs[@]}"
rm "$folder"/build/src/libsimplernn.so*
ln -s "$library" "$folder/build/src/libsimplernn.so.0"
for program in "${programs[@]}"; do
    path=$(find "$folder/build/tests" -name "$program" -type f)
    ldd "$path" | grep -F "$folder/build/src/libsimplernn.so.0"
    "$path"
done
