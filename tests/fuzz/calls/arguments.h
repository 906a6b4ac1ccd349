/* SPDX-License-Identifier: MIT */
/* The arguments of forwards, for fuzz_calls.c. */
#ifndef TESTS_FUZZ_CALLS_ARGUMENTS_H
#define TESTS_FUZZ_CALLS_ARGUMENTS_H

#include "fuzz/calls/call.h"

typedef struct {
    srnn_dtype dtype;
    int64_t steps, batch;
    int64_t input[3], output[3], hidden[3];
} arguments_shapes;

/* For an rnn, or any shapes for NULL. */
arguments_shapes arguments_take_shapes(const srnn_rnn *rnn);

/* The same for these sizes. */
arguments_shapes arguments_shapes_of(const srnn_rnn *rnn, int64_t steps,
                                     int64_t batch);

/* Contiguous, 3 sizes; half of the time NULL. */
void *arguments_memory(srnn_dtype dtype, const int64_t *shape);
void *arguments_memory_option(srnn_dtype dtype, const int64_t *shape);

/* Of the sequences, mostly valid; often NULL. */
srnn_tensor *arguments_lengths(const arguments_shapes *s);

/* The same as an array; NULL also if it does not fit. */
int64_t *arguments_length_array(const arguments_shapes *s);

#endif
