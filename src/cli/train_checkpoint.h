/* SPDX-License-Identifier: MIT */
/* A file with all that training needs to go on: the state beside what the
 * optimizer saves. */
#ifndef SRNN_CLI_TRAIN_CHECKPOINT_H
#define SRNN_CLI_TRAIN_CHECKPOINT_H

#include "target.h"
#include "train_state.h"

/* Replaces the file at path in one step. */
command_result command_checkpoint_save(const command_state *state,
                                       const command_network *network,
                                       const command_options *options,
                                       const command_data *data,
                                       const char *path);

/* Writes the longest checkpoint that there can be to the temporary file of a
 * target, to find out whether later ones can be written. */
command_result command_checkpoint_try(const command_state *state,
                                      const command_network *network,
                                      const command_options *options,
                                      const command_data *data,
                                      const command_target *target);

/* Continues from the checkpoint of options->training.resume. It must have been
 * made with the same options and data. */
command_result command_checkpoint_load(command_state *state,
                                       const command_network *network,
                                       const command_options *options,
                                       const command_data *data);

#endif
