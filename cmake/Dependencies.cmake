# SPDX-License-Identifier: MIT
# What the library links. SRNN_PRIVATE_LIBRARIES and SRNN_PC_LIBS say the same
# thing to CMake and to simplernn.pc, which names libraries, not packages: who
# links the shared library needs no package of theirs. OpenBLAS is not among
# them, as it is loaded when it is chosen.

find_package(PkgConfig REQUIRED)

# A project around this one must see the targets too, to link the static
# library.
if(NOT TARGET Threads::Threads)
  find_package(Threads REQUIRED)
  set_target_properties(Threads::Threads PROPERTIES IMPORTED_GLOBAL ON)
endif()
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET GLOBAL jansson)
set(SRNN_PRIVATE_LIBRARIES
    PkgConfig::JANSSON m Threads::Threads ${CMAKE_DL_LIBS})

# Folders that every linker searches would tie a moved tree to this machine.
set(SRNN_PC_LIBS ${JANSSON_STATIC_LIBRARY_DIRS})
list(REMOVE_ITEM SRNN_PC_LIBS ${CMAKE_C_IMPLICIT_LINK_DIRECTORIES})
list(TRANSFORM SRNN_PC_LIBS PREPEND -L)
foreach(library ${JANSSON_STATIC_LIBRARIES} m ${CMAKE_DL_LIBS})
  list(APPEND SRNN_PC_LIBS -l${library})
endforeach()
list(APPEND SRNN_PC_LIBS ${CMAKE_THREAD_LIBS_INIT}) # -pthread, or nothing
