/* SPDX-License-Identifier: MIT */
/* Losses over all rows that count, with their gradients. Rows that do not count
 * are not read, and their gradient is 0. */
#ifndef SRNN_POINTWISE_LOSS_H
#define SRNN_POINTWISE_LOSS_H

#include "pointwise/softmax.h"
#include "tensor/tensor.h"

typedef struct {
    const srnn_tensor *result;   /* [...,C]: the logits, or the output */
    const srnn_tensor *target;   /* [...] of valid classes; or [...,C] */
    const srnn_tensor *counted;  /* [...] of squared error; NULL: all rows */
    const srnn_tensor *gradient; /* [...,C]; NULL: not wanted. It may be the
                                    result itself */
    double divisor;              /* above 0 */
    const srnn_softmax_kernels *softmax; /* of cross-entropy */
} srnn_loss_call;

/* Returns the sum of the losses, rows in order. */
typedef double srnn_loss_function(const srnn_loss_call *call);

srnn_loss_function srnn_loss__cross_entropy_f32, srnn_loss__cross_entropy_f64;
srnn_loss_function srnn_loss__squared_error_f32, srnn_loss__squared_error_f64;

#endif
