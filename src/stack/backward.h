/* SPDX-License-Identifier: MIT */
/* Backpropagation through time of a recording. */
#ifndef SRNN_STACK_BACKWARD_H
#define SRNN_STACK_BACKWARD_H

#include "rnn/gradients.h"
#include "stack/context.h"
#include "stack/tape.h"

/* What comes in and what is wanted; all but input may be NULL. */
typedef struct {
    const srnn_tensor *input;
    const srnn_tensor *d_output;
    const srnn_tensor *d_h_n;
    bool adds; /* to the gradients of parameters, which are in one of: */
    srnn_gradients *gradients;
    void *const *addresses; /* one for each parameter, or NULL */
    const srnn_tensor *d_input;
    const srnn_tensor *d_h0;
    const srnn_tensor *d_fresh;
} srnn_backward_call;

/* The call has been checked, and fits the recording of the tape. Fails for want
 * of memory only, or SRNN_ERROR_OVERFLOW, before any result is written. */
srnn_status srnn_backward__run(srnn_context *context, const srnn_tape *tape,
                               const srnn_backward_call *call);

/* Bytes of the context's memory, the transposed weights included. */
srnn_status srnn_backward__size(int64_t *out, const srnn_context *context,
                                const srnn_tape_sizes *sizes);

#endif
