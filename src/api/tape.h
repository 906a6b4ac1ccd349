/* SPDX-License-Identifier: MIT */
/* What the calls of a tape share. */
#ifndef SRNN_API_TAPE_H
#define SRNN_API_TAPE_H

#include "stack/context.h"
#include "stack/tape.h"

/* A tape serves one thread at a time: SRNN_ERROR_BUSY if another is inside, or
 * SRNN_ERROR_INVALID if it is no tape. */
srnn_status srnn_tape__enter(const srnn_tape *tape);
void srnn_tape__leave(const srnn_tape *tape);

/* SRNN_ERROR_INVALID unless both have the same rnn. */
srnn_status srnn_tape__check_rnn(const srnn_context *context,
                                 const srnn_tape *tape);

#endif
