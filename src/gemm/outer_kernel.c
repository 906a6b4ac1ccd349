/* SPDX-License-Identifier: MIT */
/* G = A^T B or G + A^T B (outer.h). Compiled per dtype and ISA.
 *
 * A tile of G stays in registers while r runs over all rows:
 *
 *                  b[r]: VECTORS vectors
 *     a[r][0]  *  [acc 0,0] [acc 0,1] ...
 *     a[r][1]  *  [acc 1,0] [acc 1,1] ...
 *
 * A column of G that fills no vector may be multiplied as a row of G^T = B^T A
 * instead: the chain of an element is the same. */
#include "gemm/outer.h"

#include <assert.h>

#include "gemm/panel.h"

/* Tiles with as many accumulators as the registers hold, and lower ones for the
 * rows that are left: (rows, vectors). */
#if TILE_ROWS * TILE_VECTORS == 24
#define TILES(ROW)                                                             \
    ROW(6, 4)                                                                  \
    ROW(4, 4) ROW(3, 4) ROW(2, 4) ROW(1, 4) ROW(12, 2) ROW(8, 2) ROW(4, 2)     \
        ROW(3, 2) ROW(2, 2) ROW(1, 2) ROW(16, 1) ROW(8, 1) ROW(4, 1) ROW(3, 1) \
            ROW(2, 1) ROW(1, 1)
#elif TILE_ROWS * TILE_VECTORS == 12
#define TILES(ROW)                                                             \
    ROW(6, 2)                                                                  \
    ROW(4, 2) ROW(3, 2) ROW(2, 2) ROW(1, 2) ROW(12, 1) ROW(8, 1) ROW(4, 1)     \
        ROW(3, 1) ROW(2, 1) ROW(1, 1)
#elif TILE_ROWS * TILE_VECTORS == 8
#define TILES(ROW)                                                             \
    ROW(2, 4)                                                                  \
    ROW(1, 4) ROW(4, 2) ROW(3, 2) ROW(2, 2) ROW(1, 2) ROW(8, 1) ROW(4, 1)      \
        ROW(3, 1) ROW(2, 1) ROW(1, 1)
#else
#error "no tiles of this size"
#endif

enum {
    MOST_ROWS = 16, /* of a tile */
    WIDTH = TILE_VECTORS * VECTOR_SIZE,
    SUM_VECTORS = 4,
    PACKED_FROM = 64
};
_Static_assert(WIDTH *SRNN_OUTER_ROWS * sizeof(real) <=
                   SRNN_OUTER_SCRATCH_BYTES,
               "scratch holds the widest panel of B");

/* What one tile reads and writes. */
typedef struct {
    const real *a; /* [depth, rows] */
    int64_t a_stride;
    const real *b; /* [depth, vectors] */
    int64_t b_stride;
    int64_t depth;
    real *g; /* [rows, vectors] */
    int64_t g_stride;
    bool adds;
} operands;

/* rows and vectors are constants wherever this is inlined. */
ALWAYS_INLINE void multiply(const operands *o, int rows, int vectors)
{
    const real *a = o->a;
    const real *b = o->b;
    const int64_t a_stride = o->a_stride;
    const int64_t b_stride = o->b_stride;
    vector acc[MOST_ROWS][TILE_VECTORS];
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            acc[m][v] = vector_of(0);
    }
    for (int64_t r = o->depth; r > 0; r--, a += a_stride, b += b_stride) {
        vector br[TILE_VECTORS];
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            br[v] = vector_load(b + v * VECTOR_SIZE);
        UNROLL
        for (int64_t m = 0; m < rows; m++) {
            const vector am = vector_of(a[m]);
            UNROLL
            for (int64_t v = 0; v < vectors; v++)
                acc[m][v] = vector_fma(am, br[v], acc[m][v]);
        }
    }
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        real *const g = o->g + m * o->g_stride;
        UNROLL
        for (int64_t v = 0; v < vectors; v++) {
            if (o->adds)
                acc[m][v] = vector_load(g + v * VECTOR_SIZE) + acc[m][v];
            vector_store(g + v * VECTOR_SIZE, acc[m][v]);
        }
    }
}

#define TILE(rows, vectors)                                                    \
    __attribute__((noinline)) static void multiply_##rows##x##vectors(         \
        const operands *o)                                                     \
    {                                                                          \
        multiply(o, rows, vectors);                                            \
    }
TILES(TILE)

typedef void tile_function(const operands *o);

#define ENTRY(rows, vectors) [vectors][rows] = multiply_##rows##x##vectors,
static tile_function *const tiles[TILE_VECTORS + 1][MOST_ROWS + 1] = {
    TILES(ENTRY)};

/* A product, or a part of one, of which the columns are vectors. */
typedef struct {
    srnn_matrix a;
    srnn_matrix b;
    real *g; /* element (m,n) at m * row_stride + n * column_stride */
    int64_t row_stride;
    int64_t column_stride;
    bool adds;
    real *scratch;
} job;

/* The first `columns` of a tile, one by one. */
static void store_tile(const job *j, real *g, const vector *tile, int64_t rows,
                       int64_t columns, int64_t width)
{
    for (int64_t n = 0; n < columns; n++)
        for (int64_t m = 0; m < rows; m++) {
            const real x = ((const real *)tile)[m * width + n];
            real *const to = g + m * j->row_stride + n * j->column_stride;
            *to = j->adds ? *to + x : x;
        }
}

