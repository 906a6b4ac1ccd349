/* SPDX-License-Identifier: MIT */
/* What training runs forward, in plain scalar loops: sequences with lengths,
 * with resets (simplernn/context.h says what both mean) and with dropout
 * between the layers (reference_dropout.h). A step computes what reference.h
 * says, so wherever there is FMA the results are equal to the bit. */
#ifndef TESTS_SUPPORT_REFERENCE_RECORDING_H
#define TESTS_SUPPORT_REFERENCE_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "simplernn.h"
#include "support/reference_dropout.h"

/* One recording and the gradients that come into it. Arrays are contiguous and
 * time first, whatever batch_first says. Values are doubles that the rnn's
 * dtype can hold, whatever the dtype. The padding is never read. */
typedef struct {
    int64_t T, B;
    const double *input;    /* [T,B,I] */
    const int64_t *lengths; /* [B], or NULL: all sequences have T steps */
    const uint8_t *resets;  /* [T,B], or NULL: there are none */
    const double *h0;       /* [L*D,B,H], or NULL: zeros */
    const double *fresh;    /* as h0 */
    const double *d_output; /* [T,B,D*H], or NULL: zeros */
    const double *d_h_n;    /* [L*D,B,H], or NULL: zeros */
    bool keeps_subnormals;  /* small gradients are not flushed to zero */
    reference_dropout dropout;
} reference_recording;

/* output [T,B,D*H] and h_n [L*D,B,H]. */
void reference_forward_sequences(const srnn_rnn *rnn,
                                 const reference_recording *r, double *output,
                                 double *h_n);

/* The rest is for reference_backward.c and its test. */

typedef struct {
    srnn_dtype dtype;
    int64_t L, D, H;
    bool is_reverse; /* the only direction is the reverse one */
    double **inputs; /* for each layer [T,B,I or D*H], after dropout */
    double **states; /* for each layer [T,B,D*H], before dropout */
} reference_states;

reference_states reference_states_record(const srnn_rnn *rnn,
                                         const reference_recording *r);
void reference_states_free(reference_states *s);

/* Elements of a row of what layer l reads. */
int64_t reference_width(const srnn_rnn *rnn, const reference_states *s,
                        int64_t l);

/* Does direction d run from the end? */
bool reference_reverses(const reference_states *s, int64_t d);

int64_t reference_length(const reference_recording *r, int64_t b);

/* What a step starts from. */
typedef enum { FROM_H0, FROM_FRESH, FROM_STEP } reference_origin;

/* Step t of row b. before receives the step that was processed before it. */
reference_origin reference_origin_of(const reference_recording *r, bool reverse,
                                     int64_t t, int64_t b, int64_t *before);

/* The state [H] that step t of row b of a cell starts from. */
void reference_state_before(double *state, const reference_states *s,
                            const reference_recording *r, int64_t l, int64_t d,
                            int64_t t, int64_t b);

/* An array of zeros, to be freed. */
double *reference_zeros(int64_t count);

#endif
