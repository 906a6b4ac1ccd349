/* SPDX-License-Identifier: MIT */
/* h' = act(x W_ih^T + b_ih + b_hh + h W_hh^T) */
#include <string.h>

#include "cell/cell.h"
#include "pointwise/activation.h"
#include "tensor/real.h"

void SRNN_REAL_NAME(srnn_cell__add_biases)(void *sum, const void *a,
                                           const void *b, int64_t hidden_size)
{
    for (int64_t i = 0; i < hidden_size; i++)
        ((real *)sum)[i] = ((const real *)a)[i] + ((const real *)b)[i];
}

/* Every row of y becomes the bias. */
static void start_from_bias(const void *bias, srnn_matrix y)
{
    const size_t bytes = (size_t)y.columns * sizeof(real);
    for (int64_t m = 0; m < y.rows; m++) {
        real *const row = (real *)y.data + m * y.stride;
        if (bias == NULL)
            memset(row, 0, bytes);
        else
            memcpy(row, bias, bytes);
    }
}

void SRNN_REAL_NAME(srnn_cell__project)(const srnn_cell__weights *cell,
                                        const srnn_gemm__provider *gemm,
                                        srnn_matrix x, srnn_matrix y)
{
    start_from_bias(cell->bias, y);
    gemm->SRNN_REAL_FIELD(x, cell->weight_ih, y);
}

void SRNN_REAL_NAME(srnn_cell__advance)(const srnn_cell__weights *cell,
                                        const srnn_gemm__provider *gemm,
                                        srnn_matrix h, srnn_matrix y)
{
    gemm->SRNN_REAL_FIELD(h, cell->weight_hh, y);
    SRNN_REAL_NAME(srnn_activation__apply)(cell->nonlinearity, y);
}
