/* SPDX-License-Identifier: MIT */
/* States that a context carries from call to call, and the step that needs
 * nothing else. */
#ifndef SRNN_STACK_STREAM_H
#define SRNN_STACK_STREAM_H

#include "stack/rnn.h"

/* One block of memory: this struct, then what it points to. An rnn of two
 * directions has states alone. */
typedef struct {
    srnn_tensor states;          /* [L*D,B,H] */
    srnn_tensor next;            /* the same, for a step to write */
    srnn_recur__run *steps;      /* [L]: each layer from states to next */
    srnn_recur__run *steps_back; /* [L]: from next to states */
} srnn_stream;

/* All states 0. SRNN_ERROR_OVERFLOW, SRNN_ERROR_NO_MEMORY. */
srnn_status srnn_stream__create(srnn_stream **out, const srnn_rnn *rnn,
                                int64_t batch);

/* NULL does nothing. */
void srnn_stream__destroy(srnn_stream *stream);

/* One step. input [B,I]; output [B,H], or NULL. */
void srnn_stream__step(srnn_stream *stream, const srnn_rnn *rnn,
                       const srnn_cell__kernels *kernels, const void *input,
                       void *output);

#endif
