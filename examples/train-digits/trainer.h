/* SPDX-License-Identifier: MIT */
/* The state of a training: what a checkpoint keeps. */
#ifndef TRAIN_DIGITS_TRAINER_H
#define TRAIN_DIGITS_TRAINER_H

#include <stdint.h>

#include "history.h"
#include "images.h"
#include "model.h"

enum { BATCH = 40 /* images in a step */ };

typedef struct {
    int64_t seed;
    int64_t epoch, epochs; /* how many are done, and in all */
    model model;
    history history;
    srnn_tensor *best_rnn, *best_linear; /* the best parameters so far */
    int64_t best_right; /* images of the validation part that they read right */
} trainer;

/* Begins with random parameters. */
trainer trainer_create(int64_t hidden_size, int64_t epochs, int64_t seed);

/* Goes on from a checkpoint. */
trainer trainer_resume(const char *path);

/* Saves a checkpoint. */
void trainer_save(const trainer *t, const char *path);

void trainer_destroy(trainer *t);

/* Learns from all images of a part once, in random order, and adds to the
 * history how the network reads the validation part then. Keeps the parameters
 * if they are the best so far. */
void trainer_run_epoch(trainer *t, const images *training,
                       const images *validation);

/* Goes back to the best parameters. */
void trainer_choose_best(trainer *t);

/* The number of steps in an epoch over some images. */
int64_t trainer_steps(const images *training);

/* How many images of a part the network reads right. */
int64_t trainer_count_right(trainer *t, const images *part);

#endif
