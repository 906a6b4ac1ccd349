# SPDX-License-Identifier: MIT
# A toolchain file: cross-builds for ARMv7 with VFPv4, which has FMA, on Debian
# with its compiler, gcc-arm-linux-gnueabihf, and the C library that comes with
# it, libc6-dev-armhf-cross. PKG_CONFIG_LIBDIR must name the folder of a jansson
# and a cmocka that were built with it. Tests are run by qemu-user.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_C_FLAGS_INIT -mfpu=neon-vfpv4)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabihf)
