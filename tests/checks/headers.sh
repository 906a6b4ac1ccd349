#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles each public header alone, and the example of the main page, without a
# warning.
# usage: headers.sh COMPILER LANGUAGE STANDARD
set -eu
cd "$(dirname "$0")/../../include"

check() { # COMPILER LANGUAGE STANDARD
    "$1" -x "$2" "-std=$3" -Wall -Wextra -pedantic -Werror -fsyntax-only -I. -
}

for header in simplernn.h simplernn/*.h; do
    printf '%s\n' "$header"
    printf '#include "%s"\nextern int not_empty;\n' "$header" | check "$@"
done

printf 'the example of simplernn.h\n'
example=$(sed -n '/@code/,/@endcode/{/@/!s/^ \* \{0,1\}//p;}' simplernn.h)
test -n "$example"
printf '%s\n' "$example" | check "$@"
