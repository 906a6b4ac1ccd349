/* SPDX-License-Identifier: MIT */
/* The loops of simplernn/context.h over sequences with lengths and resets, a
 * step at a time in float64. Of the library they know the parameters and the
 * options alone. */
#ifndef TESTS_SUPPORT_LOOPS_H
#define TESTS_SUPPORT_LOOPS_H

#include "simplernn.h"

/* All contiguous and time first, whatever batch_first says. */
typedef struct {
    int64_t T, B;
    const double *input;    /* [T,B,I]; what lies in the padding is not read */
    const int64_t *lengths; /* [B] */
    const uint8_t *resets;  /* [T,B] */
    const double *h0;       /* [L*D,B,H] */
    const double *fresh;    /* [L*D,B,H] */
    double *output;         /* [T,B,D*H] */
    double *h_n;            /* [L*D,B,H] */
} loops;

void loops_run(const srnn_rnn *rnn, const loops *call);

#endif
