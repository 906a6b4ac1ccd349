/* SPDX-License-Identifier: MIT */
/* Epoch after epoch, until there are enough. */
#ifndef SRNN_CLI_TRAIN_LOOP_H
#define SRNN_CLI_TRAIN_LOOP_H

#include "train_order.h"
#include "train_progress.h"

typedef struct {
    const command_options *options;
    command_data data;
    command_network network;
    command_order order;
    command_state state;
    command_progress progress;
    command_batch batch; /* in training */
    command_batch check; /* in validation */
} command_training;

/* The file of checkpoints; NULL if there is none. */
const char *command_training_checkpoint(const command_options *options);

/* Trains until all epochs are done, until validation has not improved for
 * --patience epochs, or until a signal asks for an end. A checkpoint is saved
 * after each epoch and at the signal. *signal receives its number, or 0. */
command_result command_training_run(command_training *t, int *signal);

#endif
