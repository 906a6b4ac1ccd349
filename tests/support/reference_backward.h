/* SPDX-License-Identifier: MIT */
/* Backpropagation in plain scalar loops, the oracle of gradients. This comment
 * is the specification of the bits: wherever there is FMA, the library computes
 * exactly these operations in exactly this order.
 *
 * All of it is in the rnn's dtype. Every operation rounds to nearest, and an
 * FMA rounds once. chain(sum, a, w) is the sum over products of reference.h,
 * with its segments, which starts from `sum`. Zeros are +0.
 *
 * 1. The gradient dg of the sums inside one cell (one direction of one layer),
 * for each row, step by step against the order of processing. y is the state
 * after the step (before dropout), d_y is the gradient of y from above: a row
 * of d_output, or for a lower layer what rule 4 gives.
 *
 *     dh = d_h_n of the row                         at the step processed last
 *     dh[k] = chain(0, dg of the step processed next, W_hh[:][k])    elsewhere
 *     g  = d_y + dh                                               one addition
 *     g  = g * fma(-y, y, 1)        tanh: one FMA, then one multiplication
 *     g  = g * fma(-y, y, y)        sigmoid
 *     g  = y <= 0 ? 0 : g           relu; no multiplication, and NaN passes
 *     g  = g                        identity
 *     dg = |g| < tiny ? 0 : g       tiny = 2^-100 in float32, 2^-960 in
 *                                   float64; NaN stays; not done at all if
 *                                   subnormals are to be kept
 *
 * A d_output or a d_h_n that is not given is zeros, which are added too.
 *
 * 2. Where the step processed next started from fresh, the dh that comes out of
 * it is a gradient of fresh, and the step before it has dh = 0. d_fresh of a
 * row is the sum of these dh, added to 0 one after the other as backward meets
 * them (forward direction: t down; reverse direction: t up).
 *
 * 3. The dh that comes out of the step processed first is d_h0 of the row, or,
 * where that step started from fresh, it goes to d_fresh and d_h0 is 0. For a
 * sequence of length 0, d_h0 is d_h_n. Where h0 or fresh has one state for all
 * rows, [L*D,1,H], its gradient is the sum of these rows: with B = 1 the row as
 * it is, else a sum in double from 0 over b up, rounded to the dtype once.
 *
 * 4. The gradient of what a layer reads, for each row and step:
 *
 *     d_x[k] = chain(0, dg, W_ih[:][k])                          one direction
 *     d_x[k] = chain(chain(0, dg forward, W_ih forward[:][k]),
 *                    dg reverse, W_ih reverse[:][k])            two directions
 *
 * It is 0 in the padding. In the lowest layer it is d_input. Above it, it goes
 * through the dropout of the layer below, which gives d_y of that layer:
 * kept ? d_x * scale : 0 (reference_dropout.h).
 *
 * 5. The gradients of the parameters of a cell are sums over its rows, the
 * (t, b) with t < length. x is what the layer reads (after dropout), h is the
 * state that the step started from: h0, fresh or the state before it.
 *
 *     d_W_ih[j][k] = sum of dg[j] * x[k]        d_b_ih[j] = sum of dg[j]
 *     d_W_hh[j][k] = sum of dg[j] * h[k]        d_b_hh[j] = d_b_ih[j]
 *
 * Steps are cut into blocks of S = max(1, 512 / B) (an integer division)
 * steps, which begin at the multiples of S. Within a step, rows are in packed
 * order: sequences of falling length, of equal ones b up. A step with more than
 * 512 rows (S = 1) is cut again into pieces of 512 rows, each of which is a
 * block. The sum within a block is one chain of FMAs without segments, from 0
 * over t up and then the packed order (biases: of additions).
 *
 * Blocks are added in this order: in the forward direction from the last block
 * to the first one, and so with the pieces of a step; in the reverse direction
 * from the first one to the last. A block without rows is left out. When
 * gradients are set, the first block is stored as it is, and 0 if there is no
 * block; when they are added, the first block is added to what is there. Every
 * other block is one addition.
 */
#ifndef TESTS_SUPPORT_REFERENCE_BACKWARD_H
#define TESTS_SUPPORT_REFERENCE_BACKWARD_H

#include "support/reference_recording.h"

/* Every element is written. */
typedef struct {
    double *d_input;           /* [T,B,I] */
    double *d_h0;              /* [L*D,B,H] */
    double *d_fresh;           /* [L*D,B,H] */
    double *const *parameters; /* one array for each, by its index in the rnn */
} reference_gradients;

/* adds: the gradients of the parameters are added to what is in their arrays.
 * The others are always set. */
void reference_backward(const srnn_rnn *rnn, const reference_recording *r,
                        const reference_gradients *out, bool adds);

/* The gradient [L*D,1,H] of a state that all rows share, from d_h0 or d_fresh.
 */
void reference_share(const srnn_rnn *rnn, int64_t B, const double *d_states,
                     double *shared);

#endif
