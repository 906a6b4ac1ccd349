/* SPDX-License-Identifier: MIT */
/* Activations, in place over a matrix. */
#ifndef SRNN_POINTWISE_ACTIVATION_H
#define SRNN_POINTWISE_ACTIVATION_H

#include "simplernn/config.h"
#include "tensor/matrix.h"

/* v = tanh(v), or v = max(v, 0) with NaN kept. */
void srnn_activation__apply_f32(srnn_nonlinearity nonlinearity, srnn_matrix v);
void srnn_activation__apply_f64(srnn_nonlinearity nonlinearity, srnn_matrix v);

#endif
