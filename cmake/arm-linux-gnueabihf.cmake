# SPDX-License-Identifier: MIT
# A toolchain file: cross-builds for ARMv7 with VFPv4, which has FMA, on Debian
# with its compiler, gcc-arm-linux-gnueabihf, and libraries of architecture
# armhf; tests run by qemu-user.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_C_FLAGS_INIT -mfpu=neon-vfpv4)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm)
# Instead of the folders of the machine that builds.
set(ENV{PKG_CONFIG_LIBDIR}
    /usr/lib/arm-linux-gnueabihf/pkgconfig:/usr/share/pkgconfig)
