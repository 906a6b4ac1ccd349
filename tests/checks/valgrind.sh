#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: valgrind.sh PROGRAM ARGUMENT...
# Runs a program of C under valgrind, whose complaints make it fail. Without a
# fair scheduler, a thread that waits for another one may wait for minutes.
exec valgrind --quiet --fair-sched=yes --leak-check=full \
    --errors-for-leak-kinds=all --error-exitcode=1 \
    --suppressions="$(dirname "$0")/valgrind.supp" "$@"
