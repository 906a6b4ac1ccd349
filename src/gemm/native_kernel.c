/* SPDX-License-Identifier: MIT */
/* C = start + A W^T with W packed (pack.h). Compiled per dtype and ISA.
 *
 * A tile of C stays in registers while k runs:
 *
 *                 w[k]: VECTORS vectors of a panel
 *     a[0][k]  *  [acc 0,0] [acc 0,1] ...
 *     a[1][k]  *  [acc 1,0] [acc 1,1] ...
 *
 * Each element is one chain of FMAs over ascending k for each segment of K
 * (pack.h), and the sums of the segments are added in order: its bits depend on
 * nothing else. C holds the sum of the segments that are done.
 *
 * Which function multiplies:
 *
 *     rows > 1                        multiply_panels: tiles of ROWS x VECTORS
 *     1 row, K <= SRNN_SEGMENTS_MAX   multiply_short_row: segments side by side
 *     1 row, longer K, full panels    multiply_panel_pairs: 8 vectors at once
 *     1 row, longer K, the rest       multiply_panels */
#include <assert.h>
#include <stdbool.h>

#include "gemm/panel.h"
#include "gemm/short_row.h"

enum { ROWS = TILE_ROWS, VECTORS = TILE_VECTORS };

enum {
    HALF = 4 * VECTOR_SIZE, /* what half of multiply_panel_pair makes */
    PAIR = 2 * HALF,
    WIDTH = VECTORS * VECTOR_SIZE, /* of a tile: a part of a panel, or all */
    /* A block of a panel, 128 KiB, stays in L2 for all rows. Whole segments. */
    K_BLOCK = 8 * SRNN_SEGMENT_LENGTH
};

/* What one tile reads and writes. */
typedef struct {
    const real *a; /* [rows, depth] */
    int64_t a_stride;
    const real *w; /* [depth, vectors], rows a panel's width apart */
    int64_t w_stride;
    int64_t depth;
    int64_t length; /* of a segment; the last one may be shorter */
    bool goes_on;   /* the first segment, from the start; others from 0 */
    /* [rows, vectors]: c itself, or one row again and again */
    const real *start;
    int64_t start_stride;
    real *c; /* [rows, vectors] */
    int64_t c_stride;
} operands;

/* rows and vectors are constants wherever these are inlined. */
ALWAYS_INLINE void begin_segment(vector acc[ROWS][VECTORS], const operands *o,
                                 int rows, int vectors)
{
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            acc[m][v] = o->goes_on
                            ? vector_load(o->start + m * o->start_stride +
                                          v * VECTOR_SIZE)
                            : vector_of(0);
    }
}

/* One product for each element. */
ALWAYS_INLINE void add_products(vector acc[ROWS][VECTORS], const operands *o,
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

ALWAYS_INLINE void end_segment(vector acc[ROWS][VECTORS], const operands *o,
                               int rows, int vectors)
{
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++) {
            if (!o->goes_on)
                acc[m][v] = vector_load(o->start + m * o->start_stride +
                                        v * VECTOR_SIZE) +
                            acc[m][v];
            vector_store(o->c + m * o->c_stride + v * VECTOR_SIZE, acc[m][v]);
        }
    }
}

/* A segment starts from what the one before it left in C. */
ALWAYS_INLINE void multiply(const operands *given, int rows, int vectors)
{
    operands o = *given;
    for (int64_t left = o.depth; left > 0; left -= o.length) {
        vector acc[ROWS][VECTORS];
        begin_segment(acc, &o, rows, vectors);
        const real *const end = o.a + (left < o.length ? left : o.length);
        UNROLL_BY_4
        for (; o.a < end; o.a++, o.w += o.w_stride)
            add_products(acc, &o, rows, vectors);
        end_segment(acc, &o, rows, vectors);
        o.start = o.c;
        o.start_stride = o.c_stride;
        o.goes_on = false;
    }
}

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
static tile_function *const tiles[ROWS][VECTORS] = {NAMES(1), NAMES(2)};
#elif TILE_ROWS == 6
ROW_OF_TILES(3)
ROW_OF_TILES(4)
ROW_OF_TILES(5)
ROW_OF_TILES(6)
static tile_function *const tiles[ROWS][VECTORS] = {
    NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6)};
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

