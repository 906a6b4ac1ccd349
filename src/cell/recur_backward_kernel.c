/* SPDX-License-Identifier: MIT */
/* The steps of recur_kernel.c on the way back. The product of one step and the
 * derivative of the next one are one function, so that between steps only g
 * goes through memory. Compiled per dtype and ISA. */
#include "cell/recur.h"
#include "cell/recur_row.h"
#include "pointwise/activation_vector.h"

/* The place of an activation, or NONE where only the product is wanted. It is a
 * constant wherever it is passed to an inlined function. */
typedef int activation;
enum { NONE = SRNN_ACTIVATION_COUNT };

/* A row of the batch at one step, and tiny in all lanes. */
typedef struct {
    const real *y;
    real *g; /* or dh for NONE */
    vector tiny;
} output;

ALWAYS_INLINE vector behind(vector sum, vector y, activation act)
{
#define CASE(id, word, x)                                                      \
    case SRNN_ACTIVATION_AT_##id:                                              \
        return word##_gradient_of(sum, y);
    switch (act) {
        SRNN_ACTIVATION_ROWS(CASE, )
    default:
        return sum;
    }
}

/* g = flushed((g + dh) f'(y)) for some columns. */
ALWAYS_INLINE void finish(const output *o, const vector *dh, int64_t n,
                          int64_t left, int vectors, activation act)
{
    vector y[SHORT_ROW_VECTORS];
    vector g[SHORT_ROW_VECTORS];
    load_row(y, o->y + n, left, vectors);
    load_row(g, o->g + n, left, vectors);
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        g[v] = flushed(behind(g[v] + dh[v], y[v], act), o->tiny);
    store_row(o->g + n, g, left, vectors);
}

ALWAYS_INLINE void make(const void *what, const short_row *row, int64_t n,
                        int64_t left, int segments, int vectors, int act)
{
    const output *const o = what;
    vector dh[SHORT_ROW_VECTORS] = {{0}};
    short_row_multiply(dh, row, segments, vectors);
    if (act == NONE)
        store_row(o->g + n, dh, left, vectors);
    else
        finish(o, dh, n, left, vectors, act);
}

/* The first step, for which dh is there. */
ALWAYS_INLINE void begin(const output *o, const real *dh, int64_t H,
                         activation act)
{
    for (int64_t n = 0; n < H; n += VECTOR_SIZE) {
        vector sum = {0};
        load_row(&sum, dh + n, H - n, 1);
        finish(o, &sum, n, H - n, 1, act);
    }
}

/* dh of the state before the last step. */
__attribute__((noinline)) static void end(const srnn_gemm_weight *w,
                                          const real *g, real *dh)
{
    const output o = {NULL, dh, {0}};
    recur_row(make, &o, w, g, NONE);
}

ALWAYS_INLINE void recur(const srnn_recur_backward_pass *pass, activation act)
{
    const srnn_gemm_weight *const w = pass->weight_hh_t;
    const int64_t H = w->matrix.rows;
    for (int64_t b = 0; b < pass->dh.rows && pass->T > 0; b++) {
        real *const dh = (real *)pass->dh.data + b * pass->dh.stride;
        output o = {(const real *)pass->y.data + b * pass->y.batch_stride,
                    (real *)pass->g.data + b * pass->g.batch_stride,
                    vector_of((real)pass->tiny)};
        begin(&o, dh, H, act);
        for (int64_t t = 1; t < pass->T; t++) {
            const real *const g = o.g;
            o.y += pass->y.time_stride;
            o.g += pass->g.time_stride;
            recur_row(make, &o, w, g, act);
        }
        end(w, o.g, dh);
    }
}

#define FUNCTION(id, word, x)                                                  \
    static void recur_backward_##word(const srnn_recur_backward_pass *pass)    \
    {                                                                          \
        recur(pass, SRNN_ACTIVATION_AT_##id);                                  \
    }
SRNN_ACTIVATION_ROWS(FUNCTION, )

#define ENTRY(id, word, x) [SRNN_ACTIVATION_AT_##id] = recur_backward_##word,
srnn_recur_backward_function *const
    SRNN_KERNEL_NAME(srnn_recur_backward__all)[SRNN_ACTIVATION_COUNT] = {
        SRNN_ACTIVATION_ROWS(ENTRY, )};
