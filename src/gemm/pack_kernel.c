/* SPDX-License-Identifier: MIT */
/* Packs a weight once, for every later product. Compiled per dtype and ISA.
 *
 * W is transposed in registers, a tile at a time: a piece, 16 bytes, of each of
 * the LINE rows whose elements share a cache line of the panel. In float32:
 *
 *     row 0   k k+1 k+2 k+3            k    row 0 row 1 ... row 15
 *     row 1   k k+1 k+2 k+3    --->    k+1  row 0 row 1 ... row 15
 *     ...                              k+2  row 0 row 1 ... row 15
 *     row 15  k k+1 k+2 k+3            k+3  row 0 row 1 ... row 15
 *
 * A line is written whole: in two halves, some time apart, it takes a fifth
 * longer. */
#include "gemm/panel.h"

/* The rows of a tile, PIECE at a time: 4 x 4 elements, or 2 x 2. */
enum { GROUPS = LINE / PIECE };

/* A group, or two side by side. Interleaving rows half of them apart, 2 times
 * in groups of 4, transposes them. */
ALWAYS_INLINE void transpose(pieces *t, const real *first, const real *second,
                             int64_t stride)
{
    pieces old[PIECE];
    UNROLL
    for (int64_t i = 0; i < PIECE; i++)
        t[i] = pieces_load(first + i * stride, second + i * stride);
    UNROLL
    for (int64_t round = 1; round < PIECE; round *= 2) {
        UNROLL
        for (int64_t i = 0; i < PIECE; i++)
            old[i] = t[i];
        UNROLL
        for (int64_t i = 0; i < PIECE / 2; i++) {
            t[2 * i] = pieces_interleave_low(old[i], old[i + PIECE / 2]);
            t[2 * i + 1] = pieces_interleave_high(old[i], old[i + PIECE / 2]);
        }
    }
}

/* PIECE columns of LINE rows. groups: where the first row of each begins. */
ALWAYS_INLINE void pack_tile(real *to, int64_t width, const real *const *groups,
                             int64_t stride)
{
    pieces t[GROUPS / PIECES][PIECE];
    UNROLL
    for (int64_t g = 0; g < GROUPS; g += PIECES)
        transpose(t[g / PIECES], groups[g], groups[g + PIECES - 1], stride);
    UNROLL
    for (int64_t k = 0; k < PIECE; k++) {
        UNROLL
        for (int64_t g = 0; g < GROUPS; g += PIECES)
            pieces_store(to + k * width + g * PIECE, t[g / PIECES][k]);
    }
}

/* LINE rows of at least PIECE columns: the last tile may move some again. */
static void pack_whole(real *to, int64_t width, srnn_matrix rows)
{
    const real *groups[GROUPS];
    UNROLL
    for (int64_t g = 0; g < GROUPS; g++)
        groups[g] = (const real *)rows.data + g * PIECE * rows.stride;
    int64_t left = rows.columns;
    for (; left > PIECE; left -= PIECE) {
        pack_tile(to, width, groups, rows.stride);
        to += PIECE * width;
        UNROLL
        for (int64_t g = 0; g < GROUPS; g++)
            groups[g] += PIECE;
    }
    const int64_t again = PIECE - left;
    UNROLL
    for (int64_t g = 0; g < GROUPS; g++)
        groups[g] -= again;
    pack_tile(to - again * width, width, groups, rows.stride);
}

/* Fewer rows: zeros stand for the others. */
static void pack_some(real *to, int64_t width, srnn_matrix rows)
{
    real aside[LINE * PIECE] = {0};
    const srnn_matrix tile = {aside, LINE, PIECE, PIECE};
    for (int64_t k = 0; k < rows.columns; k += PIECE) {
        const int64_t at = k + PIECE < rows.columns ? k : rows.columns - PIECE;
        for (int64_t j = 0; j < rows.rows; j++)
            __builtin_memcpy(aside + j * PIECE,
                             (const real *)rows.data + j * rows.stride + at,
                             PIECE * sizeof(real));
        pack_whole(to + at * width, width, tile);
    }
}

/* Any rows of fewer columns than a piece has. */
static void pack_thin(real *to, int64_t width, srnn_matrix rows)
{
    for (int64_t k = 0; k < rows.columns; k++)
        for (int64_t j = 0; j < rows.rows; j++)
            to[k * width + j] = ((const real *)rows.data)[j * rows.stride + k];
}

/* At most LINE rows. */
static void pack_line(real *to, int64_t width, srnn_matrix rows)
{
    if (rows.columns < PIECE)
        pack_thin(to, width, rows);
    else if (rows.rows < LINE)
        pack_some(to, width, rows);
    else
        pack_whole(to, width, rows);
}

void SRNN_KERNEL_NAME(srnn_pack__weight)(void *packed, srnn_matrix w)
{
    for (int64_t n = 0; n < w.rows; n += LINE) {
        const int64_t first = n / PANEL * PANEL; /* of the panel */
        const int64_t lines = (w.rows - first + LINE - 1) / LINE;
        const int64_t width = lines < SRNN_PANEL_LINES ? lines * LINE : PANEL;
        const srnn_matrix rows = {(real *)w.data + n * w.stride,
                                  w.rows - n < LINE ? w.rows - n : LINE,
                                  w.columns, w.stride};
        pack_line((real *)packed + first * w.columns + n - first, width, rows);
    }
}
