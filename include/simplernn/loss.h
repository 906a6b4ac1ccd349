/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Losses and their gradients: cross-entropy and squared error. For any other
 * loss, compute its gradient with respect to the output, and pass that to
 * srnn_linear_backward() or srnn_context_backward().
 */
#ifndef SIMPLERNN_LOSS_H
#define SIMPLERNN_LOSS_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Constants of losses. */
enum srnn_loss_constants {
    SRNN_IGNORE_INDEX = -100 /**< a target that does not count, as ignore_index
                                  in PyTorch */
};

/**
 * Softmax cross-entropy over the last axis, as
 * torch.nn.functional.cross_entropy: for each row of C logits, the logarithm of
 * the sum of exp(logits) minus the logit of the target. Thread-safe.
 *
 * A loss is returned as a sum and a count. A mean over all that counts is
 * sum / count, whatever the padding. If a batch is cut into parts, add the sums
 * and the counts of the parts, and give all of them the same divisor: then the
 * gradient is that of the mean over the whole batch.
 *
 * The sum of exponentials cannot overflow: the largest logit is subtracted
 * first. A row with a logit that is NaN or +infinity gives NaN.
 *
 * @param[out] sum       receives the sum of the losses of all rows that count;
 *                       unchanged after a failure
 * @param[out] count     receives how many rows count; unchanged after a failure
 * @param[out] d_logits  the gradient of sum / divisor, in the shape of logits;
 *                       0 in rows that do not count. It may be logits itself,
 *                       but overlaps it in no other way. NULL if not wanted
 * @param logits         [...,C], float32 or float64, any strides, C at least 1
 * @param targets        [...], int64: the class of each row, from 0 to C - 1,
 *                       or SRNN_IGNORE_INDEX
 * @param divisor        above 0 and finite; or 0 for the count, which makes
 *                       d_logits the gradient of the mean. If nothing counts,
 *                       d_logits is then 0
 * @retval SRNN_ERROR_INVALID  an argument other than d_logits is NULL
 * @retval SRNN_ERROR_SHAPE    logits has no axis or no class, or targets or
 *                             d_logits does not have the shape that belongs to
 *                             it
 * @retval SRNN_ERROR_DTYPE    a tensor has the wrong dtype
 * @retval SRNN_ERROR_STATE    d_logits is a read-only tensor
 * @retval SRNN_ERROR_RANGE    a target is neither a class nor
 *                             SRNN_IGNORE_INDEX, or divisor is negative,
 *                             infinite or NaN
 * @retval SRNN_ERROR_ALIAS    d_logits overlaps targets, or logits in part
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_loss_cross_entropy(
    double *sum, int64_t *count, srnn_tensor *d_logits,
    const srnn_tensor *logits, const srnn_tensor *targets, double divisor);

/**
 * Squared error: the sum of (output - target)^2, as
 * torch.nn.functional.mse_loss. Thread-safe. For sum, count and divisor see
 * srnn_loss_cross_entropy().
 *
 * @param[out] sum       receives the sum over all elements of rows that count;
 *                       unchanged after a failure
 * @param[out] count     receives how many elements that are: C for each row
 *                       that counts; unchanged after a failure
 * @param[out] d_output  the gradient of sum / divisor, in the shape of output;
 *                       0 in rows that do not count. It may be output itself,
 *                       but overlaps it in no other way. NULL if not wanted
 * @param output         [...,C], float32 or float64, any strides
 * @param target         in the shape and dtype of output; not read in rows that
 *                       do not count
 * @param counted        [...], uint8: 0 for each row that does not count. NULL
 *                       if all rows count
 * @param divisor        as for srnn_loss_cross_entropy()
 * @retval SRNN_ERROR_INVALID  sum, count, output or target is NULL
 * @retval SRNN_ERROR_SHAPE    output has no axis, or target, counted or
 *                             d_output does not have the shape that belongs to
 *                             it
 * @retval SRNN_ERROR_DTYPE    a tensor has the wrong dtype
 * @retval SRNN_ERROR_STATE    d_output is a read-only tensor
 * @retval SRNN_ERROR_RANGE    divisor is negative, infinite or NaN
 * @retval SRNN_ERROR_ALIAS    d_output overlaps target or counted, or output in
 *                             part
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_loss_squared_error(double *sum, int64_t *count, srnn_tensor *d_output,
                        const srnn_tensor *output, const srnn_tensor *target,
                        const srnn_tensor *counted, double divisor);

#ifdef __cplusplus
}
#endif

#endif
