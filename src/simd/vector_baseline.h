/* SPDX-License-Identifier: MIT */
/* What every processor of the kind has, in the compiler's own vectors. FMA is
 * among that where the compiler says so: on s390x, and where the flags of the
 * whole build have it. */
#ifndef SRNN_SIMD_VECTOR_BASELINE_H
#define SRNN_SIMD_VECTOR_BASELINE_H

#define VECTOR_BYTES 16
#define VECTOR_REGISTERS 16
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
#define VECTOR_HAS_FMA 1
#else
#define VECTOR_HAS_FMA 0
#endif
#define TILE_ROWS 2
#define TILE_VECTORS 4

#include "simd/vector_plain.h"

static inline vector vector_fma(vector a, vector b, vector c)
{
#if VECTOR_HAS_FMA
    for (int i = 0; i < VECTOR_SIZE; i++)
#if SRNN_REAL_BITS == 32
        c[i] = __builtin_fmaf(a[i], b[i], c[i]);
#else
        c[i] = __builtin_fma(a[i], b[i], c[i]);
#endif
    return c;
#else
    return a * b + c;
#endif
}

#endif
