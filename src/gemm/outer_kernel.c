/* SPDX-License-Identifier: MIT */
/* G = A^T B or G + A^T B (outer.h), in tiles (outer_tile.h). Compiled per dtype
 * and ISA.
 *
 * Columns of G that fill no vector may be multiplied as rows of G^T = B^T A
 * instead: the chain of an element is the same.
 *
 * Where rows of A or B lie far apart they are packed first. Each would be on a
 * page of its own, and in the same few sets of the cache as the others. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "gemm/outer.h"
#include "gemm/outer_tile.h"
#include "gemm/panel.h"

enum {
    WIDEST = TILE_VECTORS * VECTOR_SIZE,
    /* The narrower the vectors, the more a panel of B gains by a copy, as it
     * then stays in L1. */
    FAR = SRNN_OUTER_FAR_VECTORS * VECTOR_SIZE,
    /* What scratch has room for, so that both stay in L2. */
    A_COLUMNS = SRNN_OUTER_A_BYTES / sizeof(real),
    TILES_AT_ONCE = 8, /* fewer places to write to than L1 has ways */
    SUM_VECTORS = VECTOR_REGISTERS / 2
};
_Static_assert(WIDEST * sizeof(real) <= SRNN_OUTER_B_BYTES,
               "room for a panel of B");
_Static_assert(VECTOR_BYTES >= SRNN_OUTER_MIN_VECTOR_BYTES, "what is far");
_Static_assert(A_COLUMNS % TILE_ROWS == 0 && A_COLUMNS % HIGH_ROWS == 0,
               "blocks of A are whole tiles");

/* The tile that most of G is made of. */
typedef struct {
    int64_t rows;
    int64_t vectors;
} tile_shape;

/* A product, or a part of one, of which the columns are vectors. */
typedef struct {
    srnn_matrix a;
    srnn_matrix b;
    real *g; /* element [m,n] at m * row_stride + n * column_stride */
    int64_t row_stride;
    int64_t column_stride;
    bool adds;
    real *a_packed; /* [R,rows] for each tile */
    real *b_packed; /* [R,vectors] */
    bool packs_b;
    tile_shape tile;
} job;

/* What all tiles of some columns multiply by. */
typedef struct {
    const real *b;
    int64_t stride;
    int64_t columns;
    int64_t vectors;  /* that hold them */
    const real *next; /* the panel that will be packed after it, or NULL */
} b_panel;

/* The first `columns` of a tile, one by one. */
static void store_tile(const job *j, real *g, const real *tile, int64_t rows,
                       const b_panel *p)
{
    const int64_t width = p->vectors * VECTOR_SIZE;
    for (int64_t n = 0; n < p->columns; n++)
        for (int64_t m = 0; m < rows; m++) {
            const real sum = tile[m * width + n];
            real *const to = g + m * j->row_stride + n * j->column_stride;
            *to = j->adds ? *to + sum : sum;
        }
}

/* Of the highest tile that has at most so many rows. */
static int64_t tile_height(int64_t vectors, int64_t rows)
{
    assert(vectors >= 1 && vectors <= TILE_VECTORS);
    assert(rows >= 1 && rows <= MOST_ROWS);
    while (rows > 1 && tiles[vectors][rows] == NULL)
        rows--;
    return rows;
}

/* The last of the largest tiles fetch a line each of every row of the next
 * panel. Otherwise its copy would wait for memory, row by row. `left` rows of G
 * are left, those of this tile included. */
static void fetch_next(operands *o, const job *j, const b_panel *p,
                       int64_t left)
{
    const int64_t line = left / j->tile.rows - 1;
    if (p->next != NULL && line >= 0 &&
        line < j->tile.vectors * VECTOR_SIZE / LINE) {
        o->next = p->next + line * LINE;
        o->next_stride = j->b.stride;
    }
}

/* All rows of G in the columns that begin at g. The first `packed` columns of A
 * are packed for the tiles that most of G is made of. */
