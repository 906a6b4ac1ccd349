/* SPDX-License-Identifier: MIT */
/* Two pieces at once, for AVX2 and AVX-512: vectors of 64 bytes would be no
 * faster, as fewer units interleave those. */
#ifndef SRNN_SIMD_PIECES_AVX2_H
#define SRNN_SIMD_PIECES_AVX2_H

#include <immintrin.h>

#include "simd/vector_types.h"

#define PIECES 2

typedef integer pieces __attribute__((vector_size(32)));
typedef integer loose_pieces
    __attribute__((vector_size(32), aligned(_Alignof(real)), may_alias));

static inline pieces pieces_load(const void *first, const void *second)
{
    return (pieces)_mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)first)),
        _mm_loadu_si128((const __m128i *)second), 1);
}

static inline void pieces_store(void *to, pieces p)
{
    *(loose_pieces *)to = p;
}

#if SRNN_REAL_BITS == 32
#define UNPACK_LOW _mm256_unpacklo_epi32
#define UNPACK_HIGH _mm256_unpackhi_epi32
#else
#define UNPACK_LOW _mm256_unpacklo_epi64
#define UNPACK_HIGH _mm256_unpackhi_epi64
#endif

static inline pieces pieces_interleave_low(pieces a, pieces b)
{
    return (pieces)UNPACK_LOW((__m256i)a, (__m256i)b);
}

static inline pieces pieces_interleave_high(pieces a, pieces b)
{
    return (pieces)UNPACK_HIGH((__m256i)a, (__m256i)b);
}

#endif
