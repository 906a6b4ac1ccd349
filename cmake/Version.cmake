# SPDX-License-Identifier: MIT
# Reads SRNN_VERSION, for example 0.2.0, and SRNN_SOVERSION from the public
# header, the only place that states them.

set(header ${CMAKE_CURRENT_LIST_DIR}/../include/simplernn/version.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
file(READ ${header} text)
foreach(part MAJOR MINOR PATCH SO)
  if(NOT text MATCHES "#define SRNN_VERSION_${part} ([0-9]+)")
    message(FATAL_ERROR "${header} lacks SRNN_VERSION_${part}")
  endif()
  set(${part} ${CMAKE_MATCH_1})
endforeach()
set(SRNN_VERSION ${MAJOR}.${MINOR}.${PATCH})
set(SRNN_SOVERSION ${SO})
