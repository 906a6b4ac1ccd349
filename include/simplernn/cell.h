/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One step of one cell, as in torch.nn.RNNCell: srnn_cell.
 */
#ifndef SIMPLERNN_CELL_H
#define SIMPLERNN_CELL_H

#include "config.h"
#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The weights of one cell, and the formula of its step:
 *
 *     h' = act(W_ih x + b_ih + W_hh h + b_hh)
 *
 * A cell never changes after its creation, so any number of threads may use it
 * at once. A step runs on the calling thread. Its kernels are those that a
 * context would have by default if it had been created at the same time: see
 * SRNN_CONTEXT_GEMM and SRNN_CONTEXT_ISA.
 */
typedef struct srnn_cell srnn_cell;

/**
 * Creates a cell with copies of the given weights, and with their sizes and
 * dtype. Thread-safe.
 *
 * @param[out] out      receives the cell; free it with srnn_cell_destroy()
 * @param nonlinearity  a srnn_nonlinearity
 * @param weight_ih     [H,I], any strides; not written
 * @param weight_hh     [H,H], any strides; not written
 * @param bias_ih       [H], any stride; not written; NULL for zeros
 * @param bias_hh       [H], any stride; not written; NULL for zeros
 * @retval SRNN_ERROR_INVALID      out or a weight is NULL, or nonlinearity is
 *                                 unknown
 * @retval SRNN_ERROR_ENVIRONMENT  SIMPLERNN_GEMM or SIMPLERNN_ISA is an unknown
 *                                 name
 * @retval SRNN_ERROR_UNSUPPORTED  this build or this machine does not have what
 *                                 they name, or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_SHAPE        a weight has the wrong shape
 * @retval SRNN_ERROR_RANGE        H or I is not 1 to SRNN_MAX_SIZE
 * @retval SRNN_ERROR_DTYPE        the weights are neither all float32 nor all
 *                                 float64
 * @retval SRNN_ERROR_OVERFLOW     the size of the copies does not fit in 63
 *                                 bits
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_cell_create(srnn_cell **out, srnn_nonlinearity nonlinearity,
                 const srnn_tensor *weight_ih, const srnn_tensor *weight_hh,
                 const srnn_tensor *bias_ih, const srnn_tensor *bias_hh);

/**
 * Creates a view of one cell of an rnn. It uses the weights of the rnn without
 * a copy, and keeps the rnn alive. As long as it exists, functions that write
 * parameters of the rnn fail with SRNN_ERROR_IN_USE. If another thread is
 * writing them, this function waits until that is done. Thread-safe.
 *
 * @param[out] out   receives the cell; free it with srnn_cell_destroy()
 * @param rnn        the rnn that the cell is a part of
 * @param layer      0 to L-1
 * @param direction  SRNN_DIRECTION_FORWARD or SRNN_DIRECTION_REVERSE; the rnn
 *                   must have it
 * @retval SRNN_ERROR_INVALID      out or rnn is NULL, or the rnn does not have
 *                                 the direction
 * @retval SRNN_ERROR_ENVIRONMENT  SIMPLERNN_GEMM or SIMPLERNN_ISA is an unknown
 *                                 name
 * @retval SRNN_ERROR_UNSUPPORTED  this build or this machine does not have what
 *                                 they name, or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_RANGE        the rnn does not have the layer
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
 * The input_size of a cell. Thread-safe.
 *
 * @param cell  the cell to query
 * @return      I; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_cell_input_size(const srnn_cell *cell);

/**
 * The hidden_size of a cell. Thread-safe.
 *
 * @param cell  the cell to query
 * @return      H; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_cell_hidden_size(const srnn_cell *cell);

/**
 * Computes one step of a batch. B may be 0. Tensors that are only read may have
 * any strides. The function needs temporary memory if hidden is NULL, if output
 * is the memory of hidden, or if the last stride of a tensor is not 1.
 * Thread-safe.
 *
 * @param cell         the formula and its weights
 * @param input        [B,I], or [I] for one row without a batch; not written
 * @param hidden       h, [B,H] or [H]; not written; NULL for zeros
 * @param[out] output  h', [B,H] or [H]. It may be the same memory as hidden
 *                     with the same strides. Otherwise it must not overlap
 *                     hidden; it must never overlap input
 * @retval SRNN_ERROR_INVALID    cell, input or output is NULL
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor does not have the dtype of the cell
 * @retval SRNN_ERROR_STATE      output is a read-only tensor
 * @retval SRNN_ERROR_ALIAS      output overlaps memory that it must not overlap
 * @retval SRNN_ERROR_OVERFLOW   the size of the temporary memory does not fit
 *                               in 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  there is no temporary memory
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
