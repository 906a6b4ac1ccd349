/* SPDX-License-Identifier: MIT */
/* Arithmetic on a contiguous run of reals: what limits gradients. Sums have
 * bits that depend on the values and their number alone. */
#ifndef SRNN_RNN_VALUES_H
#define SRNN_RNN_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* The sum of the squares of values times factor, in double. */
typedef double srnn_values_sum(const void *values, int64_t count,
                               double factor);
srnn_values_sum srnn_values__sum_squares_f32, srnn_values__sum_squares_f64;

/* The largest magnitude; NaN if there is one. */
typedef double srnn_values_largest(const void *values, int64_t count);
srnn_values_largest srnn_values__largest_f32, srnn_values__largest_f64;

/* Is there neither NaN nor infinity? */
typedef bool srnn_values_question(const void *values, int64_t count);
srnn_values_question srnn_values__are_finite_f32, srnn_values__are_finite_f64;

/* Multiplies by number; or limits to -number to number, which is not negative.
 */
typedef void srnn_values_change(void *values, int64_t count, double number);
srnn_values_change srnn_values__scale_f32, srnn_values__scale_f64;
srnn_values_change srnn_values__clamp_f32, srnn_values__clamp_f64;

#endif
