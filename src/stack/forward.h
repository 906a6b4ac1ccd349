/* SPDX-License-Identifier: MIT */
/* The schedule of a whole forward: which layer reads and writes what. */
#ifndef SRNN_STACK_FORWARD_H
#define SRNN_STACK_FORWARD_H

#include "stack/rnn.h"

struct srnn_context {
    srnn_handle handle;
    atomic_flag busy;
    srnn_rnn *rnn; /* retained */
    const srnn_gemm__provider *gemm;
    unsigned char
        *memory; /* for the arena of a forward; grows, never shrinks */
    int64_t capacity;
};

/* A context with the default gemm provider; it retains the rnn. */
srnn_status srnn_context__create(srnn_context **out, srnn_rnn *rnn);

void srnn_context__destroy(srnn_context *context);

/* Arguments are as srnn_context_forward says and have been checked; h0, output
 * and h_n may be NULL. Fails for want of memory only, before any write. */
srnn_status srnn_context__forward(srnn_context *context,
                                  const srnn_tensor *input,
                                  const srnn_tensor *h0, srnn_tensor *output,
                                  srnn_tensor *h_n);

#endif
