/* SPDX-License-Identifier: MIT */
/* A row of the batch at a time, a group of vectors at a time; rows and groups
 * of one step do not depend on each other, so the machine overlaps them.
 * Compiled per dtype and ISA. */
#include "cell/recur.h"
#include "cell/recur_row.h"
#include "pointwise/activation_vector.h"

/* The place of an activation, or NONE. It is a constant wherever it is passed
 * to an inlined function. */
typedef int activation;
enum { NONE = SRNN_ACTIVATION_COUNT };

/* A row of the batch. */
typedef struct {
    const real *start; /* what the products are added to */
    real *y;
} output;

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

ALWAYS_INLINE void make(const void *what, const short_row *row, int64_t n,
                        int64_t left, int segments, int vectors, int act)
{
    const output *const o = what;
    vector sum[SHORT_ROW_VECTORS];
    load_row(sum, o->start + n, left, vectors);
    short_row_multiply(sum, row, segments, vectors);
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        sum[v] = activated(sum[v], act);
    store_row(o->y + n, sum, left, vectors);
}

/* y = act(start + a W^T) */
ALWAYS_INLINE void make_row(const srnn_gemm_weight *w, const real *a,
                            const real *start, real *y, activation act)
{
    const output o = {start, y};
    recur_row(make, &o, w, a, act);
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
