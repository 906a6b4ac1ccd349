/* SPDX-License-Identifier: MIT */
/* The files that training reads and writes. */
#ifndef SRNN_CLI_TRAIN_FILES_H
#define SRNN_CLI_TRAIN_FILES_H

#include "train_loop.h"

/* No file that is written may be one that is read, or another that is written.
 */
command_result command_files_check(const command_options *options);

/* Can the model and the checkpoints be written? Leaves nothing. */
command_result command_files_try(const command_training *t);

#endif
