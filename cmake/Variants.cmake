# SPDX-License-Identifier: MIT
# Object libraries along two axes: a *_tmpl.c is compiled once for each dtype
# (SRNN_REAL_BITS says which), a *_kernel.c once for each dtype and instruction
# set (SRNN_TARGET_SUFFIX says which), every other source once.

set(SRNN_REAL_BITS 32 64)

# The rows of src/simd/isa.def for this architecture: SRNN_ISAS has their words,
# SRNN_FLAGS_<word> their flags.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND
   CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(architectures ON_X86_64 NOT_ON_AARCH64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$" AND
       CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(architectures ON_AARCH64)
else()
  set(architectures NOT_ON_AARCH64)
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/src/simd/isa.def)
file(READ ${PROJECT_SOURCE_DIR}/src/simd/isa.def rows)
string(REGEX REPLACE " *\\\\\n *" " " rows "${rows}") # lines that go on
string(REGEX REPLACE "\" +\"" "" rows "${rows}")     # strings that go on
set(row "SRNN_((NOT_)?ON_[A-Z0-9_]+)\\(BUILT, OTHER\\) ")
string(APPEND row "\\([A-Z0-9_]+, ([a-z0-9_]+), \"([^\"]*)\"")
string(REGEX MATCHALL "${row}" rows "${rows}")
set(SRNN_ISAS)
foreach(text IN LISTS rows)
  string(REGEX MATCH "${row}" text "${text}")
  if(CMAKE_MATCH_1 IN_LIST architectures)
    list(APPEND SRNN_ISAS ${CMAKE_MATCH_3})
    separate_arguments(
      SRNN_FLAGS_${CMAKE_MATCH_3} UNIX_COMMAND "${CMAKE_MATCH_4}")
  endif()
endforeach()
if(NOT SRNN_ISAS)
  message(FATAL_ERROR "src/simd/isa.def has no row for this architecture")
endif()
# Before registers are assigned it pulls loads ahead, and accumulators of the
# largest tile no longer fit.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND SRNN_FLAGS_neon -fno-schedule-insns)
endif()

# Or clang makes one copy of the loop that fills a row of accumulators, and
# keeps them in memory for its sake.
set(SRNN_KERNEL_FLAGS)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  list(APPEND SRNN_KERNEL_FLAGS -fno-builtin-memcpy)
endif()
# Without optimisation they would take most of the time of the tests.
if(SIMPLERNN_COVERAGE)
  list(APPEND SRNN_KERNEL_FLAGS -O2 -fno-profile-arcs -fno-test-coverage)
endif()

# Compiles sources and makes the objects part of each target of `owners`. A
# test prints what those of the library take.
function(srnn_add_objects owners name)
  add_library(${name} OBJECT ${ARGN})
  if("simplernn" IN_LIST owners)
    set_property(GLOBAL APPEND PROPERTY SRNN_OBJECT_LIBRARIES ${name})
  endif()
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
  list(GET SRNN_ISAS 0 first)
  foreach(isa ${SRNN_ISAS})
    srnn_add_variants("${owners}" ${name}_${isa} ${ARGN})
    foreach(bits ${SRNN_REAL_BITS})
      set_target_properties(${name}_${isa}_real${bits} PROPERTIES
        SRNN_IS_KERNEL ON)
      target_compile_options(${name}_${isa}_real${bits} PRIVATE
        ${SRNN_FLAGS_${isa}} ${SRNN_KERNEL_FLAGS})
      target_compile_definitions(${name}_${isa}_real${bits} PRIVATE
        SRNN_TARGET_SUFFIX=${isa}
        SRNN_TARGET_HEADER="simd/vector_${isa}.h")
      if(isa STREQUAL "baseline") # for few machines, and up to 5 % slower
        srnn_optimize_for_size(${name}_${isa}_real${bits})
      endif()
      # Checking pointers for overflow takes nearly half of clang's time. All
      # variants are made from one source, so one of them has the check.
      if(SRNN_SANITIZERS MATCHES "undefined" AND NOT isa STREQUAL first)
        target_compile_options(${name}_${isa}_real${bits} PRIVATE
          -fno-sanitize=pointer-overflow)
      endif()
    endforeach()
  endforeach()
endfunction()
