#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: under_limit.sh PROGRAM ARGUMENT...
# The program must do with 100 MB of address space, and end at once.
set -eu
ulimit -v 100000
exec timeout 5 "$@"
