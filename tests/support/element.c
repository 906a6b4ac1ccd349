/* SPDX-License-Identifier: MIT */
#include "support/element.h"

int64_t element_bytes(srnn_dtype dtype)
{
    return dtype == SRNN_DTYPE_FLOAT32 ? 4 : 8;
}

double element_get(const void *values, srnn_dtype dtype, int64_t index)
{
    return dtype == SRNN_DTYPE_FLOAT32 ? (double)((const float *)values)[index]
                                       : ((const double *)values)[index];
}

void element_put(void *values, srnn_dtype dtype, int64_t index, double value)
{
    if (dtype == SRNN_DTYPE_FLOAT32)
        ((float *)values)[index] = (float)value;
    else
        ((double *)values)[index] = value;
}

double element_of(const srnn_tensor *tensor, int64_t index)
{
    return element_get(srnn_tensor_const_data(tensor),
                       srnn_tensor_dtype(tensor), index);
}
