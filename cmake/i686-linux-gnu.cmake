# SPDX-License-Identifier: MIT
# A toolchain file: builds for 32-bit x86 on Debian for x86-64 with its
# compiler, gcc-i686-linux-gnu, and libraries of architecture i386. The machine
# runs what it builds, so CMake is not told that this is another system.

set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER i686-linux-gnu-g++)
# Instead of the folders of the machine that builds.
set(ENV{PKG_CONFIG_LIBDIR}
    /usr/lib/i386-linux-gnu/pkgconfig:/usr/share/pkgconfig)
