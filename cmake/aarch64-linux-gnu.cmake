# SPDX-License-Identifier: MIT
# A toolchain file: cross-builds for AArch64 on Debian with its compiler,
# gcc-aarch64-linux-gnu, and libraries of architecture arm64; tests run by
# qemu-user.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
# Instead of the folders of the machine that builds.
set(ENV{PKG_CONFIG_LIBDIR}
    /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
