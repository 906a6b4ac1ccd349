/* SPDX-License-Identifier: MIT */
/* The forward that the calls of a context and of a stream share. */
#ifndef SRNN_API_FORWARD_H
#define SRNN_API_FORWARD_H

#include "stack/context.h"
#include "stack/padded.h"

/* srnn_context_forward from inside, and srnn_context_forward_sequences. Handles
 * have been checked. */
srnn_status srnn_context__call(srnn_context *context,
                               const srnn_cell_kernels *kernels,
                               const srnn_call *call);
srnn_status srnn_context__call_padded(srnn_context *context,
                                      const srnn_cell_kernels *kernels,
                                      const srnn_padded_call *call);

#endif
