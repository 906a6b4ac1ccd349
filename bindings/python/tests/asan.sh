#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the tests of the extension under AddressSanitizer and
# UndefinedBehaviorSanitizer, with the leaks of the extension and the library.
# Needs what the tests of Python need, and clang.
#   asan.sh BUILD-FOLDER [PYTEST-ARGUMENT...]
set -euo pipefail
build=$(realpath -m "$1")
shift
cd "$(dirname "$0")/../../.."
cmake --preset asan -B "$build" -DSIMPLERNN_PYTHON=ON -DBUILD_TESTING=OFF \
    -DSIMPLERNN_EXAMPLES=OFF -DBUILD_SHARED_LIBS=OFF \
    -DPython_EXECUTABLE=/usr/bin/python3
cmake --build "$build" -j "$(nproc)" --target _core
# Python's own allocator would hide what is used after it was freed. The other
# tests are of Python code: they would take long and find nothing here. Without
# --capture=sys pytest would keep the report of an error to itself.
cd bindings/python
preload=$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")
tests=(tests/test_{values,views,errors,threads,files,streams}.py
    tests/test_shared_objects.py tests/test_train_*.py)
LD_PRELOAD=$preload PYTHONMALLOC=malloc \
    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:abort_on_error=1 \
    LSAN_OPTIONS=exitcode=0 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:abort_on_error=1 \
    PYTHONPATH=$build/bindings/python SIMPLERNN_SANITIZED=1 \
    /usr/bin/python3 -m pytest -q --capture=sys -p no:cacheprovider \
    "${tests[@]}" "$@" 2>"$build/leaks.txt" || {
    cat "$build/leaks.txt" && exit 1
}
# Python, NumPy and pytest keep memory until the end. Ours is what the sources
# here allocated, or made Python allocate.
awk '/ leak of / { leak = $0 }
    /^ *#[0-3] / && index($0, root) { print leak; print; is_bad = 1 }
    END { exit is_bad }' root="$(cd ../.. && pwd)/" "$build/leaks.txt"
