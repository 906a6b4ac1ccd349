/* SPDX-License-Identifier: MIT */
/* A network that reads one sample of dry sound a step, and gives one of wet
 * sound:
 *
 *     output = rnn(dry)           [T,B,1] -> [T,B,H]
 *     played = linear(output)     [T,B,H] -> [T,B,1]
 *
 * It is trained by truncated backpropagation through time.
 *
 * The states of all strips begin as zeros. That is not what they would be in
 * the middle of a recording, so the first WARM_UP samples only bring them
 * there, and do not count. Then each step learns from one chunk, and begins
 * with the states in which the chunk before it ended. No gradient goes back
 * beyond the chunk. */
#ifndef AMP_TRAINER_H
#define AMP_TRAINER_H

#include "history.h"
#include "model.h"
#include "recording.h"

#define TRAINER_RATE_KEY "rate" /* in the metadata of a checkpoint */

typedef struct {
    const recording *recording;
    model model;
    srnn_tensor *states;            /* carried from step to step, [1,B,H] */
    srnn_tensor *output, *d_output; /* [T,B,H] */
    srnn_tensor *played; /* [T,B,1]; the loss makes its gradient of it */
    history history;
} trainer;

/* A training that begins with random parameters. */
trainer trainer_begin(const recording *r, int64_t hidden, uint64_t seed);

/* The training that a checkpoint holds. It must be one of the same recording.
 */
trainer trainer_resume(const recording *r, const char *path);

void trainer_destroy(trainer *t);

/* Makes a step, and returns the mean squared error of its chunk. */
double trainer_step(trainer *t);

/* The error-to-signal ratio of the part that is held out. */
double trainer_judge(const trainer *t);

/* Writes a checkpoint. */
void trainer_save(const trainer *t, const char *path);

#endif