/* A tile whose columns do not fill its vectors works on a copy of them. */
static void multiply_part(const operands *given, tile_function *tile,
                          int64_t rows, int64_t columns)
{
    vector copy[ROWS][VECTORS];
    operands o = *given;
    o.start = (const real *)copy;
    o.start_stride = WIDTH;
    o.c = (real *)copy;
    o.c_stride = WIDTH;
    for (int64_t m = 0; m < rows; m++)
        for (int64_t v = 0; v < VECTORS; v++)
            copy[m][v] = vector_load_first(
                given->start + m * given->start_stride + v * VECTOR_SIZE,
                lanes_of(columns, v));
    tile(&o);
    for (int64_t m = 0; m < rows; m++)
        for (int64_t v = 0; v < VECTORS; v++)
            vector_store_first(given->c + m * given->c_stride + v * VECTOR_SIZE,
                               copy[m][v], lanes_of(columns, v));
}

/* All rows, in tiles of nearly the same height. */
static void multiply_rows(const operands *given, int64_t rows, int64_t vectors,
                          int64_t columns)
{
    const int64_t count = (rows + ROWS - 1) / ROWS;
    const int64_t height = rows / count;
    const int64_t higher = rows % count; /* of them have a row more */
    operands o = *given;
    for (int64_t i = 0; i < count; i++) {
        const int64_t own = height + (i < higher ? 1 : 0);
        assert(own >= 1 && own <= ROWS && vectors >= 1 && vectors <= VECTORS);
        tile_function *const tile = tiles[own - 1][vectors - 1];
        if (columns < vectors * VECTOR_SIZE)
            multiply_part(&o, tile, own, columns);
        else
            tile(&o);
        o.a += own * o.a_stride;
        o.start += own * o.start_stride;
        o.c += own * o.c_stride;
    }
}

/* Long K in blocks, which may be stored and loaded again in between. */
static void multiply_panel(srnn_matrix a, const panel *p, const real *start,
                           real *c, int64_t c_stride)
{
    const srnn_segments segments = srnn_segments__of(p->K);
    for (int64_t k = 0; k < p->K; k += K_BLOCK) {
        const int64_t depth = p->K - k < K_BLOCK ? p->K - k : K_BLOCK;
        for (int64_t n = 0; n < p->columns; n += WIDTH) {
            const int64_t wide = p->width - n < WIDTH ? p->width - n : WIDTH;
            const bool is_first = k == 0 && start != NULL;
            const operands o = {.a = (const real *)a.data + k,
                                .a_stride = a.stride,
                                .w = p->w + k * p->width + n,
                                .w_stride = p->width,
                                .depth = depth,
                                .length = segments.length,
                                .goes_on = segments.goes_on,
                                .start = is_first ? start + n : c + n,
                                .start_stride = is_first ? 0 : c_stride,
                                .c = c + n,
                                .c_stride = c_stride};
            multiply_rows(&o, a.rows, wide / VECTOR_SIZE, p->columns - n);
        }
    }
}

/* Panel after panel. */
static void multiply_panels(srnn_matrix a, const srnn_gemm_weight *w,
                            int64_t first, const real *start, srnn_matrix c)
{
    for (int64_t n = 0; n < c.columns; n += PANEL) {
        const panel p = panel_at(w, first + n, c.columns - n);
        multiply_panel(a, &p, start == NULL ? NULL : start + n,
                       (real *)c.data + n, c.stride);
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
    if (a.rows == 1)
        multiply_row(a.data, w, first, start == NULL ? c.data : start, c);
    else
        multiply_panels(a, w, first, start, c);
}
