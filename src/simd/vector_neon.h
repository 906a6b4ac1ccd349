/* SPDX-License-Identifier: MIT */
/* AArch64, which always has NEON. */
#ifndef SRNN_SIMD_VECTOR_NEON_H
#define SRNN_SIMD_VECTOR_NEON_H

#include <arm_neon.h>

#define VECTOR_BYTES 16
#define VECTOR_REGISTERS 32
#define VECTOR_HAS_FMA 1
#define TILE_ROWS 6
#define TILE_VECTORS 4

#include "simd/vector_plain.h"

static inline vector vector_fma(vector a, vector b, vector c)
{
#if SRNN_REAL_BITS == 32
    return (vector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return (vector)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#endif
}

#endif
