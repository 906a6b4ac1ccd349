/* SPDX-License-Identifier: MIT */
/* C = start + A W^T with W packed (pack.h), tile by tile (tile.h). Compiled per
 * dtype and ISA.
 *
 * Which function multiplies:
 *
 *     PANEL rows, W has few           multiply_thin: rows of A side by side
 *     rows > 1                        multiply_panels: tiles of ROWS x VECTORS
 *     1 row, K <= SRNN_SEGMENTS_MAX   multiply_short_row: segments side by side
 *     1 row, longer K, full panels    multiply_panel_pairs: 8 vectors at once
 *     1 row, longer K, the rest       multiply_panels */
#include <assert.h>
#include <stdbool.h>

#include "gemm/panel.h"
#include "gemm/short_row.h"
#include "gemm/thin.h"
#include "gemm/tile.h"

enum {
    HALF = 4 * VECTOR_SIZE, /* what half of multiply_panel_pair makes */
    PAIR = 2 * HALF,
    /* Whole segments. All rows multiply a block of a panel, 32 KiB, before the
     * next one is read: L2 is too slow for a core with two FMAs a cycle. */
    K_BLOCK = 2 * SRNN_SEGMENT_LENGTH,
    /* A larger W may come from beyond L2, which other data shares. */
    FAR_BYTES = 1 << 19
};

#define TILE(rows, vectors)                                                    \
    __attribute__((noinline)) static void multiply_##rows##x##vectors(         \
        const operands *o)                                                     \
    {                                                                          \
        multiply(o, rows, vectors);                                            \
    }

typedef void tile_function(const operands *o);

/* Tiles are whole cache lines wide. */
#if TILE_VECTORS == 4 && VECTOR_BYTES == 64
#define ROW_OF_TILES(rows)                                                     \
    TILE(rows, 1) TILE(rows, 2) TILE(rows, 3) TILE(rows, 4)
#define NAMES(rows)                                                            \
    {                                                                          \
        multiply_##rows##x1, multiply_##rows##x2, multiply_##rows##x3,         \
            multiply_##rows##x4                                                \
    }
#elif TILE_VECTORS == 2 && VECTOR_BYTES == 32
#define ROW_OF_TILES(rows) TILE(rows, 2)
#define NAMES(rows)                                                            \
    {                                                                          \
        0, multiply_##rows##x2                                                 \
    }
#elif TILE_VECTORS == 4 && VECTOR_BYTES == 16
#define ROW_OF_TILES(rows) TILE(rows, 4)
#define NAMES(rows)                                                            \
    {                                                                          \
        0, 0, 0, multiply_##rows##x4                                           \
    }
#else
#error "no tiles of this width"
#endif

ROW_OF_TILES(1)
ROW_OF_TILES(2)
#if TILE_ROWS == 2
static tile_function *const tiles[HIGHEST][VECTORS] = {NAMES(1), NAMES(2)};
#elif TILE_ROWS == 6
ROW_OF_TILES(3)
ROW_OF_TILES(4)
ROW_OF_TILES(5)
ROW_OF_TILES(6)
#if VECTOR_BYTES == 64
TILE(7, 1)
TILE(8, 1)
#endif
static tile_function *const tiles[HIGHEST][VECTORS] = {
    NAMES(1),       NAMES(2),       NAMES(3), NAMES(4), NAMES(5), NAMES(6),
#if VECTOR_BYTES == 64
    {multiply_7x1}, {multiply_8x1},
#endif
};
#else
#error "no tiles of this height"
#endif

/* One row leaves half the machine idle unless twice as many columns run side by
 * side, HALF further on in C and so many in W. */
__attribute__((noinline)) static void multiply_panel_pair(const operands *o,
                                                          int64_t further)
{
    const real *a = o->a;
    const real *w = o->w;
    const real *w_more = w + further;
    const int64_t w_stride = o->w_stride;
    vector sum[2][4];
    load_row(sum[0], o->start, HALF, 4);
    load_row(sum[1], o->start + HALF, HALF, 4);
    for (int64_t left = o->depth; left > 0; left -= o->length) {
        vector acc[2][4];
        UNROLL
        for (int64_t v = 0; v < 4; v++)
            acc[0][v] = acc[1][v] = vector_of(0);
        const real *const end = a + (left < o->length ? left : o->length);
        UNROLL_PART
        for (; a < end; a++, w += w_stride, w_more += w_stride) {
            const vector ak = vector_of(*a);
            UNROLL
            for (int64_t v = 0; v < 4; v++) {
                acc[0][v] =
                    vector_fma(ak, vector_load(w + v * VECTOR_SIZE), acc[0][v]);
                acc[1][v] = vector_fma(
                    ak, vector_load(w_more + v * VECTOR_SIZE), acc[1][v]);
            }
        }
        UNROLL
        for (int64_t v = 0; v < 4; v++) {
            sum[0][v] = sum[0][v] + acc[0][v];
            sum[1][v] = sum[1][v] + acc[1][v];
        }
    }
    store_row(o->c, sum[0], HALF, 4);
    store_row(o->c + HALF, sum[1], HALF, 4);
}

