#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles each public header alone, as C11 and as C++11, without a warning.
# usage: headers.sh C-COMPILER C++-COMPILER
set -eu
cc=$1
cxx=$2
cd "$(dirname "$0")/../../include"

for header in simplernn.h simplernn/*.h; do
    printf '%s\n' "$header"
    "$cc" -std=c11 -Wall -Wextra -pedantic -Werror -fsyntax-only \
        -I. -x c - <<END
#include "$header"
END
    "$cxx" -std=c++11 -Wall -Wextra -pedantic -Werror -fsyntax-only \
        -I. -x c++ - <<END
#include "$header"
END
done
