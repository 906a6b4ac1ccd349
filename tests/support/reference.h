/* SPDX-License-Identifier: MIT */
/* The rnn in plain scalar loops, the oracle of the tests. It follows to the
 * letter what the native kernels promise, so wherever there is FMA their
 * results are equal to the bit:
 *
 *     sum = chain(chain(b_ih + b_hh, x, W_ih[j]), h, W_hh[j]); h'[j] = act(sum)
 *
 * A chain over K products is cut into segments: for K > 64 into segments of 64,
 * the last one perhaps shorter, else into S of ceil(K / S), S = 1 for K < 8, 2
 * for K > 32 or K = 9, else 4. In each, part = fma(a[k], w[k], part) over
 * ascending k from 0, and the parts are added to the sum so far in order. The
 * first part starts from the sum so far instead if K <= 32 and K is not 9. All
 * in the rnn's dtype.
 */
#ifndef TESTS_SUPPORT_REFERENCE_H
#define TESTS_SUPPORT_REFERENCE_H

#include "simplernn.h"

/* Values are doubles that the rnn's dtype can hold, whatever the dtype.
 * input [T,B,I], h0 [L*D,B,H] (all zeros for none), output [T,B,D*H] and
 * h_n [L*D,B,H], contiguous and time first whatever batch_first says. */
void reference_forward(const srnn_rnn *rnn, int64_t T, int64_t B,
                       const double *input, const double *h0, double *output,
                       double *h_n);

/* An option of the rnn. */
int64_t reference_option(const srnn_rnn *rnn, srnn_option option);

/* The activation of one number, rounded to the dtype. */
double reference_activate(srnn_dtype dtype, int64_t nonlinearity, double value);

#endif