static void multiply_columns(const job *j, const b_panel *p, real *g,
                             int64_t packed)
{
    const int64_t width = p->vectors * VECTOR_SIZE;
    const bool is_aside = j->column_stride != 1 || p->columns < width;
    vector aside[MOST_ROWS * TILE_VECTORS];
    int64_t height = MOST_ROWS;
    for (int64_t m = 0; m < j->a.columns; m += height) {
        const int64_t left = j->a.columns - m;
        height = tile_height(p->vectors, left < height ? left : height);
        const bool is_packed = m < packed && p->vectors == j->tile.vectors;
        operands o = {.a = is_packed ? j->a_packed + m * j->a.rows
                                     : (const real *)j->a.data + m,
                      .a_stride = is_packed ? height : j->a.stride,
                      .b = p->b,
                      .b_stride = p->stride,
                      .depth = j->a.rows,
                      .next = p->b,
                      .g = is_aside ? (real *)aside : g,
                      .g_stride = is_aside ? width : j->row_stride,
                      .adds = j->adds && !is_aside};
        fetch_next(&o, j, p, left);
        tiles[p->vectors][height](&o);
        if (is_aside)
            store_tile(j, g, (const real *)aside, height, p);
        g += height * j->row_stride;
    }
}

/* The columns of a panel, in whole vectors. */
static void pack_b(const job *j, b_panel *p)
{
    const int64_t width = p->vectors * VECTOR_SIZE;
    const real *from = p->b;
    real *to = j->b_packed;
    for (int64_t r = 0; r < j->b.rows; r++, from += p->stride)
        for (int64_t v = 0; v < p->vectors; v++, to += VECTOR_SIZE)
            vector_store(to, p->columns < width
                                 ? vector_load_first(from + v * VECTOR_SIZE,
                                                     lanes_of(p->columns, v))
                                 : vector_load(from + v * VECTOR_SIZE));
    p->b = j->b_packed;
    p->stride = width;
}

/* As many columns as whole tiles have. Returns how many. rows is a constant
 * wherever this is inlined. */
ALWAYS_INLINE int64_t pack_tiles(const job *j, int64_t rows)
{
    const int64_t count = j->a.columns / rows;
    for (int64_t t = 0; t < count; t += TILES_AT_ONCE) {
        const int64_t some =
            count - t < TILES_AT_ONCE ? count - t : TILES_AT_ONCE;
        const real *from = (const real *)j->a.data + t * rows;
        real *const to = j->a_packed + t * rows * j->a.rows;
        for (int64_t r = 0; r < j->a.rows; r++, from += j->a.stride)
            for (int64_t i = 0; i < some; i++)
                __builtin_memcpy(to + (i * j->a.rows + r) * rows,
                                 from + i * rows, (size_t)rows * sizeof(real));
    }
    return count * rows;
}

static int64_t pack_a(const job *j)
{
    return j->tile.rows == TILE_ROWS ? pack_tiles(j, TILE_ROWS)
                                     : pack_tiles(j, HIGH_ROWS);
}

static bool is_far(int64_t stride)
{
    return stride >= FAR || stride <= -FAR;
}

static bool is_on_lines(srnn_matrix m)
{
    return m.stride % LINE == 0 && (uintptr_t)m.data % SRNN_LINE_BYTES == 0;
}

/* How many vectors the next tiles have, of those that are left. */
static int64_t tile_vectors(const job *j, int64_t left)
{
    return left >= j->tile.vectors ? j->tile.vectors : left >= 2 ? 2 : 1;
}

static void multiply_block(const job *j, bool packs_a)
{
    const int64_t N = j->b.columns;
    const int64_t packed = packs_a ? pack_a(j) : 0;
    for (int64_t n = 0; n < N;) {
        const real *const b = (const real *)j->b.data + n;
        const int64_t left = N - n;
        const int64_t vectors =
            tile_vectors(j, (left + VECTOR_SIZE - 1) / VECTOR_SIZE);
        const int64_t width = vectors * VECTOR_SIZE;
        b_panel p = {b, j->b.stride, left < width ? left : width, vectors,
                     j->packs_b && left > width ? b + width : NULL};
        if (j->packs_b || p.columns < width)
            pack_b(j, &p);
        multiply_columns(j, &p, j->g + n * j->column_stride, packed);
        n += p.columns;
    }
}

