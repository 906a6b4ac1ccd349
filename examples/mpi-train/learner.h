/* SPDX-License-Identifier: MIT */
/* The network and the task: the adding problem (S. Hochreiter and J.
 * Schmidhuber, "Long short-term memory", 1997). A sequence has two features in
 * each step: a random number, and a mark that is 1 in two of the steps and else
 * 0. The network has to give the sum of the two marked numbers. */
#ifndef LEARNER_H
#define LEARNER_H

#include <simplernn.h>

#include "model.h"
#include "part.h"

enum {
    SHARDS = 8, /* of a batch, for good: results do not depend on the ranks */
    ROWS = 32,  /* of a shard */
    STEPS = 16, /* of a sequence */
    FEATURES = 2,
    HIDDEN = 64
};

typedef struct {
    uint64_t seed;
    model model;
    srnn_tensor *input, *target, *h_n, *answer, *d_answer, *d_h_n;
} learner;

/* A new network, or that of a checkpoint if this is not NULL. */
void learner_create(learner *l, uint64_t seed, const srnn_weights *checkpoint);
void learner_destroy(learner *l);

/* P, the number of all gradients. */
int64_t learner_size(const learner *l);

/* The part of one shard in one training step. */
void learner_compute(learner *l, int64_t step, int64_t shard, part *out);

/* One step of the optimizer with the sum of all parts. */
void learner_update(learner *l, const part *sum);

/* A checksum of all weights. */
int64_t learner_checksum(const learner *l);

#endif
