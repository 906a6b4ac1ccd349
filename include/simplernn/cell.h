/* SPDX-License-Identifier: MIT */
/* srnn_cell: one step of one cell, as torch.nn.RNNCell. */
#ifndef SIMPLERNN_CELL_H
#define SIMPLERNN_CELL_H

#include "config.h"
#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 *   h' = act(W_ih x + b_ih + W_hh h + b_hh)
 *
 * Read-only after creation: any number of threads may use one cell at once. A
 * step runs in the calling thread, with the kernels that a context made at the
 * same time would have (SRNN_CONTEXT_GEMM, SRNN_CONTEXT_ISA).
 */
typedef struct srnn_cell srnn_cell;

/*
 * A cell with copies of the given weights; sizes and dtype are theirs.
 *
 * out           receives the cell, to be destroyed by the caller
 * nonlinearity  SRNN_NONLINEARITY_TANH or SRNN_NONLINEARITY_RELU
 * weight_ih     [H,I]
 * weight_hh     [H,H]
 * bias_ih       [H], or NULL: both biases, or none
 * bias_hh       [H], or NULL
 * SRNN_ERROR_INVALID for a NULL, only one bias, or an unknown nonlinearity;
 * SRNN_ERROR_SHAPE, also if H or I is 0; SRNN_ERROR_DTYPE if they differ;
 * SRNN_ERROR_OVERFLOW if H or I is above SRNN_MAX_SIZE or the bytes of the
 * copies do not fit int64_t; SRNN_ERROR_NO_MEMORY; SRNN_ERROR_INVALID and
 * SRNN_ERROR_UNSUPPORTED for SIMPLERNN_GEMM and SIMPLERNN_ISA, as
 * srnn_context_create.
 */
SRNN_API srnn_status srnn_cell_create(srnn_cell **out,
                                      srnn_nonlinearity nonlinearity,
                                      const srnn_tensor *weight_ih,
                                      const srnn_tensor *weight_hh,
                                      const srnn_tensor *bias_ih,
                                      const srnn_tensor *bias_hh);

/*
 * The cell of one layer and direction of an rnn, without a copy. It keeps the
 * rnn alive and, until destroyed, its parameters as they are.
 *
 * out        receives the cell, to be destroyed by the caller
 * layer      0 to L-1
 * direction  0 forward, 1 reverse
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_NOT_FOUND if the rnn has no such
 * layer or direction, SRNN_ERROR_NO_MEMORY, and what srnn_cell_create says of
 * the environment. Any thread.
 */
SRNN_API srnn_status srnn_cell_create_view(srnn_cell **out, srnn_rnn *rnn,
                                           int64_t layer, int32_t direction);

/* Frees the cell. No thread may be using it. NULL does nothing. */
SRNN_API void srnn_cell_destroy(srnn_cell *cell);

/* The cell's I and H. Any thread. */
SRNN_API int64_t srnn_cell_input_size(const srnn_cell *cell);
SRNN_API int64_t srnn_cell_hidden_size(const srnn_cell *cell);

/*
 * One step for a whole batch.
 *
 * input   [B,I], or [I] for one row without a batch; not written
 * hidden  h, [B,H] or [H]; not written; NULL for zeros
 * output  h', [B,H] or [H]. May be the same memory as hidden with the same
 *         strides (a step in place); other overlaps are refused, judged by
 *         the range from first to last element
 * B may be 0.
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_SHAPE, SRNN_ERROR_DTYPE,
 * SRNN_ERROR_ALIAS, SRNN_ERROR_OVERFLOW, SRNN_ERROR_NO_MEMORY (a step in place,
 * one without hidden and one on tensors whose last stride is not 1 take scratch
 * memory).
 */
SRNN_API srnn_status srnn_cell_forward(const srnn_cell *cell,
                                       const srnn_tensor *input,
                                       const srnn_tensor *hidden,
                                       srnn_tensor *output);

#ifdef __cplusplus
}
#endif

#endif
