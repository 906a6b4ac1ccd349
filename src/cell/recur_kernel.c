/* SPDX-License-Identifier: MIT */
/* A row of the batch at a time, a group of vectors at a time; rows and groups
 * of one step do not depend on each other, so the machine overlaps them.
 * Compiled per dtype and ISA. */
#include "cell/recur.h"

#include "gemm/short_row.h"
#include "pointwise/activation_vector.h"

/* The place of an activation, or NONE. It is a constant wherever it is passed
 * to an inlined function. */
typedef int activation;
enum { NONE = SRNN_ACTIVATION_COUNT };

/* The columns of y from column n on that one call makes. */
typedef struct {
    short_row row;
    const real *start; /* what the products are added to */
    real *y;
    int64_t left; /* columns of y */
} group;

ALWAYS_INLINE vector activated(vector sum, activation act)
{
#define CASE(id, word, x)                                                      \
    case SRNN_ACTIVATION_AT_##id:                                              \
        return word##_of(sum);
    switch (act) {
        SRNN_ACTIVATION_ROWS(CASE, )
    default:
        return sum;
    }
}

ALWAYS_INLINE void make(const group *g, int segments, int vectors,
                        activation act)
{
    vector sum[SHORT_ROW_VECTORS];
    load_row(sum, g->start, g->left, vectors);
    short_row_multiply(sum, &g->row, segments, vectors);
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        sum[v] = activated(sum[v], act);
    store_row(g->y, sum, g->left, vectors);
}

/* As many columns as fill the machine; returns how many. */
ALWAYS_INLINE int64_t make_some(const group *g, int64_t segments,
                                activation act)
{
    const int64_t vectors = (g->left + VECTOR_SIZE - 1) / VECTOR_SIZE;
    if (segments == 4) {
        if (vectors >= 2)
            return make(g, 4, 2, act), 2 * VECTOR_SIZE;
        return make(g, 4, 1, act), VECTOR_SIZE;
    }
    if (segments == 2) {
        if (vectors >= 4)
            return make(g, 2, 4, act), 4 * VECTOR_SIZE;
        if (vectors == 3)
            return make(g, 2, 3, act), 3 * VECTOR_SIZE;
        if (vectors == 2)
            return make(g, 2, 2, act), 2 * VECTOR_SIZE;
        return make(g, 2, 1, act), VECTOR_SIZE;
    }
    return make(g, 1, 1, act), VECTOR_SIZE;
}

/* y = act(start + a W^T) */
ALWAYS_INLINE void make_row(const srnn_gemm_weight *w, const real *a,
                            const real *start, real *y, activation act)
{
    const srnn_segments segments = srnn_segments__of(w->matrix.columns);
    const int64_t H = w->matrix.rows;
    for (int64_t n = 0; n < H;) {
        const panel p = panel_at(w, n / PANEL * PANEL, H);
        const group g = {{a, p.w + n % PANEL, p.width, p.K, segments.length},
                         start + n,
                         y + n,
                         H - n};
        n += make_some(&g, segments.count, act);
    }
}

/* The input products of step t. */
__attribute__((noinline)) static void project(const srnn_recur_pass *pass,
                                              int64_t t)
{
    const real *const x = (const real *)pass->x.data + t * pass->x.time_stride;
    real *const y = (real *)pass->y.data + t * pass->y.time_stride;
    for (int64_t b = 0; b < pass->h.rows; b++)
        make_row(pass->weight_ih, x + b * pass->x.batch_stride, pass->bias,
                 y + b * pass->y.batch_stride, NONE);
}

ALWAYS_INLINE void recur(const srnn_recur_pass *pass, activation act)
{
    const real *h = pass->h.data;
    int64_t h_stride = pass->h.stride;
    for (int64_t t = 0; t < pass->T; t++) {
        real *const y = (real *)pass->y.data + t * pass->y.time_stride;
        if (pass->weight_ih != NULL)
            project(pass, t);
        for (int64_t b = 0; b < pass->h.rows; b++) {
            real *const row = y + b * pass->y.batch_stride;
            make_row(pass->weight_hh, h + b * h_stride, row, row, act);
        }
        h = y;
        h_stride = pass->y.batch_stride;
    }
}

#define FUNCTION(id, word, x)                                                  \
    static void recur_##word(const srnn_recur_pass *pass)                      \
    {                                                                          \
        recur(pass, SRNN_ACTIVATION_AT_##id);                                  \
    }
SRNN_ACTIVATION_ROWS(FUNCTION, )

#define ENTRY(id, word, x) [SRNN_ACTIVATION_AT_##id] = recur_##word,
srnn_recur_function *const SRNN_KERNEL_NAME(
    srnn_recur__all)[SRNN_ACTIVATION_COUNT] = {SRNN_ACTIVATION_ROWS(ENTRY, )};
