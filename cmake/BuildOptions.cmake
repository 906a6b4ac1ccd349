# SPDX-License-Identifier: MIT
# How the project's own C is compiled and linked. Flags go on targets, never on
# the directory, so a project that includes this one keeps its own.

include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C) # for position-independent programs
check_c_compiler_flag(-fcf-protection=full SRNN_HAS_CF_PROTECTION)
check_c_compiler_flag(
  -mmemset-strategy=libcall:-1:noalign SRNN_HAS_COPY_STRATEGIES)

# The first flags with which an operation rounds to the type of its operands, as
# FLT_EVAL_METHOD 0 says: bits and errors are promised for such operations only.
# The x87 of 32-bit x86 has others, and gcc for s390x has none of float in
# standard C unless it is told.
function(srnn_find_precision_flags out)
  set(number 0)
  foreach(flags "" "-msse2 -mfpmath=sse" -fexcess-precision=fast)
    set(CMAKE_REQUIRED_FLAGS "-std=c11 ${flags}")
    check_c_source_compiles("
      #include <float.h>
      _Static_assert(FLT_EVAL_METHOD == 0, \"excess precision\");
      int main(void) { return 0; }" SRNN_IS_PRECISE_${number})
    if(SRNN_IS_PRECISE_${number})
      separate_arguments(flags)
      set(${out} ${flags} PARENT_SCOPE)
      return()
    endif()
    math(EXPR number "${number} + 1")
  endforeach()
  message(FATAL_ERROR "no flags make FLT_EVAL_METHOD 0")
endfunction()
srnn_find_precision_flags(SRNN_PRECISION_FLAGS)

set(SRNN_SANITIZERS ${SIMPLERNN_SANITIZE})
if(SIMPLERNN_FUZZ AND NOT SRNN_SANITIZERS)
  set(SRNN_SANITIZERS address,undefined)
endif()

set(SRNN_WARNINGS
    -Wall -Wextra -Wconversion -Wshadow -Wundef -Wvla -Wformat=2
    -Wstrict-prototypes -Wmissing-prototypes -Wdate-time
    $<$<BOOL:${SIMPLERNN_WERROR}>:-Werror>)

function(srnn_sanitize target)
  if(SRNN_SANITIZERS)
    set(flags -fsanitize=${SRNN_SANITIZERS} -fno-sanitize-recover=all)
    # Reports show lines, and need nothing else of debug information.
    target_compile_options(${target} PRIVATE
      ${flags} -fno-omit-frame-pointer -g1)
    target_link_options(${target} PRIVATE ${flags})
  endif()
  # libFuzzer looks for inputs that reach other code. Kernels read none, and are
  # compiled as without it.
  if(SIMPLERNN_FUZZ)
    set(is_kernel $<BOOL:$<TARGET_PROPERTY:SRNN_IS_KERNEL>>)
    target_compile_options(${target} PRIVATE
      $<$<NOT:${is_kernel}>:-fsanitize=fuzzer-no-link>)
  endif()
endfunction()

# For the library, the tests and the examples. On 32 bits, too, files may have
# more than 2 GiB, and dates after 2038.
function(srnn_common_options target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    ${SRNN_WARNINGS} ${SRNN_PRECISION_FLAGS})
  target_compile_definitions(${target} PRIVATE
    _FILE_OFFSET_BITS=64 _TIME_BITS=64)
  srnn_sanitize(${target})
endfunction()

# An object file of the library. No fast math, wherever it may come from, and no
# contraction: an fma is written as one.
# Nobody asks which errno a function of mathematics sets, and vectors set none.
function(srnn_library_compile_options target)
  srnn_common_options(${target})
  set_target_properties(${target} PROPERTIES
    POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
  target_compile_options(${target} PRIVATE
    -fno-fast-math -ffp-contract=off -fno-math-errno
    -fno-semantic-interposition)
  # Nothing is thrown through the library, so a release needs no tables that
  # unwind the stack. They take a tenth of it. gdb finds some in debug
  # information, but profilers do not, so CFLAGS may ask for them.
  string(TOUPPER "CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}" of_type)
  if(NOT SRNN_SANITIZERS
     AND NOT "${CMAKE_C_FLAGS} ${${of_type}}" MATCHES "unwind-tables")
    target_compile_options(${target} PRIVATE
      $<$<CONFIG:Release,MinSizeRel>:-fno-asynchronous-unwind-tables
      -fno-unwind-tables>)
  endif()
  # An optimised program has other branches. Gcov subtracts counters from each
  # other, so one increment that a thread loses can make a branch look taken.
  if(SIMPLERNN_COVERAGE)
    target_compile_options(${target} PRIVATE
      -O0 -fprofile-arcs -fprofile-update=atomic -ftest-coverage)
  endif()
  if(SIMPLERNN_HARDENING)
    target_compile_options(${target} PRIVATE
      -fstack-protector-strong -fstack-clash-protection
      $<$<BOOL:${SRNN_HAS_CF_PROTECTION}>:-fcf-protection=full>)
  endif()
  if(SIMPLERNN_HARDENING AND NOT SRNN_SANITIZERS)
    # Needs an optimising build; -U because distributions set their own. Before
    # gcc 12 level 3 is a warning in every file.
    set(level 3)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU"
       AND CMAKE_C_COMPILER_VERSION VERSION_LESS 12)
      set(level 2)
    endif()
    target_compile_options(${target} PRIVATE
      $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE
      -D_FORTIFY_SOURCE=${level}>)
  endif()
endfunction()

# For code that takes more room than time. Both gcc and clang know -Os, and the
# last -O counts. Other types of build have what they are given.
function(srnn_optimize_for_size target)
  target_compile_options(${target} PRIVATE
    $<$<CONFIG:Release,RelWithDebInfo>:-Os>)
endfunction()

# gcc for x86 copies and clears large structs with rep movs and rep stos, which
# take some 20 ns to start. The functions of the C library take a few.
function(srnn_call_for_copies target)
  if(SRNN_HAS_COPY_STRATEGIES)
    target_compile_options(${target} PRIVATE
      -mmemcpy-strategy=libcall:-1:noalign
      -mmemset-strategy=libcall:-1:noalign)
  endif()
endfunction()

# Linker flags, each only where the linker knows it.
function(srnn_link_with target)
  foreach(flag ${ARGN})
    string(MAKE_C_IDENTIFIER SRNN_LINKER_HAS_${flag} has)
    check_linker_flag(C LINKER:${flag} ${has})
    if(${has})
      target_link_options(${target} PRIVATE LINKER:${flag})
    endif()
  endforeach()
endfunction()

function(srnn_harden_link target)
  if(SIMPLERNN_HARDENING)
    srnn_link_with(${target} -z,relro -z,now -z,noexecstack)
  endif()
endfunction()

# The shared library. nodelete: thread-local state outlives a dlclose.
function(srnn_shared_link_options target)
  set_target_properties(${target} PROPERTIES
    VERSION ${SRNN_VERSION} SOVERSION ${SRNN_SOVERSION})
  srnn_harden_link(${target})
  srnn_link_with(${target} -z,nodelete)
  if(NOT SRNN_SANITIZERS)
    srnn_link_with(${target} --no-undefined)
  endif()

  # Tried with another map, as some linkers want all that a map names.
  set(map ${PROJECT_BINARY_DIR}/any.map)
  file(WRITE ${map} "ANY { global: *; };\n")
  check_linker_flag(C LINKER:--version-script=${map} SRNN_LINKER_HAS_VERSIONS)
  if(SRNN_LINKER_HAS_VERSIONS)
    set(map ${PROJECT_SOURCE_DIR}/cmake/simplernn.map)
    target_link_options(${target} PRIVATE LINKER:--version-script=${map})
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${map})
  endif()
endfunction()
