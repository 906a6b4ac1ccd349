# SPDX-License-Identifier: MIT
# Object libraries. A *_tmpl.c is compiled once for each dtype, with
# SRNN_REAL_BITS saying which; every other source once.

set(SRNN_REAL_BITS 32 64)

# Appends the objects of the given sources to SRNN_OBJECTS of the caller.
function(srnn_add_objects name)
  add_library(${name} OBJECT ${ARGN})
  srnn_library_compile_options(${name})
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE
    _GNU_SOURCE SRNN_HAVE_OPENBLAS=$<BOOL:${SIMPLERNN_BLAS}>)
  target_link_libraries(${name} PRIVATE ${SRNN_PRIVATE_LIBRARIES})
  set(SRNN_OBJECTS ${SRNN_OBJECTS} $<TARGET_OBJECTS:${name}> PARENT_SCOPE)
endfunction()

function(srnn_add_variants name)
  foreach(bits ${SRNN_REAL_BITS})
    srnn_add_objects(${name}_real${bits} ${ARGN})
    target_compile_definitions(${name}_real${bits} PRIVATE
      SRNN_REAL_BITS=${bits})
  endforeach()
  set(SRNN_OBJECTS ${SRNN_OBJECTS} PARENT_SCOPE)
endfunction()
