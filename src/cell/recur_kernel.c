/* SPDX-License-Identifier: MIT */
/* Few rows go one at a time, a group of vectors at a time, and the machine
 * overlaps rows and groups; more rows go in tiles. Compiled per dtype and ISA.
 */
#include "cell/recur.h"
#include "cell/recur_row.h"
#include "cell/recur_tile.h"
#include "pointwise/activation_vector.h"

/* The place of an activation, or NONE. It is a constant wherever it is passed
 * to an inlined function. */
typedef int activation;
enum { NONE = SRNN_ACTIVATION_COUNT };

/* A row of the batch. */
typedef struct {
    const real *start; /* what the products are added to */
    real *whole;       /* the result, in whole vectors */
    real *y;           /* and in a row of the output; unused for NONE */
} output;

/* The branch is around all vectors, so that they overlap in each of its ways.
 */
ALWAYS_INLINE void activate(vector *sum, int64_t vectors, activation act)
{
#define CASE(id, word, x)                                                      \
    case SRNN_ACTIVATION_AT_##id:                                              \
        UNROLL                                                                 \
        for (int64_t v = 0; v < vectors; v++)                                  \
            sum[v] = word##_of(sum[v]);                                        \
        break;
    switch (act) {
        SRNN_ACTIVATION_ROWS(CASE, )
    default:
        break;
    }
}

ALWAYS_INLINE void make(const void *what, const short_row *row, int64_t n,
                        int64_t left, int segments, int vectors, int act)
{
    const output *const o = what;
    vector sum[SHORT_ROW_VECTORS];
    load_row(sum, o->start + n, left, vectors);
    short_row_multiply(sum, row, segments, vectors);
    activate(sum, vectors, act);
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        vector_store(o->whole + n + v * VECTOR_SIZE, sum[v]);
    if (act != NONE)
        store_row(o->y + n, sum, left, vectors);
}

/* The input products of a row at step t. */
__attribute__((noinline)) static void project(const srnn_recur_pass *pass,
                                              int64_t t, int64_t b, real *sums)
{
    const output o = {.start = pass->bias, .whole = sums};
    recur_row(make, &o, pass->weight_ih,
              (const real *)pass->x.data + t * pass->x.time_stride +
                  b * pass->x.batch_stride,
              NONE);
}

/* Some rows of the batch on their way through the steps. */
typedef struct {
    _Alignas(VECTOR_BYTES) real h[BLOCK_ROWS * TILE_K];
    _Alignas(VECTOR_BYTES) real x[TILE_HIGH * TILE_K];
    _Alignas(VECTOR_BYTES) real start[TILE_HIGH * TILE_K];
    _Alignas(VECTOR_BYTES) real sums[TILE_SUMS];
} block;

/* h = y = act(sums) */
ALWAYS_INLINE void finish_with(const tile *t, real *h, real *y,
                               int64_t y_stride, activation act)
{
    const real *sums = t->sums;
    for (int64_t n = 0; n < t->columns; n += VECTOR_SIZE) {
        for (int64_t m = 0; m < t->rows; m++) {
            vector made = vector_load(sums + m * VECTOR_SIZE);
            activate(&made, 1, act);
            vector_store(h + m * TILE_K + n, made);
            store_left(y + m * y_stride + n, made, t->columns - n);
        }
        sums += (int64_t)TILE_HIGH * VECTOR_SIZE;
    }
}

