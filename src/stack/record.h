/* SPDX-License-Identifier: MIT */
/* A forward onto a tape. */
#ifndef SRNN_STACK_RECORD_H
#define SRNN_STACK_RECORD_H

#include "stack/padded.h"
#include "stack/walk.h"

/* The call has been checked, and so has the memory that the tape was given.
 * Before any result is written it may fail for want of memory, or
 * SRNN_ERROR_OVERFLOW, SRNN_ERROR_BUFFER. */
srnn_status srnn_record__run(srnn_context *context, srnn_tape *tape,
                             const srnn_padded_call *call);

/* A walk over what the tape holds, or will hold, with memory for blocks of its
 * steps. */
srnn_walk srnn_record__walk(const srnn_context *context,
                            const srnn_tape_sizes *sizes);

/* Who does what in a walk, with a team for it; and what the context remembers
 * of that after the walk. */
srnn_status srnn_record__choose_partition(srnn_walk *walk,
                                          srnn_context *context,
                                          bool only_batch);
void srnn_record__note_partition(srnn_context *context, const srnn_walk *walk);

#endif