/* A row with a short K. */
ALWAYS_INLINE void multiply_segments(const short_row *r, const real *start,
                                     real *c, int64_t columns, int segments,
                                     int vectors)
{
    vector sum[SHORT_ROW_VECTORS];
    load_row(sum, start, columns, vectors);
    short_row_multiply(sum, r, segments, vectors);
    store_row(c, sum, columns, vectors);
}

#define SEGMENTS(segments, vectors)                                            \
    __attribute__((noinline)) static void                                      \
        multiply_short_##segments##x##vectors(                                 \
            const short_row *r, const real *start, real *c, int64_t columns)   \
    {                                                                          \
        multiply_segments(r, start, c, columns, segments, vectors);            \
    }

SEGMENTS(1, 1)
SEGMENTS(1, 4)
SEGMENTS(2, 1)
SEGMENTS(2, 2)
SEGMENTS(2, 4)
SEGMENTS(4, 1)
SEGMENTS(4, 2)

/* As many columns as one call takes; returns how many. */
static int64_t multiply_some(const short_row *r, int64_t segments,
                             const real *start, real *c, int64_t columns)
{
    const int64_t vectors = (columns + VECTOR_SIZE - 1) / VECTOR_SIZE;
    if (segments == 4 && vectors >= 2)
        return multiply_short_4x2(r, start, c, columns), 2 * VECTOR_SIZE;
    if (segments == 4)
        return multiply_short_4x1(r, start, c, columns), VECTOR_SIZE;
    if (segments == 1 && vectors >= 4)
        return multiply_short_1x4(r, start, c, columns), 4 * VECTOR_SIZE;
    if (segments == 1)
        return multiply_short_1x1(r, start, c, columns), VECTOR_SIZE;
    if (vectors >= 4)
        return multiply_short_2x4(r, start, c, columns), 4 * VECTOR_SIZE;
    if (vectors >= 2)
        return multiply_short_2x2(r, start, c, columns), 2 * VECTOR_SIZE;
    return multiply_short_2x1(r, start, c, columns), VECTOR_SIZE;
}

/* A tile whose columns do not fill its vectors works on a copy of them. o is
 * changed for the call: a copy of it would wait for what was just stored. */
ALWAYS_INLINE void multiply_copy(operands *o, tile_function *tile, int64_t rows,
                                 int64_t columns, int vectors)
{
    vector copy[HIGHEST][VECTORS];
    const real *const start = o->start;
    const int64_t start_stride = o->start_stride;
    real *const c = o->c;
    const int64_t c_stride = o->c_stride;
    for (int64_t m = 0; m < rows; m++)
        load_part(copy[m], start + m * start_stride, columns, vectors);
    o->start = o->c = (real *)copy;
    o->start_stride = o->c_stride = WIDTH;
    tile(o);
    for (int64_t m = 0; m < rows; m++)
        store_part(c + m * c_stride, copy[m], columns, vectors);
    o->start = start;
    o->start_stride = start_stride;
    o->c = c;
    o->c_stride = c_stride;
}

static void multiply_part(operands *o, tile_function *tile, int64_t rows,
                          int64_t columns, int64_t vectors)
{
    const bool varies = VECTOR_BYTES == SRNN_LINE_BYTES;
    if (varies && vectors == 1)
        multiply_copy(o, tile, rows, columns, 1);
    else if (varies && vectors == 2)
        multiply_copy(o, tile, rows, columns, 2);
    else if (varies && vectors == 3)
        multiply_copy(o, tile, rows, columns, 3);
    else
        multiply_copy(o, tile, rows, columns, VECTORS);
}

/* All rows, in tiles of nearly the same height. */
static void multiply_rows(const operands *given, int64_t rows, int64_t vectors,
                          int64_t columns)
{
    const int64_t most = vectors == 1 ? HIGHEST : ROWS;
    const int64_t count = (rows + most - 1) / most;
    const int64_t height = rows / count;
    const int64_t higher = rows % count; /* of them have a row more */
    operands o = *given;
    for (int64_t i = 0; i < count; i++) {
        const int64_t own = height + (i < higher ? 1 : 0);
        assert(own >= 1 && own <= most && vectors >= 1 && vectors <= VECTORS);
        tile_function *const tile = tiles[own - 1][vectors - 1];
        assert(tile != NULL);
        if (i == WIDTH / LINE) /* all lines of what follows are fetched */
            o.ahead = NULL;
        if (columns < vectors * VECTOR_SIZE)
            multiply_part(&o, tile, own, columns, vectors);
        else
            tile(&o);
        if (o.ahead != NULL)
            o.ahead += o.depth * SRNN_LINE_BYTES;
        o.a += own * o.a_stride;
        o.start += own * o.start_stride;
        o.c += own * o.c_stride;
    }
}

