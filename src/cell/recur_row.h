/* SPDX-License-Identifier: MIT */
/* One row of the batch through the product with W_hh, for *_kernel.c: a group
 * of vectors at a time, as many as fill the machine. */
#ifndef SRNN_CELL_RECUR_ROW_H
#define SRNN_CELL_RECUR_ROW_H

#include "gemm/short_row.h"

/* Makes the columns from column n on, of which `left` are there, and as many
 * as `vectors` has at most. act and the numbers are constants wherever it is
 * inlined; what is the caller's. */
typedef void recur_group(const void *what, const short_row *row, int64_t n,
                         int64_t left, int segments, int vectors, int act);

/* As many columns as fill the machine; returns how many. */
ALWAYS_INLINE int64_t recur_some(recur_group *make, const void *what,
                                 const short_row *row, int64_t n, int64_t left,
                                 int64_t segments, int act)
{
    const int64_t vectors = (left + VECTOR_SIZE - 1) / VECTOR_SIZE;
    if (segments == 4) {
        if (vectors >= 2)
            return make(what, row, n, left, 4, 2, act), 2 * VECTOR_SIZE;
        return make(what, row, n, left, 4, 1, act), VECTOR_SIZE;
    }
    if (segments == 2) {
        if (vectors >= 4)
            return make(what, row, n, left, 2, 4, act), 4 * VECTOR_SIZE;
        if (vectors == 3)
            return make(what, row, n, left, 2, 3, act), 3 * VECTOR_SIZE;
        if (vectors == 2)
            return make(what, row, n, left, 2, 2, act), 2 * VECTOR_SIZE;
        return make(what, row, n, left, 2, 1, act), VECTOR_SIZE;
    }
    return make(what, row, n, left, 1, 1, act), VECTOR_SIZE;
}

/* All columns of the product of a and W^T. */
ALWAYS_INLINE void recur_row(recur_group *make, const void *what,
                             const srnn_gemm_weight *w, const real *a, int act)
{
    const srnn_segments segments = srnn_segments__of(w->matrix.columns);
    const int64_t H = w->matrix.rows;
    for (int64_t n = 0; n < H;) {
        const panel p = panel_at(w, n / PANEL * PANEL, H);
        const short_row row = {a, p.w + n % PANEL, p.width, p.K,
                               segments.length};
        n += recur_some(make, what, &row, n, H - n, segments.count, act);
    }
}

#endif
