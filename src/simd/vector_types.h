/* SPDX-License-Identifier: MIT */
/* The types of vector.h, and the operations that the compiler's own vectors
 * have for every VECTOR_BYTES. */
#ifndef SRNN_SIMD_VECTOR_TYPES_H
#define SRNN_SIMD_VECTOR_TYPES_H

#include <stdint.h>

#include "simd/real.h"

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
                                         aligned(_Alignof(real)), may_alias));

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

/* A piece is 16 bytes, for moving, not for arithmetic. */
enum { PIECE = 16 / sizeof(real) };

#endif
