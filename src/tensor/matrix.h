/* SPDX-License-Identifier: MIT */
/* A matrix as kernels see it: rows a stride apart, the elements of a row side
 * by side. Its dtype is known from the function that takes it. */
#ifndef SRNN_TENSOR_MATRIX_H
#define SRNN_TENSOR_MATRIX_H

#include <stdint.h>

typedef struct {
    void *data;
    int64_t rows;
    int64_t columns;
    int64_t stride; /* elements between rows, of either sign; less than
                       columns, or 0, only where nothing is written */
} srnn_matrix;

#endif
