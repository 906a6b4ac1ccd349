/* SPDX-License-Identifier: MIT */
/* The rnn in plain scalar loops, the oracle of the tests. It follows the order
 * of operations that the portable gemm provider promises, each rounded to the
 * rnn's dtype, so there its results are equal to the bit:
 *
 *     sum = b_ih + b_hh; for k: sum = sum + x[k] W_ih[j,k];
 *     for k: sum = sum + h[k] W_hh[j,k]; h'[j] = act(sum)
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

#endif
