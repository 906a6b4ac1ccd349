/* SPDX-License-Identifier: MIT */
/* The one place that knows what a vector is. A *_kernel.c file is compiled once
 * per dtype and instruction set; cmake/Variants.cmake sets SRNN_REAL_BITS and
 * one of SRNN_TARGET_AVX512, _AVX2, _NEON and _BASELINE.
 *
 *     vector                    VECTOR_SIZE reals
 *     SRNN_KERNEL_NAME(name)    name_f32_avx2 and so on
 *
 * Kernels are compiled with -ffp-contract=off: an operation is what is written.
 * vector_fma rounds once wherever the hardware can; only the baseline, which
 * has no FMA, rounds twice and so gives other bits. */
#ifndef SRNN_SIMD_VECTOR_H
#define SRNN_SIMD_VECTOR_H

#include <stdint.h>

#include "simd/real.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
/* To clang the pragma of gcc asks for less: it leaves loops rolled whose bounds
 * become constant by inlining, and what they fill in memory. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(SRNN_TARGET_AVX512)
#include <immintrin.h>
#define SRNN_TARGET_SUFFIX avx512
#define VECTOR_BYTES 64
#elif defined(SRNN_TARGET_AVX2)
#include <immintrin.h>
#define SRNN_TARGET_SUFFIX avx2
#define VECTOR_BYTES 32
#elif defined(SRNN_TARGET_NEON)
#include <arm_neon.h>
#define SRNN_TARGET_SUFFIX neon
#define VECTOR_BYTES 16
#elif defined(SRNN_TARGET_BASELINE)
#define SRNN_TARGET_SUFFIX baseline
#define VECTOR_BYTES 16
#else
#error "no SRNN_TARGET_... is set"
#endif

#define SRNN_KERNEL_JOIN(name, isa) name##_##isa
#define SRNN_KERNEL_EXPAND(name, isa) SRNN_KERNEL_JOIN(name, isa)
#define SRNN_KERNEL_NAME(name)                                                 \
    SRNN_KERNEL_EXPAND(SRNN_REAL_NAME(name), SRNN_TARGET_SUFFIX)

#if SRNN_REAL_BITS == 32
typedef int32_t integer;
#else
typedef int64_t integer;
#endif

enum { VECTOR_SIZE = VECTOR_BYTES / sizeof(real) };

typedef real vector __attribute__((vector_size(VECTOR_BYTES)));
/* Lanes of the same width: what a comparison gives (0 or -1), and raw bits. */
typedef integer mask __attribute__((vector_size(VECTOR_BYTES)));
/* A vector anywhere in memory. */
typedef real loose_vector __attribute__((vector_size(VECTOR_BYTES),
                                         aligned(sizeof(real)), may_alias));

static inline vector vector_load(const real *from)
{
    return *(const loose_vector *)from;
}

static inline void vector_store(real *to, vector v)
{
    *(loose_vector *)to = v;
}

#if defined(SRNN_TARGET_AVX2)
/* -1 in the first `count` lanes, 0 in the others. */
static inline mask vector_first_lanes(int64_t count)
{
    static const integer lanes[2 * VECTOR_SIZE] = {[0 ... VECTOR_SIZE - 1] =
                                                       -1};
    mask first;
    __builtin_memcpy(&first, lanes + VECTOR_SIZE - count, sizeof first);
    return first;
}
#endif

/* Lane by lane is worth a call, and not to be repeated wherever it is used. */
#if defined(SRNN_TARGET_AVX512) || defined(SRNN_TARGET_AVX2)
#define SMALL_PART static inline
#else
#define SMALL_PART __attribute__((noinline, unused)) static
#endif

/* Where less than a vector is the caller's to read or write: its first `count`
 * lanes, 0 to VECTOR_SIZE. The others are loaded as 0. */
SMALL_PART vector vector_load_first(const real *from, int64_t count)
{
#if defined(SRNN_TARGET_AVX512) && SRNN_REAL_BITS == 32
    return (vector)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif defined(SRNN_TARGET_AVX512)
    return (vector)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), from);
#elif defined(SRNN_TARGET_AVX2) && SRNN_REAL_BITS == 32
    return (vector)_mm256_maskload_ps(from, (__m256i)vector_first_lanes(count));
#elif defined(SRNN_TARGET_AVX2)
    return (vector)_mm256_maskload_pd(from, (__m256i)vector_first_lanes(count));
#else
    vector v = {0};
    for (int64_t i = 0; i < count; i++)
        v[i] = from[i];
    return v;
#endif
}

SMALL_PART void vector_store_first(real *to, vector v, int64_t count)
{
#if defined(SRNN_TARGET_AVX512) && SRNN_REAL_BITS == 32
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)v);
#elif defined(SRNN_TARGET_AVX512)
    _mm512_mask_storeu_pd(to, (__mmask8)((1u << count) - 1), (__m512d)v);
