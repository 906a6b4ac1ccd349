/* SPDX-License-Identifier: MIT */
/* What a dtype is: its size and its name. */
#ifndef SRNN_TENSOR_DTYPE_H
#define SRNN_TENSOR_DTYPE_H

#include <stdbool.h>

#include "simplernn/tensor.h"

/* The variant of a *_tmpl.c function for a dtype. */
#define SRNN_FOR_DTYPE(dtype, name)                                            \
    ((dtype) == SRNN_DTYPE_FLOAT64 ? name##_f64 : name##_f32)

bool srnn_dtype__is_known(srnn_dtype dtype);

/* Bytes of one element. */
static inline int64_t srnn_dtype__size(srnn_dtype dtype)
{
    return dtype == SRNN_DTYPE_FLOAT64 ? 8 : 4;
}

/* "float32", "float64". */
const char *srnn_dtype__name(srnn_dtype dtype);

#endif
