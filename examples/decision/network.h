/* SPDX-License-Identifier: MIT */
/* A network that answers at every step:
 *
 *     states = rnn(input)             [T,B,3] -> [T,B,H]
 *     output = linear(states)         [T,B,H] -> [T,B,2]
 */
#ifndef DECISION_NETWORK_H
#define DECISION_NETWORK_H

#include <stdint.h>

#include <simplernn.h>

#include "model.h"

/* A model with random parameters. */
model network_create(int64_t hidden_size, double learning_rate, uint64_t seed);

/* What B trials become on their way through a network. */
typedef struct {
    int64_t count; /* B */
    srnn_tensor *input, *target, *counted;
    srnn_tensor *states, *d_states;
    srnn_tensor *output, *d_output;
} batch;

batch batch_create(const model *m, int64_t count);
void batch_destroy(batch *b);

/* Computes the output of a batch. */
void network_run(model *m, batch *b);

/* One step of training. Returns the mean squared error before the step, over
 * all outputs that count, and leaves those outputs in the batch. */
double network_learn(model *m, batch *b);

/* The answer of a trial of a batch: the larger output at the last step. */
int network_answer(const batch *b, int64_t row);

#endif
