/* SPDX-License-Identifier: MIT */
/* The steps of recur_kernel.c on the way back. The product of one step and the
 * derivative of the next one are one function, so that between steps only g
 * goes through memory. Compiled per dtype and ISA. */
#include "cell/recur.h"
#include "cell/recur_row.h"
#include "cell/recur_tile.h"
#include "pointwise/activation_vector.h"

/* The place of an activation, or NONE where only the product is wanted. It is
 * no constant: a derivative is so little that a branch, which is always the
 * same, takes no time, and a function for each would be four times as much. */
typedef int activation;
enum { NONE = SRNN_ACTIVATION_COUNT };

/* A row of the batch at one step, and tiny in all lanes. */
typedef struct {
    const real *y;
    const real *dy;
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

/* g = flushed((dy + dh) f'(y)) for some columns. */
ALWAYS_INLINE void finish(const output *o, const vector *dh, int64_t n,
                          int64_t left, int vectors, activation act)
{
    vector y[SHORT_ROW_VECTORS];
    vector g[SHORT_ROW_VECTORS];
    load_row(y, o->y + n, left, vectors);
    load_row(g, o->dy + n, left, vectors);
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

/* One row at a time; the last product becomes dh. */
__attribute__((noinline)) static void
recur_rows(const srnn_recur_backward_pass *pass, activation act)
{
    for (int64_t b = 0; b < pass->dh.rows; b++) {
        real *const dh = (real *)pass->dh.data + b * pass->dh.stride;
        output o = {(const real *)pass->y.data + b * pass->y.batch_stride,
                    (const real *)pass->dy.data + b * pass->dy.batch_stride,
                    (real *)pass->g.data + b * pass->g.batch_stride,
                    vector_of((real)pass->tiny)};
        begin(&o, dh, pass->weight_hh_t->matrix.rows, act);
        for (int64_t t = 1; t <= pass->T; t++) {
            const real *const g = o.g;
            const bool is_last = t == pass->T;
            o.y += is_last ? 0 : pass->y.time_stride;
            o.dy += is_last ? 0 : pass->dy.time_stride;
            o.g = is_last ? dh : o.g + pass->g.time_stride;
            recur_row(make, &o, pass->weight_hh_t, g, is_last ? NONE : act);
        }
    }
}

/* Some rows of the batch on their way through the steps. */
typedef struct {
    _Alignas(VECTOR_BYTES) real g[BLOCK_ROWS * TILE_K];
    _Alignas(VECTOR_BYTES) real zeros[TILE_K];
    _Alignas(VECTOR_BYTES) real sums[TILE_SUMS];
} block;

/* g = flushed((dy + sums) f'(y)), which become what the next product is of. */
ALWAYS_INLINE void finish_tile(const srnn_recur_backward_pass *pass,
                               const tile *t, int64_t step, int64_t b,
                               real *next, activation act)
{
    const vector tiny = vector_of((real)pass->tiny);
    const srnn_recur_sequence y = pass->y;
    const srnn_recur_sequence dy = pass->dy;
    const srnn_recur_sequence g = pass->g;
    const real *y_row =
        (const real *)y.data + step * y.time_stride + b * y.batch_stride;
    const real *dy_row =
        (const real *)dy.data + step * dy.time_stride + b * dy.batch_stride;
    real *g_row = (real *)g.data + step * g.time_stride + b * g.batch_stride;
    for (int64_t m = 0; m < t->rows; m++) {
        for (int64_t n = 0; n < t->columns; n += VECTOR_SIZE) {
            const int64_t left = t->columns - n;
            const vector dh =
                vector_load(t->sums + n * TILE_HIGH + m * VECTOR_SIZE);
            const vector made = flushed(behind(load_left(dy_row + n, left) + dh,
                                               load_left(y_row + n, left), act),
                                        tiny);
            vector_store(next + m * TILE_K + n, made);
            store_left(g_row + n, made, left);
        }
        y_row += y.batch_stride;
        dy_row += dy.batch_stride;
        g_row += g.batch_stride;
    }
}

/* Takes the lines of g from other cores while the product is made. */
ALWAYS_INLINE void claim(const srnn_recur_backward_pass *pass, const tile *t,
                         int64_t step, int64_t b)
{
    const srnn_recur_sequence g = pass->g;
    const real *row =
        (const real *)g.data + step * g.time_stride + b * g.batch_stride;
    for (int64_t m = 0; m < t->rows; m++, row += g.batch_stride)
        for (int64_t n = 0; n < t->columns; n += LINE)
            __builtin_prefetch(row + n, 1);
}

/* Between the sums and dh, for rows from b on. */
ALWAYS_INLINE void load_dh(const srnn_recur_backward_pass *pass, const tile *t,
                           int64_t b)
{
    const real *const dh = (const real *)pass->dh.data + b * pass->dh.stride;
    for (int64_t n = 0; n < t->columns; n += VECTOR_SIZE)
        for (int64_t m = 0; m < t->rows; m++)
            vector_store(
                t->sums + n * TILE_HIGH + m * VECTOR_SIZE,
                load_left(dh + m * pass->dh.stride + n, t->columns - n));
}

ALWAYS_INLINE void store_dh(const srnn_recur_backward_pass *pass, const tile *t,
                            int64_t b)
{
    real *const dh = (real *)pass->dh.data + b * pass->dh.stride;
    for (int64_t n = 0; n < t->columns; n += VECTOR_SIZE)
        for (int64_t m = 0; m < t->rows; m++)
            store_left(dh + m * pass->dh.stride + n,
                       vector_load(t->sums + n * TILE_HIGH + m * VECTOR_SIZE),
                       t->columns - n);
}

/* All steps of some rows of the batch, and the product after the last one. */
static void recur_block(const srnn_recur_backward_pass *pass, int64_t first,
                        int64_t rows, activation act)
{
    const int64_t H = pass->weight_hh_t->matrix.rows;
    const int64_t height = tile_height(H);
    block own;
    tile t = {.factors = {{own.g, pass->weight_hh_t}},
              .count = 1,
              .start = own.zeros,
              .columns = H,
              .sums = own.sums};
    memset(own.zeros, 0, sizeof own.zeros);
    tile_clear(own.g, rows, height);
    for (int64_t step = 0; step <= pass->T; step++) {
        for (int64_t b = 0; b < rows; b += height) {
            t.factors[0].a = own.g + b * TILE_K;
            t.rows = rows - b < height ? rows - b : height;
            if (pass->is_shared && step < pass->T)
                claim(pass, &t, step, first + b);
            if (step == 0)
                load_dh(pass, &t, first + b);
            else
                SRNN_KERNEL_NAME(srnn_recur__multiply_tile)(&t);
            if (step < pass->T)
                finish_tile(pass, &t, step, first + b, own.g + b * TILE_K, act);
            else
                store_dh(pass, &t, first + b);
        }
    }
}

/* All of the batch in tiles. */
static void recur_tiles(const srnn_recur_backward_pass *pass, activation act)
{
    const int64_t B = pass->dh.rows;
    const int64_t rows = block_rows(B, pass->weight_hh_t->matrix.rows);
    for (int64_t b = 0; b < B; b += rows)
        recur_block(pass, b, B - b < rows ? B - b : rows, act);
}

static void recur(const srnn_recur_backward_pass *pass, activation act)
{
    if (pass->T == 0)
        return;
    if (is_tiled(pass->dh.rows, pass->weight_hh_t->matrix.rows)) {
        recur_tiles(pass, act);
        return;
    }
    recur_rows(pass, act);
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
