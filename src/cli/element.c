/* SPDX-License-Identifier: MIT */
/* No type stands for the others: one that is not here ends the program. */
#include "element.h"

#include <inttypes.h>
#include <math.h>
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

command_result command_element_check(const void *values, srnn_dtype dtype,
                                     int64_t size, bool allows_infinity,
                                     const char *file, const char *name)
{
    char quoted[COMMAND_QUOTED], tensor[COMMAND_QUOTED];
    for (int64_t i = 0; i < size; i++) {
        const double value = command_element_get(values, dtype, i);
        if (isfinite(value) || (allows_infinity && isinf(value)))
            continue;
        return command_fail(COMMAND_WRONG,
                            "%s: value %" PRId64 " of %" PRId64
                            " in %s is %f, expected a finite number",
                            command_quote(quoted, file), i, size,
                            command_quote(tensor, name), value);
    }
    return COMMAND_OK;
}
