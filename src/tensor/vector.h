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
#ifndef SRNN_TENSOR_VECTOR_H
#define SRNN_TENSOR_VECTOR_H

#include <stdint.h>

#include "tensor/real.h"

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
    return (vector)((where & (mask)chosen) | (~where & (mask)other));
}

#endif
