/* SPDX-License-Identifier: MIT */
/* A linear layer in plain scalar loops, the oracle of its tests. Where there is
 * FMA, the results of the library are equal to the bit:
 *
 * 1. output[r][o] = chain(bias[o], input[r], weight[o]), and d_input[r][i] =
 *    chain(0, d_output[r], column i of weight). A chain is that of reference.h.
 * 2. Gradients of parameters are sums over blocks of 512 rows, the last one
 *    perhaps shorter. In a block, part = fma(d_output[r][o], input[r][i], part)
 *    or part + d_output[r][o] over ascending r from 0. The part of the first
 *    block is set, unless the caller wants it added, and the others are added.
 *
 * Values are doubles that the dtype of the layer can hold. */
#ifndef TESTS_SUPPORT_REFERENCE_LINEAR_H
#define TESTS_SUPPORT_REFERENCE_LINEAR_H

#include <stdbool.h>

#include "simplernn.h"

typedef struct {
    srnn_dtype dtype;
    int64_t in, out;
    double *weight, *bias; /* in one block of memory; a missing bias is zeros */
} reference_linear;

reference_linear reference_linear_read(const srnn_linear *linear);
void reference_linear_free(reference_linear *l);

void reference_linear_forward(const reference_linear *l, int64_t rows,
                              const double *input, double *output);
void reference_linear_d_input(const reference_linear *l, int64_t rows,
                              const double *d_output, double *d_input);

/* gradients [out*in+out]: those of weight, then those of bias. */
void reference_linear_gradients(const reference_linear *l, int64_t rows,
                                const double *input, const double *d_output,
                                bool adds, double *gradients);

#endif
