# SPDX-License-Identifier: MIT
# Object libraries along two axes: a *_tmpl.c is compiled once for each dtype
# (SRNN_REAL_BITS says which), a *_kernel.c once for each dtype and instruction
# set (SRNN_TARGET_... says which), every other source once.

set(SRNN_REAL_BITS 32 64)

# The rows of src/simd/isa.def with their flags.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND
   CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(SRNN_ISAS BASELINE AVX2 AVX512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(SRNN_ISAS NEON)
else()
  set(SRNN_ISAS BASELINE)
endif()
set(SRNN_FLAGS_BASELINE)
set(SRNN_FLAGS_AVX2 -mavx2 -mfma)
set(SRNN_FLAGS_AVX512
    -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma
    -mprefer-vector-width=512)
set(SRNN_FLAGS_NEON)
# Before registers are assigned it pulls loads ahead, and accumulators of the
# largest tile no longer fit.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  set(SRNN_FLAGS_NEON -fno-schedule-insns)
endif()

# Or clang makes one copy of the loop that fills a row of accumulators, and
# keeps them in memory for its sake.
set(SRNN_KERNEL_FLAGS -fno-math-errno)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  list(APPEND SRNN_KERNEL_FLAGS -fno-builtin-memcpy)
endif()

# Compiles sources and makes the objects part of each target of `owners`.
function(srnn_add_objects owners name)
  add_library(${name} OBJECT ${ARGN})
  srnn_library_compile_options(${name})
  target_include_directories(${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE
    _GNU_SOURCE SRNN_HAVE_OPENBLAS=$<BOOL:${SIMPLERNN_BLAS}>)
  target_link_libraries(${name} PRIVATE ${SRNN_PRIVATE_LIBRARIES})
  foreach(owner IN LISTS owners)
    target_sources(${owner} PRIVATE $<TARGET_OBJECTS:${name}>)
  endforeach()
endfunction()

function(srnn_add_variants owners name)
  foreach(bits ${SRNN_REAL_BITS})
    srnn_add_objects("${owners}" ${name}_real${bits} ${ARGN})
    target_compile_definitions(${name}_real${bits} PRIVATE
      SRNN_REAL_BITS=${bits})
  endforeach()
endfunction()

function(srnn_add_kernels owners name)
  foreach(isa ${SRNN_ISAS})
    string(TOLOWER ${name}_${isa} library)
    srnn_add_variants("${owners}" ${library} ${ARGN})
    foreach(bits ${SRNN_REAL_BITS})
      target_compile_options(${library}_real${bits} PRIVATE
        ${SRNN_FLAGS_${isa}} ${SRNN_KERNEL_FLAGS})
      target_compile_definitions(${library}_real${bits} PRIVATE
        SRNN_TARGET_${isa}=1)
    endforeach()
  endforeach()
endfunction()
