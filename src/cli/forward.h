/* SPDX-License-Identifier: MIT */
/* A forward over a whole sequence, which may tell how far it is. */
#ifndef SRNN_CLI_FORWARD_H
#define SRNN_CLI_FORWARD_H

#include <stdbool.h>

#include "model.h"

/* Owns all of it but the model. */
typedef struct {
    const command_model *model;
    srnn_context *context;
    srnn_tensor *input;
    srnn_tensor *h0;      /* NULL: zeros */
    srnn_tensor *lengths; /* NULL: all steps */
    srnn_tensor *resets;  /* NULL: none */
    srnn_tensor *fresh;   /* NULL: zeros */
    srnn_tensor *output;
    srnn_tensor *h_n;
} command_forward;

/* Does the input have a batch? */
bool command_forward_has_batch(const command_forward *f);

/* Is the input one that the rnn can take? The library says what is wrong. */
command_result command_forward_check(const command_forward *f);

/* Creates output and h_n for the input. */
command_result command_forward_prepare(command_forward *f);

/* Is a row of [T,B], or of [B,T] if batch first, beyond the length of its
 * sequence? The second axis has inner sizes. */
bool command_forward_is_padding(const srnn_tensor *lengths, bool is_batch_first,
                                int64_t inner, int64_t row);

/* Fills output and h_n. Progress goes to stderr if it is wanted, the run takes
 * more than a second and the input is whole sequences for a forward direction.
 */
command_result command_forward_run(const command_forward *f, bool progress);

/* Also after a failure, or before there is anything. */
void command_forward_close(command_forward *f);

/* A steady clock, in seconds. */
double command_seconds(void);

#endif
