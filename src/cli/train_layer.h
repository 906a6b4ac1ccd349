/* SPDX-License-Identifier: MIT */
/* The linear layer behind the rnn that is trained. */
#ifndef SRNN_CLI_TRAIN_LAYER_H
#define SRNN_CLI_TRAIN_LAYER_H

#include "train_network.h"

/* Makes network->linear, for targets that are classes or have that many values.
 */
command_result command_layer_open(command_network *network,
                                  const command_options *options,
                                  int64_t outputs, bool has_classes);

#endif
