/* SPDX-License-Identifier: MIT */
/* Several rows of the batch through products with small weights, for
 * *_kernel.c. The rows give the machine enough independent chains, so that the
 * segments of a row (pack.h) follow each other:
 *
 *                 w[k]: some vectors of a panel
 *     a[0][k]  *  [sum 0,0] [sum 0,1]
 *     a[1][k]  *  [sum 1,0] [sum 1,1]
 *     ...
 *
 * Every vector of W is loaded once for all rows of a tile. Rows are TILE_K
 * apart, so one register is enough to address them. A tile that has room for
 * more rows than there are multiplies what lies behind them. */
#ifndef SRNN_CELL_RECUR_TILE_H
#define SRNN_CELL_RECUR_TILE_H

#include <stdbool.h>
#include <string.h>

#include "cell/recur.h"
#include "gemm/panel.h"

enum {
    /* The most rows of a tile that is one vector wide, and of a wider one. */
    TILE_HIGH = VECTOR_REGISTERS / 2,
    TILE_LOW = TILE_HIGH / 2,
    TILE_WIDE = 2,
    TILE_K = SRNN_RECUR_MAX,
    TILE_SUMS = TILE_WIDE * TILE_HIGH * VECTOR_SIZE,
    /* Rows that run through all steps before the next ones do: two tiles or
     * more, which do not depend on each other. */
    BLOCK_ROWS = 32
};

/* Rows, and a weight that they are multiplied by. */
typedef struct {
    const real *a;
    const srnn_gemm_weight *weight;
} factor;

/* sums = start + products */
typedef struct {
    factor factors[2];
    int count;
    const real *start; /* whole vectors */
    int64_t start_stride;
    int64_t rows;
    int64_t columns; /* two vectors at most */
    real *sums; /* the first vectors of TILE_HIGH rows, then the second ones */
} tile;

/* By recur_tile_kernel.c. */
void SRNN_KERNEL_NAME(srnn_recur__multiply_tile)(const tile *t);

/* How many rows at once make results of so many columns. */
ALWAYS_INLINE int64_t tile_height(int64_t columns)
{
    return columns > VECTOR_SIZE ? TILE_LOW : TILE_HIGH;
}

/* A vector at the beginning of what is left of a row. */
ALWAYS_INLINE vector load_left(const real *row, int64_t left)
{
    return left >= VECTOR_SIZE ? vector_load(row)
                               : vector_load_first(row, left);
}

ALWAYS_INLINE void store_left(real *row, vector v, int64_t left)
{
    if (left >= VECTOR_SIZE)
        vector_store(row, v);
    else
        vector_store_first(row, v, left);
}

/* Copies rows so that they are TILE_K apart, in whole vectors. */
ALWAYS_INLINE void tile_gather(real *to, const real *from, int64_t stride,
                               int64_t rows, int64_t columns)
{
    for (int64_t n = 0; n < columns; n += VECTOR_SIZE)
        for (int64_t m = 0; m < rows; m++)
            vector_store(to + m * TILE_K + n,
                         load_left(from + m * stride + n, columns - n));
}

/* Zeros where a tile looks for more rows than there are. */
ALWAYS_INLINE void tile_clear(real *to, int64_t rows, int64_t height)
{
    const int64_t more = (height - rows % height) % height;
    memset(to + rows * TILE_K, 0, (size_t)(more * TILE_K) * sizeof(real));
}

/* Does the batch go in tiles? A row with more columns fills the machine by
 * itself. */
ALWAYS_INLINE bool is_tiled(int64_t B, int64_t columns)
{
    return B >= SRNN_RECUR_TILED && columns <= (int64_t)TILE_WIDE * VECTOR_SIZE;
}

/* In blocks of whole tiles, of nearly the same height. */
ALWAYS_INLINE int64_t block_rows(int64_t B, int64_t columns)
{
    const int64_t height = tile_height(columns);
    const int64_t blocks = (B + BLOCK_ROWS - 1) / BLOCK_ROWS;
    return (B + blocks * height - 1) / (blocks * height) * height;
}

#endif
