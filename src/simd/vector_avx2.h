/* SPDX-License-Identifier: MIT */
/* AVX2 and FMA. */
#ifndef SRNN_SIMD_VECTOR_AVX2_H
#define SRNN_SIMD_VECTOR_AVX2_H

#include <immintrin.h>

#define VECTOR_BYTES 32
#define VECTOR_REGISTERS 16
#define VECTOR_HAS_FMA 1
#define TILE_ROWS 6
#define TILE_VECTORS 2

#include "simd/pieces_avx2.h"
#include "simd/vector_types.h"

#if SRNN_REAL_BITS == 32
typedef __m256 native;
#define AVX(operation) _mm256_##operation##_ps
#else
typedef __m256d native;
#define AVX(operation) _mm256_##operation##_pd
#endif

/* -1 in the first `count` lanes, 0 in the others. */
static inline __m256i first_lanes(int64_t count)
{
    static const integer lanes[2 * VECTOR_SIZE] = {[0 ... VECTOR_SIZE - 1] =
                                                       -1};
    __m256i first;
    __builtin_memcpy(&first, lanes + VECTOR_SIZE - count, sizeof first);
    return first;
}

static inline vector vector_load_first(const real *from, int64_t count)
{
    return (vector)AVX(maskload)(from, first_lanes(count));
}

/* MSan of clang 14 knows no masked store: it wants all lanes to have a value,
 * and does not see that the first ones are written. */
#ifdef __has_feature
#define HAS_MSAN __has_feature(memory_sanitizer)
#else
#define HAS_MSAN 0
#endif
static inline void vector_store_first(real *to, vector v, int64_t count)
{
#if HAS_MSAN
    __builtin_memcpy(to, &v, (size_t)count * sizeof(real));
#else
    AVX(maskstore)(to, first_lanes(count), (native)v);
#endif
}

static inline vector vector_fma(vector a, vector b, vector c)
{
    return (vector)AVX(fmadd)((native)a, (native)b, (native)c);
}

static inline vector vector_select(mask where, vector chosen, vector other)
{
    return (vector)((where & (mask)chosen) | (~where & (mask)other));
}

static inline vector vector_select_from(vector a, vector least, vector chosen,
                                        vector other)
{
    return vector_select(a >= least, chosen, other);
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