#elif defined(SRNN_TARGET_AVX2) && SRNN_REAL_BITS == 32
    _mm256_maskstore_ps(to, (__m256i)vector_first_lanes(count), (__m256)v);
#elif defined(SRNN_TARGET_AVX2)
    _mm256_maskstore_pd(to, (__m256i)vector_first_lanes(count), (__m256d)v);
#else
    for (int64_t i = 0; i < count; i++)
        to[i] = v[i];
#endif
}

static inline vector vector_of(real x)
{
    return x - (vector){0};
}

/* a * b + c */
static inline vector vector_fma(vector a, vector b, vector c)
{
#if defined(SRNN_TARGET_AVX512) && SRNN_REAL_BITS == 32
    return (vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(SRNN_TARGET_AVX512)
    return (vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(SRNN_TARGET_AVX2) && SRNN_REAL_BITS == 32
    return (vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(SRNN_TARGET_AVX2)
    return (vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(SRNN_TARGET_NEON) && SRNN_REAL_BITS == 32
    return (vector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif defined(SRNN_TARGET_NEON)
    return (vector)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    return a * b + c;
#endif
}

/* Lane by lane: chosen where the mask is set, other elsewhere. */
static inline vector vector_select(mask where, vector chosen, vector other)
{
#if defined(SRNN_TARGET_AVX512) && SRNN_REAL_BITS == 32
    return (vector)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)where),
                                        (__m512)other, (__m512)chosen);
#elif defined(SRNN_TARGET_AVX512)
    return (vector)_mm512_mask_blend_pd(_mm512_movepi64_mask((__m512i)where),
                                        (__m512d)other, (__m512d)chosen);
#else
    return (vector)((where & (mask)chosen) | (~where & (mask)other));
#endif
}

/* The smaller, or the larger, lane by lane; b where one is a NaN or both are 0.
 */
static inline vector vector_min(vector a, vector b)
{
#if defined(SRNN_TARGET_AVX512) && SRNN_REAL_BITS == 32
    return (vector)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(SRNN_TARGET_AVX512)
    return (vector)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif defined(SRNN_TARGET_AVX2) && SRNN_REAL_BITS == 32
    return (vector)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(SRNN_TARGET_AVX2)
    return (vector)_mm256_min_pd((__m256d)a, (__m256d)b);
#else
    return vector_select(a < b, a, b);
#endif
}

static inline vector vector_max(vector a, vector b)
{
#if defined(SRNN_TARGET_AVX512) && SRNN_REAL_BITS == 32
    return (vector)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(SRNN_TARGET_AVX512)
    return (vector)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif defined(SRNN_TARGET_AVX2) && SRNN_REAL_BITS == 32
    return (vector)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(SRNN_TARGET_AVX2)
    return (vector)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
    return vector_select(a > b, a, b);
#endif
}

/* For moving, not for arithmetic: a piece of 16 bytes, or two. Vectors of 64
 * bytes would be no faster, as fewer units interleave those. */
#if defined(SRNN_TARGET_AVX512) || defined(SRNN_TARGET_AVX2)
#define PIECES 2
#else
#define PIECES 1
#endif
enum { PIECE = 16 / sizeof(real) };

typedef integer pieces __attribute__((vector_size(16 * PIECES)));
typedef integer loose_pieces
    __attribute__((vector_size(16 * PIECES), aligned(sizeof(real)), may_alias));

/* second is read only where there are two. */
static inline pieces pieces_load(const void *first, const void *second)
{
#if PIECES == 2
    return (pieces)_mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)first)),
        _mm_loadu_si128((const __m128i *)second), 1);
#else
    (void)second;
    return *(const loose_pieces *)first;
#endif
}

static inline void pieces_store(void *to, pieces p)
{
    *(loose_pieces *)to = p;
}

/* In each piece a[0] b[0] a[1] b[1] and so on, of its first half. */
static inline pieces pieces_interleave_low(pieces a, pieces b)
{
#if PIECES == 2 && SRNN_REAL_BITS == 32
    return (pieces)_mm256_unpacklo_epi32((__m256i)a, (__m256i)b);
#elif PIECES == 2
    return (pieces)_mm256_unpacklo_epi64((__m256i)a, (__m256i)b);
#elif SRNN_REAL_BITS == 32
    return (pieces){a[0], b[0], a[1], b[1]};
#else
    return (pieces){a[0], b[0]};
#endif
}

/* The same of its second half. */
static inline pieces pieces_interleave_high(pieces a, pieces b)
{
#if PIECES == 2 && SRNN_REAL_BITS == 32
    return (pieces)_mm256_unpackhi_epi32((__m256i)a, (__m256i)b);
#elif PIECES == 2
    return (pieces)_mm256_unpackhi_epi64((__m256i)a, (__m256i)b);
#elif SRNN_REAL_BITS == 32
    return (pieces){a[2], b[2], a[3], b[3]};
#else
    return (pieces){a[1], b[1]};
#endif
}

#endif
