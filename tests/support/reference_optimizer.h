/* SPDX-License-Identifier: MIT */
/* The formulas of torch.optim as its documentation writes them, one element at
 * a time in double. It shares nothing with src/. */
#ifndef TESTS_SUPPORT_REFERENCE_OPTIMIZER_H
#define TESTS_SUPPORT_REFERENCE_OPTIMIZER_H

#include "simplernn.h"

/* Values of options by their numbers, from SRNN_OPTIMIZER_LEARNING_RATE on. */
typedef struct {
    srnn_optimizer_kind kind;
    double of[SRNN_OPTIMIZER_CENTERED - SRNN_OPTIMIZER_LEARNING_RATE + 1];
} reference_optimizer;

double *reference_optimizer_option(reference_optimizer *optimizer,
                                   srnn_optimizer_option option);

/* What an element has beside its value: all 0 at first. */
typedef struct {
    double mean;
    double squares;
    double buffer;
    int64_t count;
} reference_moments;

/* The value after a step. */
double reference_optimizer_step(reference_optimizer *optimizer,
                                reference_moments *moments, double value,
                                double gradient);

#endif
