# SPDX-License-Identifier: MIT
# What the library links, found through pkg-config. SRNN_PRIVATE_LIBRARIES and
# SRNN_PC_REQUIRES say the same thing to CMake and to simplernn.pc.

find_package(PkgConfig REQUIRED)

pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET GLOBAL jansson)
set(SRNN_PRIVATE_LIBRARIES PkgConfig::JANSSON m pthread)
set(SRNN_PC_REQUIRES jansson)

if(SIMPLERNN_BLAS)
  pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET GLOBAL openblas)
  list(APPEND SRNN_PRIVATE_LIBRARIES PkgConfig::OPENBLAS)
  list(APPEND SRNN_PC_REQUIRES openblas)
endif()
