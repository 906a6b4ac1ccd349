/* SPDX-License-Identifier: MIT */
/* What every processor of the kind has, in the compiler's own vectors. */
#ifndef SRNN_SIMD_VECTOR_BASELINE_H
#define SRNN_SIMD_VECTOR_BASELINE_H

#define VECTOR_BYTES 16
#define VECTOR_REGISTERS 16
#define VECTOR_HAS_FMA 0
#define TILE_ROWS 2
#define TILE_VECTORS 4

#include "simd/vector_plain.h"

static inline vector vector_fma(vector a, vector b, vector c)
{
    return a * b + c;
}

#endif
