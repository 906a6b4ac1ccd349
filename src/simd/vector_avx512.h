/* SPDX-License-Identifier: MIT */
/* AVX-512 F, DQ, BW and VL. */
#ifndef SRNN_SIMD_VECTOR_AVX512_H
#define SRNN_SIMD_VECTOR_AVX512_H

#include <immintrin.h>

#define VECTOR_BYTES 64
#define VECTOR_REGISTERS 32
#define VECTOR_HAS_FMA 1
#define TILE_ROWS 6
#define TILE_VECTORS 4

#include "simd/pieces_avx2.h"
#include "simd/vector_types.h"

#if SRNN_REAL_BITS == 32
typedef __m512 native;
typedef __mmask16 lanes;
#define AVX(operation) _mm512_##operation##_ps
#define AVX_MASK(operation) _mm512_##operation##_ps_mask
#define LANES_OF(where) _mm512_movepi32_mask((__m512i)(where))
#else
typedef __m512d native;
typedef __mmask8 lanes;
#define AVX(operation) _mm512_##operation##_pd
#define AVX_MASK(operation) _mm512_##operation##_pd_mask
#define LANES_OF(where) _mm512_movepi64_mask((__m512i)(where))
#endif

static inline lanes first_lanes(int64_t count)
{
    return (lanes)((1u << count) - 1);
}

static inline vector vector_load_first(const real *from, int64_t count)
{
    return (vector)AVX(maskz_loadu)(first_lanes(count), from);
}

static inline void vector_store_first(real *to, vector v, int64_t count)
{
    AVX(mask_storeu)(to, first_lanes(count), (native)v);
}

static inline vector vector_fma(vector a, vector b, vector c)
{
    return (vector)AVX(fmadd)((native)a, (native)b, (native)c);
}

static inline vector vector_select(mask where, vector chosen, vector other)
{
    return (vector)AVX(mask_blend)(LANES_OF(where), (native)other,
                                   (native)chosen);
}

/* Vectors of -1 and 0 would take two more operations. */
static inline vector vector_select_from(vector a, vector least, vector chosen,
                                        vector other)
{
    const lanes where = AVX_MASK(cmp)((native)a, (native)least, _CMP_GE_OS);
    return (vector)AVX(mask_blend)(where, (native)other, (native)chosen);
}

static inline vector vector_min(vector a, vector b)
{
    return (vector)AVX(min)((native)a, (native)b);
}

static inline vector vector_max(vector a, vector b)
{
    return (vector)AVX(max)((native)a, (native)b);
}

#endif
