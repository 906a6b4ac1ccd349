/* SPDX-License-Identifier: MIT */
/* The linear layer behind an rnn, which turns states into classes or values. */
#ifndef SRNN_CLI_HEAD_H
#define SRNN_CLI_HEAD_H

#include "forward.h"

/* Reads the linear layer under a prefix from the file of the model, which path
 * names. It must take what the rnn gives. To be destroyed by the caller. */
command_result command_head_open(srnn_linear **out, const command_model *model,
                                 const char *path, const char *prefix);

/* Copies the final states of the last layer, each sequence's own, between
 * h_n, [L*D,B,H], and the rows of a linear layer, [B,D*H]. Without a batch they
 * are [L*D,H] and [D*H]. */
command_result command_head_gather(srnn_tensor *features,
                                   const srnn_tensor *h_n,
                                   const command_model *model);
command_result command_head_scatter(srnn_tensor *h_n,
                                    const srnn_tensor *features,
                                    const command_model *model);

/* The index of the largest value of a row of [...,C]: the first, if several are
 * equal. */
int64_t command_head_class(const srnn_tensor *logits, int64_t row);

/* What the layer makes of a forward that has run: values of each step, [...,C],
 * or with last_step of each sequence. With classes, [...] of int64. Beyond the
 * length of a sequence, a value is 0 and a class SRNN_IGNORE_INDEX. */
command_result command_head_run(srnn_tensor **out, const srnn_linear *head,
                                const command_forward *f,
                                const command_options *options);

#endif
