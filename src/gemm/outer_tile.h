/* SPDX-License-Identifier: MIT */
/* Tiles of G = A^T B or G + A^T B, for outer_kernel.c. A tile stays in
 * registers while r runs over all rows:
 *
 *                  b[r]: VECTORS vectors
 *     a[r][0]  *  [acc 0,0] [acc 0,1] ...
 *     a[r][1]  *  [acc 1,0] [acc 1,1] ...
 */
#ifndef SRNN_GEMM_OUTER_TILE_H
#define SRNN_GEMM_OUTER_TILE_H

#include <stdbool.h>
#include <stdint.h>

#include "simd/vector.h"

/* Tiles with as many accumulators as the registers hold, and lower ones for the
 * rows that are left: (rows, vectors). */
/* clang-format off */
#if TILE_ROWS * TILE_VECTORS == 24
#define TILES(ROW)                                                             \
    ROW(6, 4) ROW(4, 4) ROW(3, 4) ROW(2, 4) ROW(1, 4)                          \
    ROW(12, 2) ROW(8, 2) ROW(4, 2) ROW(3, 2) ROW(2, 2) ROW(1, 2)               \
    ROW(16, 1) ROW(8, 1) ROW(4, 1) ROW(3, 1) ROW(2, 1) ROW(1, 1)
#elif TILE_ROWS * TILE_VECTORS == 12
#define TILES(ROW)                                                             \
    ROW(6, 2) ROW(4, 2) ROW(3, 2) ROW(2, 2) ROW(1, 2)                          \
    ROW(12, 1) ROW(8, 1) ROW(4, 1) ROW(3, 1) ROW(2, 1) ROW(1, 1)
#elif TILE_ROWS * TILE_VECTORS == 8
#define TILES(ROW)                                                             \
    ROW(2, 4) ROW(1, 4)                                                        \
    ROW(4, 2) ROW(3, 2) ROW(2, 2) ROW(1, 2)                                    \
    ROW(8, 1) ROW(4, 1) ROW(3, 1) ROW(2, 1) ROW(1, 1)
#else
#error "no tiles of this size"
#endif
/* clang-format on */

/* The tile for a B whose rows begin on cache lines. Where a vector is a line, a
 * high tile reads half as much of B for as many products, and little more of A.
 * Where rows begin within a line, wide tiles were up to 6 % faster. */
#if TILE_ROWS * TILE_VECTORS == 24 && VECTOR_BYTES == 64
enum { HIGH_ROWS = 12, HIGH_VECTORS = 2 };
#else
enum { HIGH_ROWS = TILE_ROWS, HIGH_VECTORS = TILE_VECTORS };
#endif

enum {
    MOST_ROWS = 16, /* of a tile */
    /* How far ahead A is fetched. A tile reads a few elements of each row,
     * which no hardware expects; without it a tile takes up to 5 % longer. */
    ROWS_AHEAD = 12
};

/* What one tile reads and writes. */
typedef struct {
    const real *a; /* [depth, rows] */
    int64_t a_stride;
    const real *b; /* [depth, vectors] */
    int64_t b_stride;
    int64_t depth;
    /* [depth] lines that the largest tiles fetch; they may be any */
    const real *next;
    int64_t next_stride;
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
    const int64_t ahead = ROWS_AHEAD * a_stride;
    const bool is_largest = (rows == TILE_ROWS && vectors == TILE_VECTORS) ||
                            (rows == HIGH_ROWS && vectors == HIGH_VECTORS);
    const real *next = o->next;
    vector acc[MOST_ROWS][TILE_VECTORS];
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            acc[m][v] = vector_of(0);
    }
    if (is_largest) { /* A large G is in no near cache. */
        UNROLL
        for (int64_t m = 0; m < rows; m++) {
            UNROLL
            for (int64_t v = 0; v < vectors; v++)
                __builtin_prefetch(o->g + m * o->g_stride + v * VECTOR_SIZE, 1);
        }
    }
    for (int64_t r = o->depth; r > 0; r--, a += a_stride, b += b_stride) {
        vector br[TILE_VECTORS];
        __builtin_prefetch(a + ahead); /* perhaps beyond the last */
        if (is_largest) {
            __builtin_prefetch(next, 0, 2);
            next += o->next_stride;
        }
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
    real *g = o->g;
    int64_t g_stride = o->g_stride;
    FORGET(g);
    FORGET(g_stride);
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++) {
            if (o->adds)
                acc[m][v] = vector_load(g + v * VECTOR_SIZE) + acc[m][v];
            vector_store(g + v * VECTOR_SIZE, acc[m][v]);
        }
        g += g_stride;
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

#endif
