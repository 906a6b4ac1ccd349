/* SPDX-License-Identifier: MIT */
/* What the calls of a context and of a stream share. */
#ifndef SRNN_API_CONTEXT_H
#define SRNN_API_CONTEXT_H

#include "stack/context.h"
#include "stack/padded.h"

/* A context serves one thread at a time: SRNN_ERROR_BUSY if another is inside.
 * While it is inside, a thread cannot be cancelled. */
srnn_status srnn_context__enter(srnn_context *context);
void srnn_context__leave(srnn_context *context);

/* srnn_context_forward from inside, and srnn_context_forward_sequences. Handles
 * have been checked. */
srnn_status srnn_context__call(srnn_context *context,
                               const srnn_cell__kernels *kernels,
                               const srnn_call *call);
srnn_status srnn_context__call_padded(srnn_context *context,
                                      const srnn_cell__kernels *kernels,
                                      const srnn_padded_call *call);

#endif
