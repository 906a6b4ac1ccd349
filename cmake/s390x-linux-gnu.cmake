# SPDX-License-Identifier: MIT
# A toolchain file: cross-builds for s390x, which is big-endian, on Debian with
# its compiler, gcc-s390x-linux-gnu, and the C library that comes with it,
# libc6-dev-s390x-cross. PKG_CONFIG_LIBDIR must name the folder of a jansson and
# a cmocka that were built with it. Tests are run by qemu-user.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x -L /usr/s390x-linux-gnu)
