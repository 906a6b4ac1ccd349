/* SPDX-License-Identifier: MIT */
/* What is trained: an rnn with a linear layer behind it, and an optimizer of
 * both. */
#ifndef SRNN_CLI_TRAIN_NETWORK_H
#define SRNN_CLI_TRAIN_NETWORK_H

#include "model.h"
#include "target.h"

enum {
    COMMAND_OBJECTS = 2
}; /* with parameters: the rnn and the linear layer */

typedef struct {
    command_model model; /* without weights if the rnn is a new one */
    srnn_linear *linear;
    const char *prefix; /* that the rnn is written under */
    const char *head;   /* the prefix of the linear layer */
    srnn_context *context;
    srnn_tape *tape;
    srnn_gradients *gradients[COMMAND_OBJECTS];
    srnn_optimizer *optimizer;
    double learning_rate; /* the first one */
    double weight_decay;
} command_network;

/* The rnn of --start-from, or none yet. To be closed by the caller, also after
 * a failure. */
command_result command_network_open(command_network *out,
                                    const command_options *options);
void command_network_close(command_network *network);

bool command_network_is_batch_first(const command_network *network,
                                    const command_options *options);
srnn_dtype command_network_dtype(const command_network *network);

/* Makes what is not there yet, for data of that many features. */
command_result command_network_complete(command_network *network,
                                        const command_options *options,
                                        int64_t inputs, int64_t outputs,
                                        bool has_classes);

/* Writes the rnn and the linear layer to the temporary file of a target, or to
 * a file that appears whole or not at all. */
command_result command_network_write(const command_network *network,
                                     const command_target *target);
command_result command_network_save(const command_network *network,
                                    const char *path);

#endif
