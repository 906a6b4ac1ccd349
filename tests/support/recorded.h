/* SPDX-License-Identifier: MIT */
/* A random recording for the oracle of gradients, with memory for its results.
 */
#ifndef TESTS_SUPPORT_RECORDED_H
#define TESTS_SUPPORT_RECORDED_H

#include "support/draws.h"
#include "support/parameters.h"
#include "support/reference_backward.h"
#include "support/small_rnn.h"

/* Memory for all gradients of a recording: arrays of these sizes. */
typedef struct {
    reference_gradients out;
    int64_t inputs, states; /* of d_input; of d_h0 and d_fresh */
    int64_t count;          /* of parameters */
    int64_t sizes[PARAMETERS_MOST];
    double *parameters[PARAMETERS_MOST];
} recorded_gradients;

/* Zeros. */
recorded_gradients recorded_gradients_make(const srnn_rnn *rnn, int64_t T,
                                           int64_t B);
void recorded_gradients_free(recorded_gradients *g);

/* rnn, and a recording that points to the arrays after it. These exist even
 * where the recording has none of the kind. */
typedef struct {
    small_rnn of;
    srnn_rnn *rnn;
    reference_recording r;
    int64_t inputs, states, outputs; /* elements of the arrays */
    double *input, *h0, *fresh, *d_output, *d_h_n;
    int64_t *lengths;
    uint8_t *resets;
} recorded;

/* Zeros everywhere, full lengths, no dropout. */
recorded recorded_make(const small_rnn *of, int64_t T, int64_t B);
void recorded_free(recorded *c);

/* Everything random and of the dtype, with dropout in one case of two; each
 * kind is missing in one case of four. The padding is NaN. */
recorded recorded_draw(draws *random, const small_rnn *of, int64_t T,
                       int64_t B);

#endif
