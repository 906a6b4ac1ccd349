# SPDX-License-Identifier: MIT
# The words of the .def files, for texts that cannot ask the library: the manual
# page and the completion of the command.

# Sets the variable to the words of a .def file: the second argument of rows.
function(srnn_read_words variable file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  set(row "\n +(ROW)?\\([A-Z0-9_]+, ([a-z0-9_]+), ")
  string(REGEX MATCHALL "${row}" rows "${text}")
  if(NOT rows)
    message(FATAL_ERROR "${file} has no rows")
  endif()
  list(TRANSFORM rows REPLACE "${row}" "\\2")
  set(${variable} ${rows} PARENT_SCOPE)
endfunction()

# "a, b or c"
function(srnn_join_words variable)
  set(words ${ARGN})
  list(POP_BACK words last)
  list(JOIN words ", " text)
  set(${variable} "${text} or ${last}" PARENT_SCOPE)
endfunction()
