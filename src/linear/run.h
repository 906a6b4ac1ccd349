/* SPDX-License-Identifier: MIT */
/* Runs a linear layer forwards and backwards. Arguments have been checked, and
 * the layer and the context have been entered. */
#ifndef SRNN_LINEAR_RUN_H
#define SRNN_LINEAR_RUN_H

#include "linear/linear.h"
#include "rnn/gradients.h"
#include "stack/context.h"

/* What a call computes with. */
typedef struct {
    const srnn_linear *linear;
    srnn_context *context; /* NULL: this thread alone */
    srnn_gemm gemm;
    srnn_isa isa;
} srnn_linear_runner;

/* With the choices of the context, or with the defaults without one:
 * SRNN_ERROR_ENVIRONMENT or SRNN_ERROR_UNSUPPORTED. */
srnn_status srnn_linear_runner__choose(srnn_linear_runner *out,
                                       const srnn_linear *linear,
                                       srnn_context *context);

/* SRNN_ERROR_NO_MEMORY, and then nothing is written. */
srnn_status srnn_linear__forward(const srnn_linear_runner *runner,
                                 const srnn_tensor *input,
                                 const srnn_tensor *output);

typedef struct {
    const srnn_tensor *input;
    const srnn_tensor *d_output;
    bool adds; /* to the gradients */
    srnn_gradients *gradients;
    const srnn_tensor *d_input; /* this and gradients may be NULL */
} srnn_linear_backward_call;

srnn_status srnn_linear__backward(const srnn_linear_runner *runner,
                                  const srnn_linear_backward_call *call);

#endif
