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
 * step runs on the calling thread, with the kernels that a context created at
 * the same time would have (SRNN_CONTEXT_GEMM, SRNN_CONTEXT_ISA).
 */
typedef struct srnn_cell srnn_cell;

/**
 * Creates a cell with copies of the given weights. Sizes and dtype are those of
 * the weights. Any thread.
 *
 * @param[out] out      receives the cell, to be destroyed by the caller
 * @param nonlinearity  a srnn_nonlinearity
 * @param weight_ih     [H,I], any strides; not written
 * @param weight_hh     [H,H]
 * @param bias_ih       [H]; NULL for zeros
 * @param bias_hh       [H]; NULL for zeros
 * @retval SRNN_ERROR_INVALID      a NULL, or an unknown nonlinearity
 * @retval SRNN_ERROR_ENVIRONMENT  SIMPLERNN_GEMM or SIMPLERNN_ISA is an unknown
 *                                 name
 * @retval SRNN_ERROR_UNSUPPORTED  this build or this machine does not have what
 *                                 they name, or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_SHAPE        a weight has the wrong shape
 * @retval SRNN_ERROR_RANGE        H or I is not 1 to SRNN_MAX_SIZE
 * @retval SRNN_ERROR_DTYPE        the dtypes are not one of float32 and float64
 * @retval SRNN_ERROR_OVERFLOW     the bytes of the copies do not fit 63 bits
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_cell_create(srnn_cell **out, srnn_nonlinearity nonlinearity,
                 const srnn_tensor *weight_ih, const srnn_tensor *weight_hh,
                 const srnn_tensor *bias_ih, const srnn_tensor *bias_hh);

/**
 * Creates a view of the cell of one layer and direction of an rnn, without a
 * copy. It keeps the rnn alive. While it lives, nobody can write parameters of
 * the rnn. Waits while another thread is writing them. Any thread.
 *
 * @param[out] out   receives the cell, to be destroyed by the caller
 * @param rnn        the rnn that the cell is a part of
 * @param layer      0 to L-1
 * @param direction  SRNN_DIRECTION_FORWARD or SRNN_DIRECTION_REVERSE, one that
 *                   the rnn has
 * @retval SRNN_ERROR_INVALID      a NULL, or a direction that the rnn does not
 *                                 have
 * @retval SRNN_ERROR_ENVIRONMENT  SIMPLERNN_GEMM or SIMPLERNN_ISA is an unknown
 *                                 name
 * @retval SRNN_ERROR_UNSUPPORTED  this build or this machine does not have what
 *                                 they name, or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_RANGE        the rnn does not have that layer
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_cell_create_view(srnn_cell **out, const srnn_rnn *rnn, int64_t layer,
                      srnn_direction direction);

/**
 * Frees a cell. No thread may be using it.
 *
 * @param cell  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_cell_destroy(srnn_cell *cell);

/**
 * The input_size of a cell. Any thread.
 *
 * @param cell  the cell to ask
 * @return      I; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_cell_input_size(const srnn_cell *cell);

/**
 * The hidden_size of a cell. Any thread.
 *
 * @param cell  the cell to ask
 * @return      H; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_cell_hidden_size(const srnn_cell *cell);

/**
 * Runs one step for a whole batch. B may be 0. Tensors that are only read may
 * have any strides. A step in place, a step without hidden, and one on tensors
 * with a last stride other than 1 take scratch memory.
 *
 * @param cell         the formula and its weights
 * @param input        [B,I], or [I] for one row without a batch; not written
 * @param hidden       h, [B,H] or [H]; not written; NULL for zeros
 * @param[out] output  h', [B,H] or [H]. May be the same memory as hidden with
 *                     the same strides (a step in place); it shares no other
 *                     byte with input or hidden
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor does not have the dtype of the cell
 * @retval SRNN_ERROR_STATE      output is a read-only tensor
 * @retval SRNN_ERROR_ALIAS      output shares memory where it may not
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the scratch memory do not fit 63
 *                               bits
 * @retval SRNN_ERROR_NO_MEMORY  scratch memory cannot be had
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_cell_forward(const srnn_cell *cell,
                                                      const srnn_tensor *input,
                                                      const srnn_tensor *hidden,
                                                      srnn_tensor *output);

#ifdef __cplusplus
}
#endif

#endif