/* Columns n to n + columns - 1 of G, in tiles. */
static void multiply_columns(const job *j, operands o, int64_t n,
                             int64_t columns, int64_t vectors)
{
    const bool is_aside =
        j->column_stride != 1 || columns < vectors * VECTOR_SIZE;
    vector aside[MOST_ROWS * TILE_VECTORS];
    int64_t height = MOST_ROWS;
    for (int64_t m = 0; m < j->a.columns; m += height) {
        real *const g = j->g + m * j->row_stride + n * j->column_stride;
        const int64_t left = j->a.columns - m;
        height = left < height ? left : height;
        while (tiles[vectors][height] == NULL)
            height--;
        o.a = (const real *)j->a.data + m;
        o.g = is_aside ? (real *)aside : g;
        o.g_stride = is_aside ? vectors * VECTOR_SIZE : j->row_stride;
        o.adds = j->adds && !is_aside;
        tiles[vectors][height](&o);
        if (is_aside)
            store_tile(j, g, aside, height, columns, vectors * VECTOR_SIZE);
    }
}

/* Into rows of whole vectors. */
static void pack(real *to, const real *from, int64_t stride, int64_t depth,
                 int64_t columns, int64_t vectors)
{
    for (int64_t r = 0; r < depth; r++, from += stride)
        for (int64_t v = 0; v < vectors; v++, to += VECTOR_SIZE)
            vector_store(to, columns < vectors * VECTOR_SIZE
                                 ? vector_load_first(from + v * VECTOR_SIZE,
                                                     lanes_of(columns, v))
                                 : vector_load(from + v * VECTOR_SIZE));
}

/* How many vectors the next tiles have, of those that are left. */
static int64_t vectors_of(int64_t left)
{
    return left >= TILE_VECTORS ? TILE_VECTORS : left >= 2 ? 2 : 1;
}

/* Is B worth a copy? It lies together then, and on few pages. */
static bool is_packed(const job *j)
{
    return j->a.columns >= PACKED_FROM;
}

static void multiply_job(const job *j)
{
    const int64_t N = j->b.columns;
    for (int64_t n = 0; n < N;) {
        const int64_t vectors =
            vectors_of((N - n + VECTOR_SIZE - 1) / VECTOR_SIZE);
        const int64_t width = vectors * VECTOR_SIZE;
        const int64_t columns = N - n < width ? N - n : width;
        operands o = {.a_stride = j->a.stride,
                      .b = (const real *)j->b.data + n,
                      .b_stride = j->b.stride,
                      .depth = j->a.rows};
        if (columns < width || is_packed(j)) {
            pack(j->scratch, o.b, o.b_stride, o.depth, columns, vectors);
            o.b = j->scratch;
            o.b_stride = width;
        }
        multiply_columns(j, o, n, columns, vectors);
        n += columns;
    }
}

/* Are columns of G that fill no vector better multiplied as rows of G^T? There
 * the last vector may be idle in part too, and elements of G are stored one by
 * one, which takes about as long as two operations. */
static bool is_better_turned(int64_t depth, int64_t rows, int64_t columns)
{
    const int64_t vectors = (rows + VECTOR_SIZE - 1) / VECTOR_SIZE;
    return columns * (vectors * depth + 2 * rows) < rows * depth;
}

void SRNN_KERNEL_NAME(srnn_outer__product)(srnn_matrix a, srnn_matrix b,
                                           srnn_matrix g, bool adds,
                                           void *scratch)
{
    assert(a.rows >= 1 && a.rows <= SRNN_OUTER_ROWS && a.rows == b.rows);
    job j = {a, b, g.data, g.stride, 1, adds, scratch};
    /* Those that fill vectors; the rest perhaps as rows of G^T. */
    const int64_t rest = b.columns % VECTOR_SIZE;
    const int64_t whole = b.columns - rest;
    if (whole > 0) {
        j.b.columns = whole;
        multiply_job(&j);
    }
    if (rest == 0)
        return;
    j.g += whole;
    j.b.columns = rest;
    j.b.data = (real *)b.data + whole;
    if (is_better_turned(a.rows, a.columns, rest))
        j = (job){j.b, a, j.g, 1, g.stride, adds, scratch};
    multiply_job(&j);
}

/* The sums of so many columns. */
ALWAYS_INLINE void add_rows(srnn_matrix a, int64_t m, real *g, bool adds,
                            int64_t columns, int vectors)
{
    const real *row = (const real *)a.data + m;
    vector sum[SUM_VECTORS];
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        sum[v] = vector_of(0);
    for (int64_t r = 0; r < a.rows; r++, row += a.stride) {
        vector next[SUM_VECTORS];
        load_row(next, row, columns, vectors);
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            sum[v] += next[v];
    }
    if (adds) {
        vector old[SUM_VECTORS];
        load_row(old, g + m, columns, vectors);
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            sum[v] = old[v] + sum[v];
    }
    store_row(g + m, sum, columns, vectors);
}

void SRNN_KERNEL_NAME(srnn_outer__sums)(srnn_matrix a, void *g, bool adds)
{
    int64_t m = 0;
    for (; m + SUM_VECTORS * VECTOR_SIZE <= a.columns;
         m += SUM_VECTORS * VECTOR_SIZE)
        add_rows(a, m, g, adds, SUM_VECTORS * VECTOR_SIZE, SUM_VECTORS);
    for (; m < a.columns; m += VECTOR_SIZE) {
        const int64_t left = a.columns - m;
        add_rows(a, m, g, adds, left < VECTOR_SIZE ? left : VECTOR_SIZE, 1);
    }
}
