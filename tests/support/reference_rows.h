/* SPDX-License-Identifier: MIT */
/* Sums over the rows of a recording, in blocks: rule 5 of
 * reference_backward.h. */
#ifndef TESTS_SUPPORT_REFERENCE_ROWS_H
#define TESTS_SUPPORT_REFERENCE_ROWS_H

#include "support/reference_recording.h"

typedef struct {
    srnn_dtype dtype;
    const reference_recording *r;
    bool reverse;
    const double *dg; /* [T,B,H] */
    int64_t H;
} reference_rows;

/* sum[j][k], of H times K, gets the sum of dg[j] * x[k] over all rows, with x
 * [T,B,K]; or the sum of dg[j] if x is NULL and K is 1. */
void reference_rows_sum(const reference_rows *rows, const double *x, int64_t K,
                        double *sum, bool adds);

#endif
