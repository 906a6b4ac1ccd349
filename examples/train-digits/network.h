/* SPDX-License-Identifier: MIT */
/* A network that reads an image from top to bottom and from bottom to top, a
 * row of pixels at a time:
 *
 *     h_n = rnn(input)                            [8,B,8] -> [2,B,H]
 *     features = both states of an image          [2,B,H] -> [B,2*H]
 *     logits = linear(features)                   [B,2*H] -> [B,10]
 */
#ifndef TRAIN_DIGITS_NETWORK_H
#define TRAIN_DIGITS_NETWORK_H

#include <stdint.h>

#include <simplernn.h>

#include "model.h"

/* A model with random parameters. */
model network_create(int64_t hidden_size, uint64_t seed);

/* What B images become on their way through a network. */
typedef struct {
    srnn_tensor *input, *targets;
    srnn_tensor *features, *h_n; /* two views of the same memory */
    srnn_tensor *logits;
    srnn_tensor *d_features, *d_h_n; /* two views of their gradients */
} batch;

batch batch_create(const model *m, int64_t count);
void batch_destroy(batch *b);

/* One step of training with the input and the targets of a batch. Returns the
 * mean loss before the step. */
double network_learn(model *m, batch *b);

/* Returns how many images of a batch the network reads right. */
int64_t network_count_right(model *m, batch *b);

#endif
