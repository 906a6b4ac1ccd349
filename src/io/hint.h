/* SPDX-License-Identifier: MIT */
/* Where the rnn that somebody looks for could be, and what a file holds
 * instead. */
#ifndef SRNN_IO_HINT_H
#define SRNN_IO_HINT_H

#include "io/weights.h"
#include "util/text.h"

/* Appends "; " and a sentence, or nothing. */
void srnn_hint__append(srnn_text *text, const srnn_weights *weights,
                       const char *prefix);

#endif
