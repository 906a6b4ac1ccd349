/* SPDX-License-Identifier: MIT */
/* A forward over sequences of different lengths, and over several episodes in
 * one sequence. */
#ifndef SRNN_STACK_PADDED_H
#define SRNN_STACK_PADDED_H

#include "stack/context.h"

typedef struct {
    srnn_call tensors;
    const int64_t *lengths; /* [B], each 0 to T; NULL for T */
    const uint8_t *resets;  /* as the input without features; NULL for none */
} srnn_padded_call;

/* The call has been checked. Fails for want of memory only, before any write.
 */
srnn_status srnn_padded__forward(srnn_context *context,
                                 const srnn_padded_call *call);

#endif
