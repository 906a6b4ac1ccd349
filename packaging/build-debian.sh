#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the Debian packages of this tree, by dpkg-buildpackage, which wants
# debian/ at the top of a tree. So it gets a copy, in a new folder, and the
# packages appear beside that copy.
#
# usage: build-debian.sh FOLDER [OPTION OF DPKG-BUILDPACKAGE...]
set -euo pipefail
mkdir "$1"
folder=$(realpath "$1")
cd "$(dirname "$0")/.."

version=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
release=simplernn-${version%-*}
# S: what symbolic links point to stays as it is.
tar --exclude=./.git --exclude='./build*' --exclude=build \
    --exclude=__pycache__ --transform "s|^\.|$release|S" \
    -czf "$folder/simplernn_${version%-*}.orig.tar.gz" .
tar -xzf "$folder"/*.orig.tar.gz -C "$folder"
cp -r packaging/debian "$folder/$release/debian"
cd "$folder/$release"
dpkg-buildpackage --no-sign "${@:2}"
