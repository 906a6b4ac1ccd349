/* SPDX-License-Identifier: MIT */
/* A forward onto a tape. */
#ifndef SRNN_STACK_RECORD_H
#define SRNN_STACK_RECORD_H

#include "stack/padded.h"
#include "stack/tape.h"

/* The call has been checked, and so has the memory that the tape was given.
 * Before any result is written it may fail for want of memory, or
 * SRNN_ERROR_OVERFLOW, SRNN_ERROR_BUFFER. */
srnn_status srnn_record__run(srnn_context *context, srnn_tape *tape,
                             const srnn_padded_call *call);

#endif
