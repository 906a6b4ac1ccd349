/* SPDX-License-Identifier: MIT */
/* The random choices of one case of a test. Its number is the seed, so that a
 * failure need name nothing else. Each choice is a statement of its own: C says
 * nothing of the order in which arguments and initializers are evaluated. */
#ifndef TESTS_SUPPORT_DRAWS_H
#define TESTS_SUPPORT_DRAWS_H

#include <stdint.h>

#include "simplernn.h"

typedef struct {
    unsigned short state[3];
} draws;

/* test: any number of the test's own. */
draws draws_of(int number, unsigned short test);

/* 0 to limit - 1. */
int64_t draws_below(draws *d, int64_t limit);

/* One of the sizes around which kernels change what they do: up to 130. */
int64_t draws_size(draws *d);

/* float32 or float64. */
srnn_dtype draws_dtype(draws *d);

srnn_nonlinearity draws_nonlinearity(draws *d);

/* [-1,1) in steps of 1/1024, which any dtype holds. */
double draws_value(draws *d);

/* So many of these values; to be freed. */
unsigned char *draws_values(draws *d, srnn_dtype dtype, int64_t count);

/* Gives a context a number of threads up to most_threads and any schedule,
 * which change no bits. */
void draws_share_out(draws *d, srnn_context *context, int64_t most_threads);

/* A context of the rnn with both. */
srnn_context *draws_context(draws *d, const srnn_rnn *rnn,
                            int64_t most_threads);

#endif
