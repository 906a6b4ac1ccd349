/* SPDX-License-Identifier: MIT */
/* tanh and relu. */
#include "pointwise/activation.h"
#include "tensor/real.h"

static void apply_tanh(real *v, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        v[i] = SRNN_REAL_TANH(v[i]);
}

/* Written so that NaN, which is not below 0, stays NaN. */
static void apply_relu(real *v, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        v[i] = v[i] < 0 ? 0 : v[i];
}

void SRNN_REAL_NAME(srnn_activation__apply)(srnn_nonlinearity nonlinearity,
                                            srnn_matrix v)
{
    for (int64_t m = 0; m < v.rows; m++) {
        real *const row = (real *)v.data + m * v.stride;
        if (nonlinearity == SRNN_NONLINEARITY_RELU)
            apply_relu(row, v.columns);
        else
            apply_tanh(row, v.columns);
    }
}