static void finish(const tile *t, real *h, real *y, int64_t y_stride,
                   activation act)
{
#define FINISH(id, word, x)                                                    \
    case SRNN_ACTIVATION_AT_##id:                                              \
        finish_with(t, h, y, y_stride, SRNN_ACTIVATION_AT_##id);               \
        break;
    switch (act) {
        SRNN_ACTIVATION_ROWS(FINISH, )
    default:
        break;
    }
}

/* One step of the rows from b on; h is where they are in the block. */
static void make_tile(const srnn_recur_pass *pass, block *own, tile *t,
                      int64_t step, int64_t b, real *h, activation act)
{
    real *const y = (real *)pass->y.data + step * pass->y.time_stride +
                    b * pass->y.batch_stride;
    t->factors[t->count - 1].a = h;
    if (t->count == 1)
        tile_gather(own->start, y, pass->y.batch_stride, t->rows, t->columns);
    else
        tile_gather(own->x,
                    (const real *)pass->x.data + step * pass->x.time_stride +
                        b * pass->x.batch_stride,
                    pass->x.batch_stride, t->rows,
                    pass->weight_ih->matrix.columns);
    SRNN_KERNEL_NAME(srnn_recur__multiply_tile)(t);
    finish(t, h, y, pass->y.batch_stride, act);
}

static void begin(const srnn_recur_pass *pass, block *own, tile *t,
                  int64_t first, int64_t rows)
{
    const int64_t H = pass->weight_hh->matrix.rows;
    const int64_t height = tile_height(H);
    *t = (tile){.start = own->start,
                .start_stride = TILE_K,
                .columns = H,
                .sums = own->sums};
    if (pass->weight_ih != NULL) {
        t->factors[t->count++] = (factor){own->x, pass->weight_ih};
        t->start_stride = 0;
        tile_gather(own->start, pass->bias, 0, 1, H);
        tile_clear(own->x, rows < height ? rows : height, height);
    } else {
        tile_clear(own->start, rows < height ? rows : height, height);
    }
    t->factors[t->count++] = (factor){own->h, pass->weight_hh};
    tile_gather(own->h, (const real *)pass->h.data + first * pass->h.stride,
                pass->h.stride, rows, H);
    tile_clear(own->h, rows, height);
}

/* All steps of some rows of the batch. */
static void recur_block(const srnn_recur_pass *pass, int64_t first,
                        int64_t rows, activation act)
{
    const int64_t height = tile_height(pass->weight_hh->matrix.rows);
    block own;
    tile t;
    begin(pass, &own, &t, first, rows);
    for (int64_t step = 0; step < pass->T; step++)
        for (int64_t b = 0; b < rows; b += height) {
            t.rows = rows - b < height ? rows - b : height;
            make_tile(pass, &own, &t, step, first + b, own.h + b * TILE_K, act);
        }
}

/* All of the batch in tiles. One function for all activations: they are
 * nothing beside a tile, and most of the code is not about them. */
__attribute__((noinline)) static void recur_tiles(const srnn_recur_pass *pass,
                                                  activation act)
{
    const int64_t B = pass->h.rows;
    const int64_t rows = block_rows(B, pass->weight_hh->matrix.rows);
    for (int64_t b = 0; b < B; b += rows)
        recur_block(pass, b, B - b < rows ? B - b : rows, act);
}

enum { FEW = SRNN_RECUR_TILED - 1 };

/* Memory of rows in whole vectors and lines. Where rows of y are neither, what
 * was just stored there takes long to load. */
typedef struct {
    _Alignas(SRNN_LINE_BYTES) real h[2][FEW][SRNN_RECUR_MAX]; /* by turns */
    _Alignas(SRNN_LINE_BYTES) real start[SRNN_RECUR_MAX];
} lines;

/* One row at a time. The states of few rows are loaded from where they are
 * aligned. */
__attribute__((noinline)) static void recur_rows(const srnn_recur_pass *pass,
                                                 activation act)
{
    const bool are_few = pass->h.rows <= FEW;
    const real *h = pass->h.data;
    int64_t h_stride = pass->h.stride;
    lines own;
    for (int64_t t = 0; t < pass->T; t++) {
        real *const y = (real *)pass->y.data + t * pass->y.time_stride;
        for (int64_t b = 0; b < pass->h.rows; b++) {
            real *const row = y + b * pass->y.batch_stride;
            if (pass->weight_ih != NULL)
                project(pass, t, b, own.start);
            /* What many rows leave in whole vectors is read by nobody. */
            const output o = {pass->weight_ih == NULL ? row : own.start,
                              own.h[t % 2][are_few ? b : 0], row};
            recur_row(make, &o, pass->weight_hh, h + b * h_stride, act);
        }
        h = are_few ? own.h[t % 2][0] : y;
        h_stride = are_few ? SRNN_RECUR_MAX : pass->y.batch_stride;
    }
}

static void recur(const srnn_recur_pass *pass, activation act)
{
    if (is_tiled(pass->h.rows, pass->weight_hh->matrix.rows)) {
        recur_tiles(pass, act);
        return;
    }
    recur_rows(pass, act);
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

const int64_t SRNN_KERNEL_NAME(srnn_recur__tiled_bytes) = (int64_t)TILE_WIDE
                                                          * VECTOR_BYTES;
