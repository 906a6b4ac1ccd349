/* SPDX-License-Identifier: MIT */
/* A row of the batch at a time, a group of vectors at a time; rows and groups
 * of one step do not depend on each other, so the machine overlaps them.
 * Compiled per dtype and ISA. */
#include "cell/recur.h"

#include "gemm/short_row.h"
#include "pointwise/activation_vector.h"

/* One of them is a constant wherever this is inlined. */
typedef enum { TANH, RELU } activation;

/* The columns of y from column n on that one call makes. */
typedef struct {
    short_row row;
    real *y;
    int64_t left; /* columns of y */
} group;

ALWAYS_INLINE void advance(const group *g, int segments, int vectors,
                           activation act)
{
    vector sum[SHORT_ROW_VECTORS];
    load_row(sum, g->y, g->left, vectors);
    short_row_multiply(sum, &g->row, segments, vectors);
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        sum[v] = act == TANH ? tanh_of(sum[v]) : relu_of(sum[v]);
    store_row(g->y, sum, g->left, vectors);
}

/* As many columns as fill the machine; returns how many. */
ALWAYS_INLINE int64_t advance_some(const group *g, int64_t segments,
                                   activation act)
{
    const int64_t vectors = (g->left + VECTOR_SIZE - 1) / VECTOR_SIZE;
    if (segments == 4) {
        if (vectors >= 2)
            return advance(g, 4, 2, act), 2 * VECTOR_SIZE;
        return advance(g, 4, 1, act), VECTOR_SIZE;
    }
    if (segments == 2) {
        if (vectors >= 4)
            return advance(g, 2, 4, act), 4 * VECTOR_SIZE;
        if (vectors == 3)
            return advance(g, 2, 3, act), 3 * VECTOR_SIZE;
        if (vectors == 2)
            return advance(g, 2, 2, act), 2 * VECTOR_SIZE;
        return advance(g, 2, 1, act), VECTOR_SIZE;
    }
    return advance(g, 1, 1, act), VECTOR_SIZE;
}

ALWAYS_INLINE void advance_row(const srnn_gemm__weight *w,
                               srnn_segments segments, const real *h, real *y,
                               activation act)
{
    const int64_t H = w->matrix.rows;
    for (int64_t n = 0; n < H;) {
        const panel p = panel_at(w, n / PANEL * PANEL, H);
        const group g = {
            {h, p.w + n % PANEL, p.width, H, segments.length}, y + n, H - n};
        n += advance_some(&g, segments.count, act);
    }
}

ALWAYS_INLINE void recur(const srnn_recur__run *run, activation act)
{
    const srnn_segments segments =
        srnn_segments__of(run->weight_hh->matrix.rows);
    const real *h = run->h.data;
    int64_t h_stride = run->h.stride;
    real *y = run->y;
    for (int64_t t = 0; t < run->T; t++, y += run->time_stride) {
        for (int64_t b = 0; b < run->h.rows; b++)
            advance_row(run->weight_hh, segments, h + b * h_stride,
                        y + b * run->batch_stride, act);
        h = y;
        h_stride = run->batch_stride;
    }
}

void SRNN_KERNEL_NAME(srnn_recur__tanh)(const srnn_recur__run *run)
{
    recur(run, TANH);
}

void SRNN_KERNEL_NAME(srnn_recur__relu)(const srnn_recur__run *run)
{
    recur(run, RELU);
}
