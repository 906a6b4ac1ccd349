/* SPDX-License-Identifier: MIT */
/* C = C + A W^T with W packed (pack.h). Compiled per dtype and ISA.
 *
 * A tile of C stays in registers while k runs:
 *
 *                 w[k]: VECTORS vectors of a panel
 *     a[0][k]  *  [acc 0,0] [acc 0,1] ...
 *     a[1][k]  *  [acc 1,0] [acc 1,1] ...
 *
 * Each element is one chain of FMAs over ascending k for each segment of K, the
 * first starting from C, the others from zero and added in order (pack.h): its
 * bits depend on nothing else. C may be stored and loaded again in between. */
#include <string.h>

#include "gemm/gemm.h"
#include "gemm/pack.h"
#include "tensor/vector.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* Registers: ROWS x VECTORS accumulators, VECTORS of W, one of A. */
#if defined(SRNN_TARGET_AVX512)
enum { ROWS = 6, VECTORS = 4 };
#elif defined(SRNN_TARGET_AVX2)
enum { ROWS = 6, VECTORS = 2 };
#elif defined(SRNN_TARGET_NEON)
enum { ROWS = 6, VECTORS = 4 };
#else
enum { ROWS = 2, VECTORS = 4 };
#endif

enum {
    LINE = SRNN_LINE_BYTES / sizeof(real),
    PANEL = SRNN_PANEL_LINES * LINE,
    HALF = 4 * VECTOR_SIZE, /* what half of multiply_wide_row makes */
    PAIR = 2 * HALF,
    WIDTH = VECTORS * VECTOR_SIZE, /* of a tile: a part of a panel, or all */
    K_BLOCK = 512 /* a block of a panel, 128 KiB, stays in L2 for all rows */
};

/* What one tile reads and writes. */
typedef struct {
    const real *a; /* [rows, depth] */
    int64_t a_stride;
    const real *w; /* [depth, vectors], rows a panel's width apart */
    int64_t w_stride;
    int64_t depth;
    real *c; /* [rows, vectors] */
    int64_t c_stride;
} operands;

/* rows and vectors are constants wherever this is inlined. */
ALWAYS_INLINE void multiply(const operands *o, int rows, int vectors)
{
    const real *const a = o->a;
    const int64_t a_stride = o->a_stride;
    const int64_t w_stride = o->w_stride;
    const int64_t depth = o->depth;
    const real *w = o->w;
    vector acc[ROWS][VECTORS];
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            acc[m][v] = vector_load(o->c + m * o->c_stride + v * VECTOR_SIZE);
    }
    for (int64_t k = 0; k < depth; k++, w += w_stride) {
        vector wk[VECTORS];
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            wk[v] = vector_load(w + v * VECTOR_SIZE);
        UNROLL
        for (int64_t m = 0; m < rows; m++) {
            const vector am = vector_of(a[m * a_stride + k]);
            UNROLL
            for (int64_t v = 0; v < vectors; v++)
                acc[m][v] = vector_fma(am, wk[v], acc[m][v]);
        }
    }
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            vector_store(o->c + m * o->c_stride + v * VECTOR_SIZE, acc[m][v]);
    }
}

#define TILE(rows, vectors)                                                    \
    __attribute__((noinline)) static void multiply_##rows##x##vectors(         \
        const operands *o)                                                     \
    {                                                                          \
        multiply(o, rows, vectors);                                            \
    }

typedef void tile_function(const operands *o);

#if VECTOR_BYTES == 64
#define ROW_OF_TILES(rows)                                                     \
    TILE(rows, 1) TILE(rows, 2) TILE(rows, 3) TILE(rows, 4)
#define NAMES(rows)                                                            \
    {                                                                          \
        multiply_##rows##x1, multiply_##rows##x2, multiply_##rows##x3,         \
            multiply_##rows##x4                                                \
    }
#elif defined(SRNN_TARGET_AVX2)
#define ROW_OF_TILES(rows) TILE(rows, 2)
#define NAMES(rows)                                                            \
    {                                                                          \
        0, multiply_##rows##x2                                                 \
    }
#else
#define ROW_OF_TILES(rows) TILE(rows, 4)
#define NAMES(rows)                                                            \
    {                                                                          \
        0, 0, 0, multiply_##rows##x4                                           \
    }
#endif

ROW_OF_TILES(1)
ROW_OF_TILES(2)
#if defined(SRNN_TARGET_BASELINE)
static tile_function *const tiles[ROWS][VECTORS] = {NAMES(1), NAMES(2)};
#else
ROW_OF_TILES(3)
ROW_OF_TILES(4)
ROW_OF_TILES(5)
ROW_OF_TILES(6)
static tile_function *const tiles[ROWS][VECTORS] = {
    NAMES(1), NAMES(2), NAMES(3), NAMES(4), NAMES(5), NAMES(6)};
#endif

/* One row leaves half the machine idle unless twice as many columns run side by
 * side: w and w_more, c and c_more. */
