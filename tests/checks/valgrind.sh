#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: valgrind.sh PROGRAM ARGUMENT...
# Runs a program of C under valgrind, whose complaints make it fail. Registers
# are up to date wherever memory is read, because a test goes on after a read
# that failed.
exec valgrind --quiet --leak-check=full --errors-for-leak-kinds=all \
    --vex-iropt-register-updates=allregs-at-mem-access \
    --error-exitcode=1 --suppressions="$(dirname "$0")/valgrind.supp" "$@"
