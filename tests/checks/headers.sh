#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles each public header alone, without a warning.
# usage: headers.sh COMPILER LANGUAGE STANDARD
set -eu
cd "$(dirname "$0")/../../include"

for header in simplernn.h simplernn/*.h; do
    printf '%s\n' "$header"
    printf '#include "%s"\nextern int not_empty;\n' "$header" |
        "$1" -x "$2" "-std=$3" -Wall -Wextra -pedantic -Werror \
            -fsyntax-only -I. -
done
