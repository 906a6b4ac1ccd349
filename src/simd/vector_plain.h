/* SPDX-License-Identifier: MIT */
/* Operations of vector.h in the compiler's own vectors, for instruction sets
 * that have nothing better. */
#ifndef SRNN_SIMD_VECTOR_PLAIN_H
#define SRNN_SIMD_VECTOR_PLAIN_H

#include "simd/vector_types.h"

/* Without masked loads this is a loop, which is kept out of line. */
__attribute__((noinline, unused)) static vector
vector_load_first(const real *from, int64_t count)
{
    vector v = {0};
    for (int64_t i = 0; i < count; i++)
        v[i] = from[i];
    return v;
}

__attribute__((noinline, unused)) static void
vector_store_first(real *to, vector v, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = v[i];
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
    return vector_select(a < b, a, b);
}

static inline vector vector_max(vector a, vector b)
{
    return vector_select(a > b, a, b);
}

/* So many pieces are moved at once. */
#define PIECES 1

typedef integer pieces __attribute__((vector_size(16)));
typedef integer loose_pieces
    __attribute__((vector_size(16), aligned(_Alignof(real)), may_alias));

/* second is read only where there are two. */
static inline pieces pieces_load(const void *first, const void *second)
{
    (void)second;
    return *(const loose_pieces *)first;
}

static inline void pieces_store(void *to, pieces p)
{
    *(loose_pieces *)to = p;
}

/* In each piece a[0] b[0] a[1] b[1] and so on, of its first half. */
static inline pieces pieces_interleave_low(pieces a, pieces b)
{
#if SRNN_REAL_BITS == 32
    return (pieces){a[0], b[0], a[1], b[1]};
#else
    return (pieces){a[0], b[0]};
#endif
}

/* The same of its second half. */
static inline pieces pieces_interleave_high(pieces a, pieces b)
{
#if SRNN_REAL_BITS == 32
    return (pieces){a[2], b[2], a[3], b[3]};
#else
    return (pieces){a[1], b[1]};
#endif
}

#endif
