/* SPDX-License-Identifier: MIT */
/* Where training is. */
#ifndef SRNN_CLI_TRAIN_STATE_H
#define SRNN_CLI_TRAIN_STATE_H

#include "train_batch.h"

typedef struct {
    int64_t epoch;         /* the number of whole epochs */
    int64_t batch;         /* batches of the next one that are done */
    command_score score;   /* of these batches, or else of the last epoch */
    command_score checked; /* of validation after the last epoch */
    int64_t best_epoch;    /* the epoch with the lowest validation loss, from 1
                              on; 0: none yet */
    command_score best;
    double plateau_loss; /* the lowest loss of the schedule, in its first epoch
                            infinite */
    int64_t plateau_epochs; /* since then without a lower one */
    srnn_tensor *best_values[COMMAND_OBJECTS]; /* flat; NULL without validation
                                                */
} command_state;

/* At the beginning. To be closed by the caller, also after a failure. */
command_result command_state_open(command_state *out,
                                  const command_network *network,
                                  bool validates);
void command_state_close(command_state *state);

/* Keeps the values of the network as those of the best epoch, or gives them
 * back to it. */
command_result command_state_keep(command_state *state,
                                  const command_network *network);
command_result command_state_restore(const command_state *state,
                                     const command_network *network);

#endif
