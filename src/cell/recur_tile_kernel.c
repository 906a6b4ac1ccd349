/* SPDX-License-Identifier: MIT */
/* Products of a few rows of the batch, for the steps of recur_kernel.c and
 * their way back. Compiled per dtype and ISA. */
#include "cell/recur_tile.h"

/* sum = sum + the products of a segment; returns where W goes on. */
ALWAYS_INLINE const real *tile_segment(vector sum[][TILE_WIDE], const real *a,
                                       const real *w, int64_t w_stride,
                                       int64_t length, int rows, int vectors)
{
    for (const real *const end = a + length; a < end; a++, w += w_stride) {
        vector wk[TILE_WIDE];
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            wk[v] = vector_load(w + v * VECTOR_SIZE);
        UNROLL
        for (int64_t m = 0; m < rows; m++) {
            const vector am = vector_of(a[m * TILE_K]);
            UNROLL
            for (int64_t v = 0; v < vectors; v++)
                sum[m][v] = vector_fma(am, wk[v], sum[m][v]);
        }
    }
    return w;
}

/* sum = sum + a W^T */
ALWAYS_INLINE void tile_add(vector sum[][TILE_WIDE], const factor *f, int rows,
                            int vectors)
{
    const panel p = panel_at(f->weight, 0, PANEL);
    const srnn_segments segments = srnn_segments__of(p.K);
    const int64_t length = segments.length;
    const real *w = p.w;
    for (int64_t k = 0; k < p.K; k += length) {
        vector part[TILE_HIGH][TILE_WIDE];
        UNROLL
        for (int64_t m = 0; m < rows; m++) {
            UNROLL
            for (int64_t v = 0; v < vectors; v++)
                part[m][v] = vector_of(0);
        }
        w = tile_segment(part, f->a + k, w, p.width,
                         p.K - k < length ? p.K - k : length, rows, vectors);
        UNROLL
        for (int64_t m = 0; m < rows; m++) {
            UNROLL
            for (int64_t v = 0; v < vectors; v++)
                sum[m][v] = sum[m][v] + part[m][v];
        }
    }
}

ALWAYS_INLINE void tile_multiply(const tile *t, int rows, int vectors)
{
    vector sum[TILE_HIGH][TILE_WIDE];
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            sum[m][v] =
                vector_load(t->start + m * t->start_stride + v * VECTOR_SIZE);
    }
    for (int i = 0; i < t->count; i++)
        tile_add(sum, &t->factors[i], rows, vectors);
    UNROLL
    for (int64_t m = 0; m < rows; m++) {
        UNROLL
        for (int64_t v = 0; v < vectors; v++)
            vector_store(t->sums + (v * TILE_HIGH + m) * VECTOR_SIZE,
                         sum[m][v]);
    }
}

#define TILE(rows, vectors)                                                    \
    __attribute__((noinline)) static void multiply_##rows##x##vectors(         \
        const tile *t)                                                         \
    {                                                                          \
        tile_multiply(t, rows, vectors);                                       \
    }

#if VECTOR_REGISTERS > 16
TILE(16, 1)
TILE(8, 2)
#endif
TILE(8, 1)
TILE(4, 1)
TILE(4, 2)

static void multiply_wide(const tile *t)
{
#if VECTOR_REGISTERS > 16
    if (t->rows > 4) {
        multiply_8x2(t);
        return;
    }
#endif
    multiply_4x2(t);
}

static void multiply_narrow(const tile *t)
{
#if VECTOR_REGISTERS > 16
    if (t->rows > 8) {
        multiply_16x1(t);
        return;
    }
#endif
    if (t->rows > 4)
        multiply_8x1(t);
    else
        multiply_4x1(t);
}

void SRNN_KERNEL_NAME(srnn_recur__multiply_tile)(const tile *t)
{
    if (t->columns > VECTOR_SIZE)
        multiply_wide(t);
    else
        multiply_narrow(t);
}
