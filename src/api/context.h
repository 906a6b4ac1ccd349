/* SPDX-License-Identifier: MIT */
/* What the calls of a context share. */
#ifndef SRNN_API_CONTEXT_H
#define SRNN_API_CONTEXT_H

#include "stack/context.h"

/* A context serves one thread at a time: SRNN_ERROR_BUSY if another is inside.
 */
srnn_status srnn_context__seize(srnn_context *context);
void srnn_context__release(srnn_context *context);

/* The same, and while it is inside the thread cannot be cancelled: for all
 * calls but those that have no cancellation point. */
srnn_status srnn_context__enter(srnn_context *context);
void srnn_context__leave(srnn_context *context);

/* srnn_context_forward from inside; handles have been checked. */
srnn_status srnn_context__call(srnn_context *context, const srnn_call *call);

#endif
