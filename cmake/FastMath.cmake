# SPDX-License-Identifier: MIT
# A project around this one, or the environment, may ask for -ffast-math. The
# library then would lose NaN and give other bits, and gcc would link code that
# switches off subnormal numbers in every program that loads the library. So
# such flags end here: they are taken from what this directory inherits.

set(SRNN_FAST_MATH
    -ffast-math -ffp-model=fast -funsafe-math-optimizations -ffinite-math-only
    -fassociative-math -freciprocal-math -fno-signed-zeros -fno-trapping-math
    -mdaz-ftz)

# The text of a variable without them. -Ofast is -O3 and more.
function(srnn_drop_fast_math variable)
  list(JOIN SRNN_FAST_MATH "|" flags)
  set(edge "[ ;:>,]")
  string(REGEX REPLACE "([ ;])" "\\1\\1" text " ${${variable}} ")
  string(REGEX REPLACE "(${edge})-Ofast(${edge})" "\\1-O3\\2" text "${text}")
  string(REGEX REPLACE "(${edge})(${flags})(${edge})" "\\1\\3" text "${text}")
  string(REGEX REPLACE "([ ;])[ ;]+" "\\1" text "${text}")
  string(REGEX REPLACE "^[ ;]+|[ ;]+$" "" text "${text}")
  string(STRIP "${${variable}}" before)
  if(NOT "${text}" STREQUAL "${before}")
    message(STATUS "simplernn is built without fast math: ${text}")
    set(${variable} "${text}" PARENT_SCOPE)
  endif()
endfunction()

foreach(kind C_FLAGS SHARED_LINKER_FLAGS EXE_LINKER_FLAGS)
  srnn_drop_fast_math(CMAKE_${kind})
  foreach(config ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
    string(TOUPPER ${config} config)
    srnn_drop_fast_math(CMAKE_${kind}_${config})
  endforeach()
endforeach()
foreach(property COMPILE_OPTIONS LINK_OPTIONS)
  get_directory_property(inherited ${property})
  srnn_drop_fast_math(inherited)
  set_directory_properties(PROPERTIES ${property} "${inherited}")
endforeach()
