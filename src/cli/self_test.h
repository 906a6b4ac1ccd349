/* SPDX-License-Identifier: MIT */
/* The promise of the same bits, held against this machine. */
#ifndef SRNN_CLI_SELF_TEST_H
#define SRNN_CLI_SELF_TEST_H

#include <stdbool.h>

#include "failure.h"

/* One of the networks, for the caller to destroy: always the same weights. */
command_result command_self_test_network(srnn_rnn **out, srnn_dtype dtype,
                                         bool bidirectional);

/* Prints a line for each way to run them; COMMAND_WRONG if bits differ. */
command_result command_self_test(void);

#endif
