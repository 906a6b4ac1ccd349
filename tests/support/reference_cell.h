/* SPDX-License-Identifier: MIT */
/* One cell of an rnn and the arithmetic of its dtype, for the oracles alone:
 * reference.c, reference_recording.c and reference_backward.c. */
#ifndef TESTS_SUPPORT_REFERENCE_CELL_H
#define TESTS_SUPPORT_REFERENCE_CELL_H

#include "simplernn.h"

/* Values are doubles that the dtype can hold. A missing bias is zeros. */
typedef struct {
    srnn_dtype dtype;
    int64_t nonlinearity;
    int64_t inputs;
    int64_t hidden;
    double *weight_ih, *weight_hh, *bias_ih, *bias_hh;
} reference_cell;

/* direction: 1 for the parameters whose names end in _reverse. */
reference_cell reference_cell_read(const srnn_rnn *rnn, int64_t layer,
                                   int64_t direction, int64_t inputs);
void reference_cell_free(reference_cell *c);

/* One row, one step: out [H] from x [inputs] and h [H]. */
void reference_cell_step(const reference_cell *c, const double *x,
                         const double *h, double *out);

/* To the nearest number of the dtype. */
double reference_rounded(srnn_dtype dtype, double value);

/* a * b + sum, rounded once. */
double reference_multiply_add(srnn_dtype dtype, double a, double b, double sum);

/* sum and K products, by the rule of reference.h. */
double reference_add_products(srnn_dtype dtype, double sum,
                              const double *weights, const double *values,
                              int64_t K);

#endif
