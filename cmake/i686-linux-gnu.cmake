# SPDX-License-Identifier: MIT
# A toolchain file: builds for 32-bit x86 on Debian for x86-64 with its
# compiler, gcc-i686-linux-gnu. PKG_CONFIG_LIBDIR must name the folder of a
# jansson and a cmocka that were built with it. The machine runs what it builds
# with the C library of libc6-i386, so CMake is not told that this is another
# system.

set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER i686-linux-gnu-g++)
