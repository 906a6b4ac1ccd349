# SPDX-License-Identifier: MIT
# A toolchain file: builds static programs with musl, by musl-gcc of Debian's
# musl-tools. PKG_CONFIG_LIBDIR must name the folder of a jansson and a cmocka
# that were built with it. The machine runs the tests, but its libraries are no
# use here.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER musl-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
