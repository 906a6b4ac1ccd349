/* SPDX-License-Identifier: MIT */
/* The cell behind srnn_cell: one cell of an rnn. A cell made from weights is
 * the only cell of an rnn of its own. */
#ifndef SRNN_RNN_CELL_VIEW_H
#define SRNN_RNN_CELL_VIEW_H

#include "rnn/rnn.h"
#include "simplernn/cell.h"

struct srnn_cell {
    srnn_handle handle;
    srnn_rnn *rnn; /* retained, with a view */
    const srnn_cell_weights *weights;
    srnn_cell_kernels kernels;
};

/* A view, which retains the rnn. */
srnn_status srnn_cell__create(srnn_cell **out, srnn_rnn *rnn, int64_t layer,
                              int64_t direction);

void srnn_cell__destroy(srnn_cell *cell);

/* Arguments are as srnn_cell_forward says and have been checked; hidden may be
 * NULL. Fails for want of memory only, before any write. */
srnn_status srnn_cell__forward(const srnn_cell *cell, const srnn_tensor *input,
                               const srnn_tensor *hidden,
                               const srnn_tensor *output);

#endif