/* Long K in blocks, which may be stored and loaded again in between. */
static void multiply_panel(srnn_matrix a, const panel *p, const real *start,
                           real *c, int64_t c_stride, bool is_far)
{
    const srnn_segments segments = srnn_segments__of(p->K);
    for (int64_t k = 0; k < p->K; k += K_BLOCK) {
        const int64_t depth = p->K - k < K_BLOCK ? p->K - k : K_BLOCK;
        for (int64_t n = 0; n < p->columns; n += WIDTH) {
            const int64_t wide = p->width - n < WIDTH ? p->width - n : WIDTH;
            const bool is_first = k == 0 && start != NULL;
            const char *const next =
                (const char *)(p->w + (k + depth) * p->width);
            const operands o = {.a = (const real *)a.data + k,
                                .a_stride = a.stride,
                                .w = p->w + k * p->width + n,
                                .w_stride = p->width,
                                .depth = depth,
                                .length = segments.length,
                                .start = is_first ? start + n : c + n,
                                .start_stride = is_first ? 0 : c_stride,
                                .c = c + n,
                                .c_stride = c_stride,
                                .ahead = is_far ? next + n / LINE * depth *
                                                             SRNN_LINE_BYTES
                                                : NULL};
            multiply_rows(&o, a.rows, wide / VECTOR_SIZE, p->columns - n);
        }
    }
}

/* Panel after panel. */
static void multiply_panels(srnn_matrix a, const srnn_gemm_weight *w,
                            int64_t first, const real *start, srnn_matrix c)
{
    const int64_t K = w->matrix.columns;
    const bool is_far = w->matrix.rows * K > FAR_BYTES / (int64_t)sizeof(real);
    for (int64_t n = 0; n < c.columns; n += PANEL) {
        const panel p = panel_at(w, first + n, c.columns - n);
        multiply_panel(a, &p, start == NULL ? NULL : start + n,
                       (real *)c.data + n, c.stride,
                       is_far && first + n + PANEL < w->matrix.rows);
    }
}

/* One row with a short K. */
static void multiply_short_row(const real *a, const srnn_gemm_weight *w,
                               int64_t first, const real *start, real *c,
                               int64_t columns)
{
    const srnn_segments segments = srnn_segments__of(w->matrix.columns);
    for (int64_t n = 0; n < columns; n += PANEL) {
        const panel p = panel_at(w, first + n, columns - n);
        for (int64_t i = 0; i < p.columns;) {
            const short_row r = {a, p.w + i, p.width, p.K, segments.length};
            i += multiply_some(&r, segments.count, start + n + i, c + n + i,
                               p.columns - i);
        }
    }
}

/* One row against full panels with long K. Returns the columns done. */
static int64_t multiply_panel_pairs(const real *a, const srnn_gemm_weight *w,
                                    int64_t first, const real *start, real *c,
                                    int64_t columns)
{
    const int64_t K = w->matrix.columns;
    const real *const packed = (const real *)w->packed + first * K;
    const int64_t full = columns / PANEL * PANEL;
    int64_t n = 0;
    for (; n + PAIR <= full; n += PAIR) {
        const real *const half = packed + n / PANEL * PANEL * K + n % PANEL;
        const int64_t more = n + HALF;
        const operands o = {.a = a,
                            .w = half,
                            .w_stride = PANEL,
                            .depth = K,
                            .length = SRNN_SEGMENT_LENGTH,
                            .start = start + n,
                            .c = c + n};
        multiply_panel_pair(&o, packed + more / PANEL * PANEL * K +
                                    more % PANEL - half);
    }
    return n;
}

/* start may be c.data here. */
static void multiply_row(const real *a, const srnn_gemm_weight *w,
                         int64_t first, const real *start, srnn_matrix c)
{
    const int64_t K = w->matrix.columns;
    if (K <= SRNN_SEGMENTS_MAX) {
        multiply_short_row(a, w, first, start, c.data, c.columns);
        return;
    }
    const int64_t done =
        multiply_panel_pairs(a, w, first, start, c.data, c.columns);
    c.data = (real *)c.data + done;
    c.columns -= done;
    multiply_panels((srnn_matrix){(void *)a, 1, K, K}, w, first + done,
                    start + done, c);
}

void SRNN_KERNEL_NAME(srnn_gemm__native)(srnn_matrix a,
                                         const srnn_gemm_weight *w,
                                         int64_t first, const void *start,
                                         srnn_matrix c)
{
    if (a.rows == 1) {
        multiply_row(a.data, w, first, start == NULL ? c.data : start, c);
        return;
    }
    if (THIN > 0 && w->matrix.rows <= THIN) {
        const int64_t done = multiply_thin(a, w, start, c);
        a.data = (real *)a.data + done * a.stride;
        a.rows -= done;
        c.data = (real *)c.data + done * c.stride;
    }
    if (a.rows > 0)
        multiply_panels(a, w, first, start, c);
}
