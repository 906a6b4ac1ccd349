/* SPDX-License-Identifier: MIT */
/* h' = act(x W_ih^T + b_ih + b_hh + h W_hh^T) */

#include "cell/cell.h"
#include "simd/real.h"
#include "util/integer.h"

void SRNN_REAL_NAME(srnn_cell__add)(void *sum, const void *a, const void *b,
                                    int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        ((real *)sum)[i] = ((const real *)a)[i] + ((const real *)b)[i];
}

void SRNN_REAL_NAME(srnn_cell__project)(const srnn_cell_weights *cell,
                                        const srnn_cell_kernels *kernels,
                                        srnn_matrix x, srnn_matrix y,
                                        int64_t first)
{
    kernels->product(x, &cell->weight_ih, first,
                     (const real *)cell->bias + first, y);
}

/* A part of y's columns. */
static srnn_matrix columns_of(srnn_matrix y, int64_t n)
{
    y.data = (real *)y.data + n;
    y.columns = srnn_integer__smaller(y.columns - n, SRNN_GEMM_BLOCK);
    return y;
}

/* The activation follows each block of columns while it is near; a small state
 * is one call. */
void SRNN_REAL_NAME(srnn_cell__advance)(const srnn_cell_weights *cell,
                                        const srnn_cell_kernels *kernels,
                                        srnn_matrix h, srnn_matrix y,
                                        int64_t first, int64_t turn)
{
    if (srnn_cell__recurs(kernels, h.columns)) {
        const srnn_recur_pass step = {.T = 1,
                                      .weight_hh = &cell->weight_hh,
                                      .h = h,
                                      .y = {y.data, 0, y.stride}};
        kernels->recur(&step);
        return;
    }
    for (int64_t i = 0; i < srnn_gemm__blocks(y); i++) {
        const int64_t n = srnn_gemm__block_at(y, i, turn);
        const srnn_matrix block = columns_of(y, n);
        kernels->product(h, &cell->weight_hh, first + n, NULL, block);
        for (int64_t m = 0; m < block.rows; m++)
            kernels->activate((real *)block.data + m * block.stride,
                              block.columns);
    }
}
