/* SPDX-License-Identifier: MIT */
/* A small model in training: an rnn with dropout, a linear layer, an initial
 * state that is learned, and an optimizer over all. Where it stands after some
 * steps follows from their number alone. */
#ifndef TESTS_SUPPORT_TRAINEE_H
#define TESTS_SUPPORT_TRAINEE_H

#include "simplernn.h"
#include "support/weights_file.h"

enum { TRAINEE_STATES = 2 * 4 }; /* [L,1,H] */

typedef struct {
    srnn_rnn *rnn;
    srnn_linear *fc;
    srnn_context *context;
    srnn_tape *tape;
    float h0[TRAINEE_STATES];
    srnn_tensor *h0_view;
    srnn_gradients *of_rnn; /* under "rnn." */
    srnn_gradients *of_fc;  /* "fc." */
    srnn_gradients *of_h0;  /* "start.h0" */
    srnn_optimizer *optimizer;
} trainee;

/* The kinds, each with all that it can have in use; 0 behind the last. */
srnn_optimizer_kind trainee_kind(int number);

/* In place, because of the view of h0. */
void trainee_create(trainee *t, srnn_optimizer_kind kind);
void trainee_destroy(trainee *t);

/* Makes the steps from the first to before the end; options change on the way.
 */
void trainee_step(trainee *t, int first, int end);

/* A checkpoint of it at the path, and its bytes. */
weights_file trainee_save(const trainee *t, const char *path);

srnn_status trainee_load(trainee *t, const char *path);
srnn_status trainee_load_bytes(trainee *t, const weights_file *file);

#endif
