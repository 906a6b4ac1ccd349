/* SPDX-License-Identifier: MIT */
/* A packed weight (pack.h) as kernels walk through it. For *_kernel.c. */
#ifndef SRNN_GEMM_PANEL_H
#define SRNN_GEMM_PANEL_H

#include "gemm/gemm.h"
#include "gemm/pack.h"
#include "simd/vector.h"

enum { LINE = SRNN_LINE_BYTES / sizeof(real), PANEL = SRNN_PANEL_LINES * LINE };

/* How much of vector v lies in the first `columns`. */
ALWAYS_INLINE int64_t lanes_of(int64_t columns, int64_t v)
{
    const int64_t left = columns - v * VECTOR_SIZE;
    return left < 0 ? 0 : left < VECTOR_SIZE ? left : VECTOR_SIZE;
}

/* Vectors of a row, of which the first `columns` are there. */
ALWAYS_INLINE void load_row(vector *row, const real *c, int64_t columns,
                            int64_t vectors)
{
    if (columns >= vectors * VECTOR_SIZE) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            row[v] = vector_load(c + v * VECTOR_SIZE);
        return;
    }
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        row[v] = vector_load_first(c + v * VECTOR_SIZE, lanes_of(columns, v));
}

ALWAYS_INLINE void store_row(real *c, const vector *row, int64_t columns,
                             int64_t vectors)
{
    if (columns >= vectors * VECTOR_SIZE) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            vector_store(c + v * VECTOR_SIZE, row[v]);
        return;
    }
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        vector_store_first(c + v * VECTOR_SIZE, row[v], lanes_of(columns, v));
}

/* A panel of W, and the columns of C that it makes. */
typedef struct {
    const real *w;
    int64_t K;
    int64_t width;   /* whole lines */
    int64_t columns; /* of C, at most width */
} panel;

/* The panel of W from row n on; wanted columns of it. */
static inline panel panel_at(const srnn_gemm_weight *w, int64_t n,
                             int64_t wanted)
{
    const int64_t K = w->matrix.columns;
    const int64_t lines = (w->matrix.rows - n + LINE - 1) / LINE;
    const int64_t width = lines < SRNN_PANEL_LINES ? lines * LINE : PANEL;
    return (panel){(const real *)w->packed + n * K, K, width,
                   wanted < width ? wanted : width};
}

#endif
