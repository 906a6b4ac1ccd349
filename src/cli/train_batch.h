/* SPDX-License-Identifier: MIT */
/* Some of the sequences, side by side, and what the network makes of them. */
#ifndef SRNN_CLI_TRAIN_BATCH_H
#define SRNN_CLI_TRAIN_BATCH_H

#include "train_data.h"
#include "train_network.h"

typedef struct {
    int64_t count;        /* of sequences, B */
    srnn_tensor *input;   /* this one and the next three are as in the data */
    srnn_tensor *targets; /* with B in the place of N */
    srnn_tensor *lengths;
    srnn_tensor *counted;
    srnn_tensor *h_n; /* NULL if there is a target for each step */
    srnn_tensor *d_h_n;
    srnn_tensor *features; /* what the linear layer reads: the output, or the
                              last states */
    srnn_tensor *d_features;
    srnn_tensor *logits; /* then their gradient */
} command_batch;

/* What a pass over sequences adds up. */
typedef struct {
    double loss;
    int64_t count;   /* of what counts: targets that are classes, or values */
    int64_t correct; /* of the classes */
} command_score;

/* The means. */
double command_score_loss(const command_score *score);
double command_score_accuracy(const command_score *score);

/* Makes room for that many sequences, unless there is. To be closed by the
 * caller, also after a failure. A batch begins as zeros. */
command_result command_batch_resize(command_batch *batch,
                                    const command_data *data,
                                    const command_network *network,
                                    int64_t count);
void command_batch_close(command_batch *batch);

/* Copies the sequences of a list of batch->count indices. */
void command_batch_fill(command_batch *batch, const command_data *data,
                        const int64_t *sequences);

/* One step of training: gradients of the mean loss, limited to the norm clip
 * unless that is 0, and an update of the parameters. */
command_result command_batch_learn(command_score *score, command_batch *batch,
                                   const command_network *network, double clip,
                                   int64_t dropout_seed);

/* The same without training, and without dropout. */
command_result command_batch_evaluate(command_score *score,
                                      command_batch *batch,
                                      const command_network *network);

#endif
