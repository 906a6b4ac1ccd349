/* SPDX-License-Identifier: MIT */
/* Which sequences are trained on, and in which order. Both follow from the seed
 * alone, so a checkpoint need not keep them. */
#ifndef SRNN_CLI_TRAIN_ORDER_H
#define SRNN_CLI_TRAIN_ORDER_H

#include "failure.h"

typedef struct {
    int64_t seed;
    int64_t *validation; /* indices of sequences */
    int64_t validation_count;
    int64_t *training; /* in the order of an epoch */
    int64_t training_count;
    int64_t *unordered; /* the same, in the order of the split */
} command_order;

/* Chooses a fraction of count sequences for validation: at least 1 if it is
 * above 0. To be closed by the caller, also after a failure. */
command_result command_order_open(command_order *out, int64_t count,
                                  double fraction, int64_t seed);
void command_order_close(command_order *order);

/* Puts the training sequences into the order of an epoch, from 0 on. */
void command_order_shuffle(command_order *order, int64_t epoch);

#endif