__attribute__((noinline)) static void
multiply_wide_row(const operands *o, const real *w_more, real *c_more)
{
    const real *const a = o->a;
    const real *w = o->w;
    const int64_t w_stride = o->w_stride;
    const int64_t depth = o->depth;
    vector acc[2][4];
    UNROLL
    for (int64_t v = 0; v < 4; v++) {
        acc[0][v] = vector_load(o->c + v * VECTOR_SIZE);
        acc[1][v] = vector_load(c_more + v * VECTOR_SIZE);
    }
    for (int64_t k = 0; k < depth; k++, w += w_stride, w_more += w_stride) {
        const vector ak = vector_of(a[k]);
        UNROLL
        for (int64_t v = 0; v < 4; v++) {
            acc[0][v] =
                vector_fma(ak, vector_load(w + v * VECTOR_SIZE), acc[0][v]);
            acc[1][v] = vector_fma(ak, vector_load(w_more + v * VECTOR_SIZE),
                                   acc[1][v]);
        }
    }
    UNROLL
    for (int64_t v = 0; v < 4; v++) {
        vector_store(o->c + v * VECTOR_SIZE, acc[0][v]);
        vector_store(c_more + v * VECTOR_SIZE, acc[1][v]);
    }
}

/* Product k of each of the first segments. */
ALWAYS_INLINE void add_products(vector acc[4][4], const operands *o,
                                int64_t length, int64_t k, int segments,
                                int vectors)
{
    UNROLL
    for (int s = 0; s < segments; s++) {
        const int64_t at = s * length + k;
        const vector ak = vector_of(o->a[at]);
        UNROLL
        for (int64_t v = 0; v < vectors; v++) {
            const vector w =
                vector_load(o->w + at * o->w_stride + v * VECTOR_SIZE);
            acc[s][v] = vector_fma(ak, w, acc[s][v]);
        }
    }
}

/* A row again, where K is so short that its segments run side by side too:
 * 8 chains as segments x vectors. The last segment may be shorter. The sums are
 * added in order at the end. */
ALWAYS_INLINE void multiply_segments(const operands *given, int64_t length,
                                     int segments, int vectors)
{
    const operands o = *given;
    const int64_t last = o.depth - (segments - 1) * length;
    vector acc[4][4];
    UNROLL
    for (int64_t v = 0; v < vectors; v++) {
        acc[0][v] = vector_load(o.c + v * VECTOR_SIZE);
        UNROLL
        for (int s = 1; s < segments; s++)
            acc[s][v] = vector_of(0);
    }
    for (int64_t k = 0; k < last; k++)
        add_products(acc, &o, length, k, segments, vectors);
    for (int64_t k = last; k < length; k++)
        add_products(acc, &o, length, k, segments - 1, vectors);
    UNROLL
    for (int64_t v = 0; v < vectors; v++) {
        vector sum = acc[0][v];
        UNROLL
        for (int s = 1; s < segments; s++)
            sum = sum + acc[s][v];
        vector_store(o.c + v * VECTOR_SIZE, sum);
    }
}

#define SEGMENTS(segments, vectors)                                            \
    __attribute__((noinline)) static void multiply_row_##segments##x##vectors( \
        const operands *o, int64_t length)                                     \
    {                                                                          \
        multiply_segments(o, length, segments, vectors);                       \
    }

SEGMENTS(2, 1)
SEGMENTS(2, 2)
SEGMENTS(2, 4)
SEGMENTS(4, 1)
SEGMENTS(4, 2)

/* As many vectors as one call takes; returns how many. */
static int64_t multiply_short_row(const operands *o, srnn_segments segments,
                                  int64_t vectors)
{
    if (segments.count == 4 && vectors >= 2)
        return multiply_row_4x2(o, segments.length), 2;
    if (segments.count == 4)
        return multiply_row_4x1(o, segments.length), 1;
    if (vectors >= 4)
        return multiply_row_2x4(o, segments.length), 4;
    if (vectors >= 2)
        return multiply_row_2x2(o, segments.length), 2;
    return multiply_row_2x1(o, segments.length), 1;
}

/* A panel of W, and the columns of C that it makes. */
typedef struct {
    const real *w;
    int64_t K;
    int64_t width;   /* whole lines */
    int64_t columns; /* of C, at most width */
} panel;

/* The panel of W from row n on; wanted columns of it. */
static panel panel_at(const srnn_gemm__weight *w, int64_t n, int64_t wanted)
{
    const int64_t K = w->matrix.columns;
    const int64_t lines = (w->matrix.rows - n + LINE - 1) / LINE;
    const int64_t width = lines < SRNN_PANEL_LINES ? lines * LINE : PANEL;
    return (panel){(const real *)w->packed + n * K, K, width,
                   wanted < width ? wanted : width};
}

