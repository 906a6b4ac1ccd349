/* SPDX-License-Identifier: MIT */
/* C = start + A W^T for a W of so few rows that they fill no vector: the rows
 * of A lie side by side instead, in packed blocks [K,PANEL].
 *
 *                  a[k]: VECTORS_AT_ONCE vectors of rows
 *     w[0][k]  *  [acc 0,0] [acc 0,1] ...
 *     w[1][k]  *  [acc 1,0] [acc 1,1] ...
 *
 * The chain of an element is the same as in tile.h. For *_kernel.c. */
#ifndef SRNN_GEMM_THIN_H
#define SRNN_GEMM_THIN_H

#include "gemm/panel.h"

enum {
    /* The most rows of W. To pack a vector of A takes about as long as six
     * products, and a tile is a cache line wide. None in float64, where there
     * is less to gain, nor on the baseline, which few machines use: they are
     * not worth the code. */
    THIN_MOST = LINE / 4,
    THIN = SRNN_REAL_BITS == 32 && VECTOR_HAS_FMA ? THIN_MOST : 0,
    THIN_DEPTH = SRNN_SEGMENTS_MAX, /* of a block; whole segments */
    VECTORS_AT_ONCE = 4,
    ROWS_AT_ONCE = VECTORS_AT_ONCE * VECTOR_SIZE,
    COLUMNS_AT_ONCE = 2
};
_Static_assert((int)THIN_DEPTH == (int)SRNN_SEGMENT_LENGTH, "whole segments");
_Static_assert(THIN_MOST % COLUMNS_AT_ONCE == 0, "room for whole pairs");
_Static_assert(PANEL % ROWS_AT_ONCE == 0, "whole groups");

/* A segment of two columns of C, for all rows of a block. */
typedef struct {
    const real *a; /* [length,PANEL] */
    const real *w; /* [length,2], rows w_stride apart */
    int64_t w_stride;
    int64_t length;
    real *sums; /* [2,PANEL] */
} thin_segment;

/* sums = sums + the products of a segment */
static void thin_add(const thin_segment *s)
{
    for (int64_t m = 0; m < PANEL; m += ROWS_AT_ONCE) {
        const real *a = s->a + m;
        const real *w = s->w;
        vector acc[COLUMNS_AT_ONCE][VECTORS_AT_ONCE];
        UNROLL
        for (int64_t n = 0; n < COLUMNS_AT_ONCE; n++) {
            UNROLL
            for (int64_t v = 0; v < VECTORS_AT_ONCE; v++)
                acc[n][v] = vector_of(0);
        }
        for (int64_t k = 0; k < s->length; k++, a += PANEL, w += s->w_stride) {
            UNROLL
            for (int64_t n = 0; n < COLUMNS_AT_ONCE; n++) {
                const vector wn = vector_of(w[n]);
                UNROLL
                for (int64_t v = 0; v < VECTORS_AT_ONCE; v++)
                    acc[n][v] = vector_fma(vector_load(a + v * VECTOR_SIZE), wn,
                                           acc[n][v]);
            }
        }
        UNROLL
        for (int64_t n = 0; n < COLUMNS_AT_ONCE; n++) {
            UNROLL
            for (int64_t v = 0; v < VECTORS_AT_ONCE; v++) {
                real *const sum = s->sums + n * PANEL + m + v * VECTOR_SIZE;
                vector_store(sum, vector_load(sum) + acc[n][v]);
            }
        }
    }
}

/* Columns k to k + depth of a block, packed. The last column of C may be one
 * that a panel pads. */
static void thin_add_depth(const panel *p, int64_t k, int64_t depth,
                           const real *packed, real *sums)
{
    const srnn_segments segments = srnn_segments__of(p->K);
    for (int64_t at = 0; at < depth; at += segments.length) {
        const int64_t left = depth - at;
        for (int64_t n = 0; n < p->columns; n += COLUMNS_AT_ONCE)
            thin_add(&(thin_segment){
                .a = packed + at * PANEL,
                .w = p->w + (k + at) * p->width + n,
                .w_stride = p->width,
                .length = left < segments.length ? left : segments.length,
                .sums = sums + n * PANEL});
    }
}

/* PANEL rows of C. Out of line, or every product would take so much stack. */
__attribute__((noinline)) static void multiply_thin_block(srnn_matrix a,
                                                          const panel *p,
                                                          const real *start,
                                                          srnn_matrix c)
{
    _Alignas(VECTOR_BYTES) real packed[THIN_DEPTH * PANEL];
    _Alignas(VECTOR_BYTES) real sums[THIN_MOST * PANEL] = {0};
    real *const to = c.data;
    for (int64_t n = 0; n < c.columns; n++)
        if (start != NULL)
            for (int64_t m = 0; m < PANEL; m += VECTOR_SIZE)
                vector_store(sums + n * PANEL + m, vector_of(start[n]));
        else
            for (int64_t m = 0; m < PANEL; m++)
                sums[n * PANEL + m] = to[m * c.stride + n];
    for (int64_t k = 0; k < p->K; k += THIN_DEPTH) {
        const int64_t depth = p->K - k < THIN_DEPTH ? p->K - k : THIN_DEPTH;
        SRNN_KERNEL_NAME(srnn_pack__weight)
        (packed, (srnn_matrix){(real *)a.data + k, PANEL, depth, a.stride});
        thin_add_depth(p, k, depth, packed, sums);
    }
    for (int64_t m = 0; m < PANEL; m++)
        for (int64_t n = 0; n < c.columns; n++)
            to[m * c.stride + n] = sums[n * PANEL + m];
}

/* As many rows as blocks have. Returns how many. */
static int64_t multiply_thin(srnn_matrix a, const srnn_gemm_weight *w,
                             const real *start, srnn_matrix c)
{
    const panel p = panel_at(w, 0, c.columns);
    const int64_t rows = a.rows / PANEL * PANEL;
    for (int64_t m = 0; m < rows; m += PANEL) {
        multiply_thin_block(a, &p, start, c);
        a.data = (real *)a.data + PANEL * a.stride;
        c.data = (real *)c.data + PANEL * c.stride;
    }
    return rows;
}

#endif
