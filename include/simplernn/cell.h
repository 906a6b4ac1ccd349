/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One step of one cell, as torch.nn.RNNCell: srnn_cell.
 */
#ifndef SIMPLERNN_CELL_H
#define SIMPLERNN_CELL_H

#include "config.h"
#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The formula of one step and its weights.
 *
 *     h' = act(W_ih x + b_ih + W_hh h + b_hh)
 *
 * Read-only after creation: any number of threads may use one cell at once. A
 * step runs in the calling thread, with the kernels that a context made at the
 * same time would have (SRNN_CONTEXT_GEMM, SRNN_CONTEXT_ISA).
 */
typedef struct srnn_cell srnn_cell;

/**
 * A cell with copies of the given weights; sizes and dtype are theirs. Any
 * thread.
 *
 * @param[out] out      receives the cell, to be destroyed by the caller
 * @param nonlinearity  SRNN_NONLINEARITY_TANH or SRNN_NONLINEARITY_RELU
 * @param weight_ih     [H,I]
 * @param weight_hh     [H,H]
 * @param bias_ih       [H], or NULL: both biases, or none
 * @param bias_hh       [H], or NULL
 * @retval SRNN_ERROR_INVALID      a NULL, only one bias, an unknown
 *                                 nonlinearity, or an unknown name in
 *                                 SIMPLERNN_GEMM or SIMPLERNN_ISA
 * @retval SRNN_ERROR_UNSUPPORTED  this build or machine lacks what they name,
 *                                 or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_SHAPE        a weight has the wrong shape, or H or I is 0
 * @retval SRNN_ERROR_DTYPE        the weights' dtypes differ, or are none
 *                                 that a cell computes in
 * @retval SRNN_ERROR_OVERFLOW     H or I is above SRNN_MAX_SIZE, or the bytes
 *                                 of the copies do not fit int64_t
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 */
SRNN_API srnn_status srnn_cell_create(srnn_cell **out,
                                      srnn_nonlinearity nonlinearity,
                                      const srnn_tensor *weight_ih,
                                      const srnn_tensor *weight_hh,
                                      const srnn_tensor *bias_ih,
                                      const srnn_tensor *bias_hh);

/**
 * The cell of one layer and direction of an rnn, without a copy. It keeps the
 * rnn alive and, until destroyed, its parameters as they are. Any thread.
 *
 * @param[out] out   receives the cell, to be destroyed by the caller
 * @param rnn        of which it is a part
 * @param layer      0 to L-1
 * @param direction  0 forward, 1 reverse
 * @retval SRNN_ERROR_INVALID      a NULL, or an unknown name in SIMPLERNN_GEMM
 *                                 or SIMPLERNN_ISA
 * @retval SRNN_ERROR_UNSUPPORTED  this build or machine lacks what they name,
 *                                 or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_NOT_FOUND    the rnn has no such layer or direction
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 */
SRNN_API srnn_status srnn_cell_create_view(srnn_cell **out, srnn_rnn *rnn,
                                           int64_t layer, int32_t direction);

/**
 * Frees a cell. No thread may be using it.
 *
 * @param cell  NULL does nothing
 */
SRNN_API void srnn_cell_destroy(srnn_cell *cell);

/**
 * The input_size of a cell. Any thread.
 *
 * @param cell  whose
 * @return      I; 0 for NULL
 */
SRNN_API int64_t srnn_cell_input_size(const srnn_cell *cell);

/**
 * The hidden_size of a cell. Any thread.
 *
 * @param cell  whose
 * @return      H; 0 for NULL
 */
SRNN_API int64_t srnn_cell_hidden_size(const srnn_cell *cell);

/**
 * One step for a whole batch. B may be 0. A step in place, one without hidden
 * and one on tensors whose last stride is not 1 take scratch memory.
 *
 * @param cell         whose formula and weights
 * @param input        [B,I], or [I] for one row without a batch; not written
 * @param hidden       h, [B,H] or [H]; not written; NULL for zeros
 * @param[out] output  h', [B,H] or [H]. May be the same memory as hidden with
 *                     the same strides (a step in place); other overlaps are
 *                     refused, judged as by srnn_tensor_copy()
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor has not the cell's dtype
 * @retval SRNN_ERROR_ALIAS      output overlaps where it may not
 * @retval SRNN_ERROR_STATE      output is read only
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the scratch memory do not fit
 *                               int64_t
 * @retval SRNN_ERROR_NO_MEMORY  there is none for scratch
 */
SRNN_API srnn_status srnn_cell_forward(const srnn_cell *cell,
                                       const srnn_tensor *input,
                                       const srnn_tensor *hidden,
                                       srnn_tensor *output);

#ifdef __cplusplus
}
#endif

#endif
