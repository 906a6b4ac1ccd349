/* SPDX-License-Identifier: MIT */
/* No type stands for the others: one that is not here ends the program. */
#include "element.h"

#include <stdlib.h>

int64_t command_element_size(srnn_dtype dtype)
{
    switch (dtype) {
    case SRNN_DTYPE_FLOAT32:
        return sizeof(float);
    case SRNN_DTYPE_FLOAT64:
        return sizeof(double);
    case SRNN_DTYPE_INT64:
        return sizeof(int64_t);
    case SRNN_DTYPE_UINT8:
        return sizeof(uint8_t);
    }
    abort();
}

double command_element_get(const void *values, srnn_dtype dtype, int64_t index)
{
    switch (dtype) {
    case SRNN_DTYPE_FLOAT32:
        return (double)((const float *)values)[index];
    case SRNN_DTYPE_FLOAT64:
        return ((const double *)values)[index];
    }
    abort();
}

void command_element_set(void *values, srnn_dtype dtype, int64_t index,
                         double value)
{
    switch (dtype) {
    case SRNN_DTYPE_FLOAT32:
        ((float *)values)[index] = (float)value;
        return;
    case SRNN_DTYPE_FLOAT64:
        ((double *)values)[index] = value;
        return;
    }
    abort();
}
