# SPDX-License-Identifier: MIT
# A toolchain file: cross-builds for s390x, which is big-endian, on Debian with
# its compiler, gcc-s390x-linux-gnu, and libraries of architecture s390x; tests
# run by qemu-user.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x)
# Instead of the folders of the machine that builds.
set(ENV{PKG_CONFIG_LIBDIR}
    /usr/lib/s390x-linux-gnu/pkgconfig:/usr/share/pkgconfig)
