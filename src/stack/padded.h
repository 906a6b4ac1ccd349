/* SPDX-License-Identifier: MIT */
/* A forward over sequences of different lengths, and over several episodes in
 * one sequence. */
#ifndef SRNN_STACK_PADDED_H
#define SRNN_STACK_PADDED_H

#include "stack/context.h"

/* All but tensors may be NULL. */
typedef struct {
    srnn_call tensors;
    const srnn_tensor *lengths; /* int64 [B] or [], each 0 to T; NULL for T */
    const srnn_tensor *resets;  /* uint8, as the input without features */
    const srnn_tensor *fresh;   /* as h0: the states of a new episode */
} srnn_padded_call;

/* Elements of lengths from a row to the next one. */
static inline int64_t srnn_padded__stride(const srnn_tensor *lengths)
{
    return lengths->rank == 0 ? 0 : lengths->strides[0];
}

/* Of row b; T without lengths. */
int64_t srnn_padded__length(const srnn_padded_call *call, int64_t T, int64_t b);

/* The call has been checked. Fails for want of memory only, before any write.
 */
srnn_status srnn_padded__forward(srnn_context *context,
                                 const srnn_cell_kernels *kernels,
                                 const srnn_padded_call *call);

#endif
