/* SPDX-License-Identifier: MIT */
#include "values.h"

#include <stdio.h>
#include <stdlib.h>

bool bench_is_fine(srnn_status status)
{
    if (status != SRNN_OK)
        (void)fprintf(stderr, "simplernn-bench: %s: %s\n",
                      srnn_status_name(status), srnn_last_error());
    return status == SRNN_OK;
}

bool bench_values_create(srnn_tensor **out, const srnn_rnn *rnn, srnn_role role,
                         int64_t steps, int64_t batch)
{
    int64_t shape[3];
    int64_t dtype = 0;
    return bench_is_fine(srnn_rnn_shape(shape, rnn, role, steps, batch)) &&
           bench_is_fine(srnn_rnn_get_int(&dtype, rnn, SRNN_OPTION_DTYPE)) &&
           bench_is_fine(srnn_tensor_create(out, (srnn_dtype)dtype, 3, shape));
}

static void fill(srnn_tensor *tensor)
{
    unsigned short state[3] = {1, 2, 3};
    const int64_t size = srnn_tensor_size(tensor);
    void *const data = srnn_tensor_data(tensor);
    for (int64_t i = 0; i < size; i++) {
        const double value = 2 * erand48(state) - 1;
        if (srnn_tensor_dtype(tensor) == SRNN_DTYPE_FLOAT64)
            ((double *)data)[i] = value;
        else
            ((float *)data)[i] = (float)value;
    }
}

bool bench_values_draw(srnn_tensor **out, const srnn_rnn *rnn, srnn_role role,
                       int64_t steps, int64_t batch)
{
    if (!bench_values_create(out, rnn, role, steps, batch))
        return false;
    fill(*out);
    return true;
}
