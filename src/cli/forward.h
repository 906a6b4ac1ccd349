/* SPDX-License-Identifier: MIT */
/* A forward over a whole sequence, which may tell how far it is. */
#ifndef SRNN_CLI_FORWARD_H
#define SRNN_CLI_FORWARD_H

#include <stdbool.h>

#include "model.h"

typedef struct {
    const command_model *model;
    srnn_context *context;
    const srnn_tensor *input;
    const srnn_tensor *h0;      /* NULL: zeros */
    const srnn_tensor *lengths; /* NULL: all steps */
    const srnn_tensor *resets;  /* NULL: none */
    const srnn_tensor *fresh;   /* NULL: zeros */
    srnn_tensor *output;
    srnn_tensor *h_n;
} command_forward;

/* Does the input have a batch? */
bool command_forward_has_batch(const command_forward *f);

/* Is the input one that the rnn can take? The library says what is wrong. */
command_result command_forward_check(const command_forward *f);

/* Creates output and h_n for the input, for the caller to destroy. */
command_result command_forward_prepare(command_forward *f);

/* Fills output and h_n. Progress goes to stderr if it is wanted, the run takes
 * more than a second and the input is whole sequences for a forward direction.
 */
command_result command_forward_run(const command_forward *f, bool progress);

/* A steady clock, in seconds. */
double command_seconds(void);

#endif
