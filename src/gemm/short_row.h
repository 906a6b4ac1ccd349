/* SPDX-License-Identifier: MIT */
/* One row of A where K is so short that its segments (pack.h) run side by side:
 * 8 chains as segments x vectors fill the machine, and the few lines of W that
 * a short K has stay in the first-level cache. For *_kernel.c. */
#ifndef SRNN_GEMM_SHORT_ROW_H
#define SRNN_GEMM_SHORT_ROW_H

#include "gemm/panel.h"

enum { SHORT_ROW_VECTORS = 4, SHORT_ROW_SEGMENTS = 4 };

/* What a row reads: a [K], and w [K, vectors], rows w_stride apart. */
typedef struct {
    const real *a;
    const real *w;
    int64_t w_stride;
    int64_t K;
    int64_t length; /* of a segment; the last one may be shorter */
} short_row;

/* Product k of each of the first segments. */
ALWAYS_INLINE void
short_row_add(vector acc[SHORT_ROW_SEGMENTS][SHORT_ROW_VECTORS],
              const short_row *r, int64_t k, int segments, int vectors)
{
    UNROLL
    for (int s = 0; s < segments; s++) {
        const int64_t at = s * r->length + k;
        const vector ak = vector_of(r->a[at]);
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            acc[s][v] = vector_fma(
                ak, vector_load(r->w + at * r->w_stride + v * VECTOR_SIZE),
                acc[s][v]);
    }
}

/* sum = sum + a W^T; segments and vectors are constants. The sums of the
 * segments are added in order at the end. */
ALWAYS_INLINE void short_row_multiply(vector *sum, const short_row *given,
                                      int segments, int vectors)
{
    const short_row r = *given;
    const int64_t last = r.K - (segments - 1) * r.length;
    vector acc[SHORT_ROW_SEGMENTS][SHORT_ROW_VECTORS];
    UNROLL
    for (int64_t v = 0; v < vectors; v++) {
        UNROLL
        for (int s = 0; s < segments; s++)
            acc[s][v] = vector_of(0);
    }
    for (int64_t k = 0; k < last; k++)
        short_row_add(acc, &r, k, segments, vectors);
    for (int64_t k = last; k < r.length; k++)
        short_row_add(acc, &r, k, segments - 1, vectors);
    UNROLL
    for (int64_t v = 0; v < vectors; v++) {
        UNROLL
        for (int s = 0; s < segments; s++)
            sum[v] = sum[v] + acc[s][v];
    }
}

#endif
