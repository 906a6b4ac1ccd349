/* SPDX-License-Identifier: MIT */
/* One element of a tensor. */
#ifndef SRNN_CLI_ELEMENT_H
#define SRNN_CLI_ELEMENT_H

#include <stdbool.h>

#include "failure.h"

int64_t command_element_size(srnn_dtype dtype);

/* values[index], and values[index] = value, rounded, of a type that a network
 * computes in. */
double command_element_get(const void *values, srnn_dtype dtype, int64_t index);
void command_element_set(void *values, srnn_dtype dtype, int64_t index,
                         double value);

/* Are all values of such a type finite, or at least numbers? The message names
 * the file and the tensor. */
command_result command_element_check(const void *values, srnn_dtype dtype,
                                     int64_t size, bool allows_infinity,
                                     const char *file, const char *name);

#endif
