/* SPDX-License-Identifier: MIT */
/* The one place that knows what a real number is. A *_tmpl.c file is compiled
 * once per dtype, with SRNN_REAL_BITS set by cmake/Variants.cmake:
 *     real                  float or double
 *     SRNN_REAL_NAME(name)  name_f32 or name_f64 */
#ifndef SRNN_SIMD_REAL_H
#define SRNN_SIMD_REAL_H

#include <float.h>

/* Bits are promised for operations that round to their own type. */
#if FLT_EVAL_METHOD != 0
#error "compile with flags that make FLT_EVAL_METHOD 0"
#endif

/* cmake/FastMath.cmake keeps such flags out. */
#if defined(__FAST_MATH__) || __FINITE_MATH_ONLY__
#error "compile without -ffast-math: results would be wrong"
#endif

#if SRNN_REAL_BITS == 32
typedef float real;
#define SRNN_REAL_NAME(name) name##_f32
#elif SRNN_REAL_BITS == 64
typedef double real;
#define SRNN_REAL_NAME(name) name##_f64
#else
#error "compile with -DSRNN_REAL_BITS=32 or 64"
#endif

#endif
