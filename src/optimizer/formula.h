/* SPDX-License-Identifier: MIT */
/* The formulas of torch.optim, for the values of one parameter. Each operation
 * rounds once, in the order of torch's loops over single tensors. Real options
 * and what follows from them are double until they meet a value. */
#ifndef SRNN_OPTIMIZER_FORMULA_H
#define SRNN_OPTIMIZER_FORMULA_H

#include "optimizer/optimizer.h"

/* Arrays of so many elements of one dtype. */
typedef struct {
    int64_t size;
    void *values;
    const void *gradient;
    void *moments[SRNN_OPTIMIZER_MOMENTS];
} srnn_formula_arrays;

/* Makes the values follow the gradient. count: how often the moments have been
 * updated, with this time. */
typedef void srnn_formula(const srnn_formula_arrays *arrays,
                          const srnn_optimizer_options *options, int64_t count);

srnn_formula srnn_formula__sgd_f32, srnn_formula__sgd_f64;
srnn_formula srnn_formula__adam_f32, srnn_formula__adam_f64;
srnn_formula srnn_formula__adamw_f32, srnn_formula__adamw_f64;
srnn_formula srnn_formula__rmsprop_f32, srnn_formula__rmsprop_f64;

#endif
