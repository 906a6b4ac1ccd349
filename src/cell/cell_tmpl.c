/* SPDX-License-Identifier: MIT */
/* h' = act(x W_ih^T + b_ih + b_hh + h W_hh^T) */
#include <string.h>

#include "cell/cell.h"
#include "tensor/real.h"

void SRNN_REAL_NAME(srnn_cell__add_biases)(void *sum, const void *a,
                                           const void *b, int64_t hidden_size)
{
    for (int64_t i = 0; i < hidden_size; i++)
        ((real *)sum)[i] = ((const real *)a)[i] + ((const real *)b)[i];
}

/* Every row of y becomes the bias. */
static void start_from_bias(const void *bias, srnn_matrix y, int64_t first)
{
    const size_t bytes = (size_t)y.columns * sizeof(real);
    for (int64_t m = 0; m < y.rows; m++) {
        real *const row = (real *)y.data + m * y.stride;
        if (bias == NULL)
            memset(row, 0, bytes);
        else
            memcpy(row, (const real *)bias + first, bytes);
    }
}

void SRNN_REAL_NAME(srnn_cell__project)(const srnn_cell__weights *cell,
                                        const srnn_cell__kernels *kernels,
                                        srnn_matrix x, srnn_matrix y,
                                        int64_t first)
{
    start_from_bias(cell->bias, y, first);
    kernels->product(x, &cell->weight_ih, first, y);
}

/* A part of y's columns. */
static srnn_matrix columns_of(srnn_matrix y, int64_t n)
{
    const int64_t left = y.columns - n;
    y.data = (real *)y.data + n;
    y.columns = left < SRNN_GEMM__BLOCK ? left : SRNN_GEMM__BLOCK;
    return y;
}

/* The activation follows each block of columns while it is near. */
void SRNN_REAL_NAME(srnn_cell__advance)(const srnn_cell__weights *cell,
                                        const srnn_cell__kernels *kernels,
                                        srnn_matrix h, srnn_matrix y,
                                        int64_t first)
{
    for (int64_t n = 0; n < y.columns; n += SRNN_GEMM__BLOCK) {
        const srnn_matrix block = columns_of(y, n);
        kernels->product(h, &cell->weight_hh, first + n, block);
        for (int64_t m = 0; m < block.rows; m++)
            kernels->activate((real *)block.data + m * block.stride,
                              block.columns);
    }
}
