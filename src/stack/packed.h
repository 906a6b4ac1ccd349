/* SPDX-License-Identifier: MIT */
/* Sequences by falling length, so that those which still run at a step are the
 * first ones, side by side: what is computed is packed, without padding,
 *
 *     step 0: | row 0 | row 1 | row 2 | ...     n(0) rows
 *     step 1: | row 0 | row 1 |                 n(1) <= n(0)
 *
 * and between two changes of n, or two resets, it is a plain run of a layer.
 * The reverse direction is the same over sequences that are read backwards,
 * each from its own end. Windows of steps keep the packed rows in cache. */
#ifndef SRNN_STACK_PACKED_H
#define SRNN_STACK_PACKED_H

#include "stack/padded.h"

typedef struct {
    int64_t length;
    int64_t row; /* of the batch */
} srnn_packed_sequence;

/* One member's rows and memory. */
typedef struct {
    const srnn_plan *plan;
    const srnn_padded_call *call;
    const srnn_tensor *fresh; /* [L*D,B,H], rows packed; NULL for zeros */
    const srnn_packed_sequence *rows; /* by falling length */
    int64_t count;
    int64_t first;    /* of them in states */
    int64_t capacity; /* packed rows of a window */
    void *x;          /* [capacity, I or D*H] */
    void *y[2];       /* [capacity, H]; both the same if there is one layer */
    void *mixed;      /* [count, H]: states, some of them reset */
} srnn_packed_worker;

/* Runs its rows through all layers, and clears the padding of their outputs.
 * The plan has tensors and states. */
void srnn_packed__run(const srnn_packed_worker *worker);

#endif
