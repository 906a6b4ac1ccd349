/* SPDX-License-Identifier: MIT */
/* Elements of float32 and float64, by the dtype. */
#ifndef TESTS_SUPPORT_ELEMENT_H
#define TESTS_SUPPORT_ELEMENT_H

#include <stdint.h>

#include "simplernn.h"

int64_t element_bytes(srnn_dtype dtype);

double element_get(const void *values, srnn_dtype dtype, int64_t index);
void element_put(void *values, srnn_dtype dtype, int64_t index, double value);

/* Of a contiguous tensor. */
double element_of(const srnn_tensor *tensor, int64_t index);

#endif