/* In blocks of A for which scratch has room, if A is packed. B is packed for a
 * few tiles already, A for several panels. */
static void multiply_job(job j)
{
    const int64_t M = j.a.columns;
    j.packs_b = is_far(j.b.stride) && M >= 5 * (int64_t)TILE_ROWS;
    j.tile = j.packs_b || is_on_lines(j.b)
                 ? (tile_shape){HIGH_ROWS, HIGH_VECTORS}
                 : (tile_shape){TILE_ROWS, TILE_VECTORS};
    if (!is_far(j.a.stride) || j.b.columns < 3 * (int64_t)PANEL) {
        multiply_block(&j, false);
        return;
    }
    const int64_t count = (M + A_COLUMNS - 1) / A_COLUMNS;
    const int64_t tiles_of_block =
        (M + count * HIGH_ROWS - 1) / (count * HIGH_ROWS);
    const int64_t columns = tiles_of_block * HIGH_ROWS;
    for (int64_t m = 0; m < M; m += columns) {
        job block = j;
        block.a.data = (real *)j.a.data + m;
        block.a.columns = M - m < columns ? M - m : columns;
        block.g += m * j.row_stride;
        multiply_block(&block, true);
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
    const int64_t rest = b.columns % VECTOR_SIZE;
    const int64_t whole = b.columns - rest;
    real *const b_packed = scratch;
    job j = {.a = a,
             .b = {b.data, b.rows, whole, b.stride},
             .g = g.data,
             .row_stride = g.stride,
             .column_stride = 1,
             .adds = adds,
             .a_packed = b_packed +
                         a.rows * (SRNN_OUTER_B_BYTES / (int64_t)sizeof(real)),
             .b_packed = b_packed};
    multiply_job(j);
    if (rest == 0)
        return;
    j.g += whole;
    j.b.data = (real *)b.data + whole;
    j.b.columns = rest;
    if (is_better_turned(a.rows, a.columns, rest)) {
        j.a = j.b;
        j.b = a;
        j.row_stride = 1;
        j.column_stride = g.stride;
    }
    multiply_job(j);
}

/* The sums of so many columns. */
ALWAYS_INLINE void add_rows(srnn_matrix a, int64_t first, void *const g[2],
                            bool adds, int64_t columns, int vectors)
{
    const real *row = (const real *)a.data + first;
    vector sum[SUM_VECTORS];
    vector next[SUM_VECTORS];
    UNROLL
    for (int64_t v = 0; v < vectors; v++)
        sum[v] = vector_of(0);
    for (int64_t r = 0; r < a.rows; r++, row += a.stride) {
        load_row(next, row, columns, vectors);
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            sum[v] += next[v];
    }
    for (int i = 0; i < 2; i++) {
        real *const to = g[i] == NULL ? NULL : (real *)g[i] + first;
        if (to == NULL)
            continue;
        if (adds)
            load_row(next, to, columns, vectors);
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            next[v] = adds ? next[v] + sum[v] : sum[v];
        store_row(to, next, columns, vectors);
    }
}

/* Many columns at once: an addition takes as long as several, and rows may lie
 * far apart. */
void SRNN_KERNEL_NAME(srnn_outer__sums)(srnn_matrix a, void *const g[2],
                                        bool adds)
{
    const int64_t most = (int64_t)SUM_VECTORS * VECTOR_SIZE;
    const int64_t four = 4 * (int64_t)VECTOR_SIZE;
    int64_t m = 0;
    for (; a.columns - m >= most; m += most)
        add_rows(a, m, g, adds, most, SUM_VECTORS);
    for (; a.columns - m >= four; m += four)
        add_rows(a, m, g, adds, four, 4);
    const int64_t left = a.columns - m;
    if (left > four / 2)
        add_rows(a, m, g, adds, left, 4);
    else if (left > VECTOR_SIZE)
        add_rows(a, m, g, adds, left, 2);
    else if (left > 0)
        add_rows(a, m, g, adds, left, 1);
}
