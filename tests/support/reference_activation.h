/* SPDX-License-Identifier: MIT */
/* The activations, one number at a time, by the operations that the kernels
 * promise: equal to theirs in every bit wherever there is FMA. For each word of
 * activation.def reference_<word>_f32() and reference_<word>_f64(), and for a
 * gradient behind the activation and its result reference_<word>_gradient_f32()
 * and reference_<word>_gradient_f64(), which flush nothing. */
#ifndef TESTS_SUPPORT_REFERENCE_ACTIVATION_H
#define TESTS_SUPPORT_REFERENCE_ACTIVATION_H

#include "pointwise/activation.def"

#define REFERENCE(id, word, x)                                                 \
    float reference_##word##_f32(float value);                                 \
    double reference_##word##_f64(double value);                               \
    float reference_##word##_gradient_f32(float sum, float y);                 \
    double reference_##word##_gradient_f64(double sum, double y);
SRNN_ACTIVATION_ROWS(REFERENCE, )
#undef REFERENCE

#endif
