/* SPDX-License-Identifier: MIT */
/* A tile of C stays in registers while k runs:
 *
 *                 w[k]: VECTORS vectors of a panel
 *     a[0][k]  *  [acc 0,0] [acc 0,1] ...
 *     a[1][k]  *  [acc 1,0] [acc 1,1] ...
 *
 * Each element is one chain of FMAs over ascending k for each segment of K
 * (pack.h), and the sums of the segments are added in order: its bits depend on
 * nothing else. C holds the sum of the segments that are done. For *_kernel.c.
 */
#ifndef SRNN_GEMM_TILE_H
#define SRNN_GEMM_TILE_H

#include <stdbool.h>

#include "gemm/panel.h"

enum {
    ROWS = TILE_ROWS,
    VECTORS = TILE_VECTORS,
    WIDTH = VECTORS * VECTOR_SIZE, /* a part of a panel, or all */
    /* Rows of one vector: ROWS accumulators would leave the machine idle. */
    HIGHEST = TILE_VECTORS == 4 && VECTOR_BYTES == 64 ? 8 : ROWS,
    /* Of the tiles that SRNN_GEMM_FETCHING_ROWS and more are divided into. They
     * also fetch what follows in W. */
    FAR_ROWS = 4
};

/* What one tile reads and writes. */
typedef struct {
    const real *a; /* [rows, depth] */
    int64_t a_stride;
    const real *w; /* [depth, vectors], rows a panel's width apart */
    int64_t w_stride;
    int64_t depth;
    int64_t length; /* of a segment; the last one may be shorter */
    /* [rows, vectors]: c itself, or one row again and again */
    const real *start;
    int64_t start_stride;
    real *c; /* [rows, vectors] */
    int64_t c_stride;
    const char *ahead; /* [depth] lines of W that will be needed, or NULL */
} operands;

/* rows and vectors are constants wherever these are inlined. */
ALWAYS_INLINE void begin_segment(vector acc[HIGHEST][VECTORS], int rows,
                                 int vectors)
{
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            acc[m][v] = vector_of(0);
    }
}

/* One product for each element. */
ALWAYS_INLINE void add_products(vector acc[HIGHEST][VECTORS], const operands *o,
                                int rows, int vectors)
{
    vector wk[VECTORS];
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        wk[v] = vector_load(o->w + v * VECTOR_SIZE);
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        const vector am = vector_of(o->a[m * o->a_stride]);
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            acc[m][v] = vector_fma(am, wk[v], acc[m][v]);
    }
}

ALWAYS_INLINE void end_segment(vector acc[HIGHEST][VECTORS], const operands *o,
                               int rows, int vectors)
{
    const real *start = o->start;
    real *c = o->c;
    int64_t start_stride = o->start_stride;
    int64_t c_stride = o->c_stride;
    FORGET(start);
    FORGET(c);
    FORGET(start_stride);
    FORGET(c_stride);
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            vector_store(c + v * VECTOR_SIZE,
                         vector_load(start + v * VECTOR_SIZE) + acc[m][v]);
        start += start_stride;
        c += c_stride;
    }
}

/* Where C is only written at first, it may lie beyond L2. Its lines come while
 * the first segment is made. */
ALWAYS_INLINE void fetch_target(const operands *o, int rows)
{
    for (int64_t m = 0; m < rows; m++)
        for (int64_t n = 0; n < WIDTH; n += LINE)
            __builtin_prefetch(o->c + m * o->c_stride + n, 1);
}

/* The sum of a segment is added to what the one before it left in C. */
ALWAYS_INLINE void multiply(const operands *given, int rows, int vectors)
{
    const bool may_fetch = vectors == VECTORS && rows >= FAR_ROWS;
    operands o = *given;
    if (may_fetch && o.start != o.c)
        fetch_target(&o, rows);
    for (int64_t left = o.depth; left > 0; left -= o.length) {
        vector acc[HIGHEST][VECTORS];
        begin_segment(acc, rows, vectors);
        const real *const end = o.a + (left < o.length ? left : o.length);
        if (may_fetch && o.ahead != NULL)
            for (; o.a < end; o.a++, o.w += o.w_stride) {
                __builtin_prefetch(o.ahead, 0, 2);
                o.ahead += SRNN_LINE_BYTES;
                add_products(acc, &o, rows, vectors);
            }
        /* Not worth unrolled code: AVX-512 has enough to do in a round, and
         * narrow tiles are few. */
        else if (VECTOR_BYTES == 64 || vectors < VECTORS)
            // NOLINTNEXTLINE(bugprone-branch-clone)
            for (; o.a < end; o.a++, o.w += o.w_stride)
                add_products(acc, &o, rows, vectors);
        else {
            UNROLL_PART
            for (; o.a < end; o.a++, o.w += o.w_stride)
                add_products(acc, &o, rows, vectors);
        }
        end_segment(acc, &o, rows, vectors);
        o.start = o.c;
        o.start_stride = o.c_stride;
    }
}

/* The vectors of a row of C or of start that are not all there. Only the last
 * one is not where a vector is a whole line. */
ALWAYS_INLINE void load_part(vector *row, const real *from, int64_t columns,
                             int vectors)
{
    const int whole = VECTOR_BYTES == SRNN_LINE_BYTES ? vectors - 1 : 0;
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        row[v] = v < whole ? vector_load(from + v * VECTOR_SIZE)
                           : vector_load_first(from + v * VECTOR_SIZE,
                                               lanes_of(columns, v));
}

ALWAYS_INLINE void store_part(real *to, const vector *row, int64_t columns,
                              int vectors)
{
    const int whole = VECTOR_BYTES == SRNN_LINE_BYTES ? vectors - 1 : 0;
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        if (v < whole)
            vector_store(to + v * VECTOR_SIZE, row[v]);
        else
            vector_store_first(to + v * VECTOR_SIZE, row[v],
                               lanes_of(columns, v));
}

#endif