/* A tile whose columns do not fill their vectors is made aside. */
static void multiply_aside(const operands *o, tile_function *tile, int64_t rows,
                           int64_t columns)
{
    real aside[ROWS][WIDTH] __attribute__((aligned(SRNN_LINE_BYTES))) = {{0}};
    const size_t bytes = (size_t)columns * sizeof(real);
    operands inner = *o;
    inner.c = &aside[0][0];
    inner.c_stride = WIDTH;
    for (int64_t m = 0; m < rows; m++)
        memcpy(aside[m], o->c + m * o->c_stride, bytes);
    tile(&inner);
    for (int64_t m = 0; m < rows; m++)
        memcpy(o->c + m * o->c_stride, aside[m], bytes);
}

/* All rows, in tiles of nearly the same height. */
static void multiply_rows(const operands *o, int64_t rows, int64_t vectors,
                          int64_t columns)
{
    const int64_t count = (rows + ROWS - 1) / ROWS;
    for (int64_t i = 0; i < count; i++) {
        const int64_t first = rows * i / count;
        const int64_t height = rows * (i + 1) / count - first;
        tile_function *const tile = tiles[height - 1][vectors - 1];
        operands inner = *o;
        inner.a += first * o->a_stride;
        inner.c += first * o->c_stride;
        if (columns < vectors * VECTOR_SIZE)
            multiply_aside(&inner, tile, height, columns);
        else
            tile(&inner);
    }
}

/* Long K, in blocks. */
static void multiply_panel(const real *a, int64_t a_stride, int64_t rows,
                           const panel *p, real *c, int64_t c_stride)
{
    for (int64_t k = 0; k < p->K; k += K_BLOCK) {
        const int64_t depth = p->K - k < K_BLOCK ? p->K - k : K_BLOCK;
        for (int64_t n = 0; n < p->columns; n += WIDTH) {
            const int64_t wide = p->width - n < WIDTH ? p->width - n : WIDTH;
            const int64_t left = p->columns - n;
            const operands o = {a + k,    a_stride, p->w + k * p->width + n,
                                p->width, depth,    c + n,
                                c_stride};
            multiply_rows(&o, rows, wide / VECTOR_SIZE,
                          left < wide ? left : wide);
        }
    }
}

/* One row and whole vectors of a panel. */
static void multiply_row_panel(const real *a, const panel *p, real *c)
{
    const srnn_segments segments = srnn_segments__of(p->K);
    if (segments.count == 1) {
        multiply_panel(a, 0, 1, p, c, 0);
        return;
    }
    for (int64_t n = 0; n < p->width;) {
        const operands o = {a, 0, p->w + n, p->width, p->K, c + n, 0};
        n += VECTOR_SIZE *
             multiply_short_row(&o, segments, (p->width - n) / VECTOR_SIZE);
    }
}

/* One row against full panels with long K. Returns the columns done. */
static int64_t multiply_wide_rows(const real *a, const panel *first,
                                  int64_t columns, real *c)
{
    const int64_t K = first->K;
    const int64_t full = columns / PANEL * PANEL;
    int64_t n = 0;
    for (; n + PAIR <= full; n += PAIR) {
        const int64_t more = n + HALF;
        const operands o = {
            a,     0, first->w + n / PANEL * PANEL * K + n % PANEL, PANEL, K,
            c + n, 0};
        multiply_wide_row(
            &o, first->w + more / PANEL * PANEL * K + more % PANEL, c + more);
    }
    return n;
}

/* A single row: its panels side by side, the last one aside if it is not full
 * so that vectors can be stored whole. */
static void multiply_row(const real *a, const srnn_gemm__weight *w,
                         int64_t first, int64_t columns, real *c)
{
    int64_t n = 0;
    const panel start = panel_at(w, first, columns);
    if (srnn_segments__of(start.K).count == 1)
        n = multiply_wide_rows(a, &start, columns, c);
    for (; n < columns; n += PANEL) {
        panel p = panel_at(w, first + n, columns - n);
        const size_t bytes = (size_t)p.columns * sizeof(real);
        if (p.columns == p.width) {
            multiply_row_panel(a, &p, c + n);
            continue;
        }
        real aside[PANEL] __attribute__((aligned(SRNN_LINE_BYTES))) = {0};
        memcpy(aside, c + n, bytes);
        p.columns = p.width;
        multiply_row_panel(a, &p, aside);
        memcpy(c + n, aside, bytes);
    }
}

/* Rows one by one where K is cut: their segments fill the machine, and the few
 * lines of W that a short K has stay in the first-level cache. */
void SRNN_KERNEL_NAME(srnn_gemm__native)(srnn_matrix a,
                                         const srnn_gemm__weight *w,
                                         int64_t first, srnn_matrix c)
{
    if (a.rows == 1 || srnn_segments__of(a.columns).count > 1) {
        for (int64_t m = 0; m < a.rows; m++)
            multiply_row((const real *)a.data + m * a.stride, w, first,
                         c.columns, (real *)c.data + m * c.stride);
        return;
    }
    for (int64_t n = 0; n < c.columns; n += PANEL) {
        const panel p = panel_at(w, first + n, c.columns - n);
        multiply_panel(a.data, a.stride, a.rows, &p, (real *)c.data + n,
                       c.stride);
    }
}
