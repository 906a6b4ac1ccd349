/* SPDX-License-Identifier: MIT */
/* Objects that a call of fuzz_calls.c needs and that are not there. */
#ifndef TESTS_FUZZ_CALLS_MAKE_H
#define TESTS_FUZZ_CALLS_MAKE_H

#include "fuzz/calls/object.h"

/* NULL if there is no memory. */
void *make_any(object_kind kind);

/* A context, tape or gradients of an rnn; NULL also if the rnn is not in a
 * slot, but only kept alive. */
void *make_of(object_kind kind, const srnn_rnn *rnn);

/* The bytes of a saved rnn, with these metadata, until the end of the input. */
const void *make_file(size_t *size, const srnn_rnn *rnn, const char *prefix,
                      const char *const *metadata);

#endif
