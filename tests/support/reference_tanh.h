/* SPDX-License-Identifier: MIT */
/* tanh, one number at a time, by the operations that the kernels promise: equal
 * to theirs in every bit wherever there is FMA. */
#ifndef TESTS_SUPPORT_REFERENCE_TANH_H
#define TESTS_SUPPORT_REFERENCE_TANH_H

float reference_tanh_f32(float x);
double reference_tanh_f64(double x);

#endif
