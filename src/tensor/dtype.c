/* SPDX-License-Identifier: MIT */
/* The element types a tensor can have. */
#include "tensor/dtype.h"

bool srnn_dtype__is_known(srnn_dtype dtype)
{
    return dtype == SRNN_DTYPE_FLOAT32 || dtype == SRNN_DTYPE_FLOAT64;
}

const char *srnn_dtype__name(srnn_dtype dtype)
{
    return dtype == SRNN_DTYPE_FLOAT64 ? "float64" : "float32";
}
