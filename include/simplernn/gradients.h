/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The gradients of parameters: srnn_gradients.
 */
#ifndef SIMPLERNN_GRADIENTS_H
#define SIMPLERNN_GRADIENTS_H

#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One gradient for each element of each parameter of an rnn, of a linear layer
 * or of a tensor of the caller, in its dtype. They are one vector of P elements
 * in the order of srnn_rnn_get_flat() or srnn_linear_get_flat(), and each
 * parameter has a view of its part.
 *
 * A parameter is trained, unless srnn_gradients_set_trained() froze it.
 * srnn_gradients_norm(), srnn_gradients_scale(), srnn_gradients_clip_norm() and
 * srnn_gradients_clip_value() read and write only the gradients of parameters
 * that are trained.
 *
 * One thread at a time may use gradients; a second one gets SRNN_ERROR_BUSY.
 * The values are ordinary memory, which the caller may read and write through
 * the tensors between calls.
 */
typedef struct srnn_gradients srnn_gradients;

/**
 * Creates gradients of 0, which keep the rnn alive. Thread-safe.
 *
 * @param[out] out  receives the gradients; free them with
 *                  srnn_gradients_destroy()
 * @param rnn       the rnn with the parameters
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_gradients_create(srnn_gradients **out,
                                                          srnn_rnn *rnn);

/**
 * Creates gradients over memory of the caller, without a copy, and keeps the
 * rnn alive. The values stay as they are. The memory must stay valid until the
 * gradients and all optimizers that have them are destroyed. Thread-safe.
 *
 * @param[out] out  receives the gradients; free them with
 *                  srnn_gradients_destroy()
 * @param rnn       the rnn with the parameters
 * @param data      [P] of the dtype of the rnn, contiguous, with P of
 *                  srnn_rnn_flat_size()
 * @retval SRNN_ERROR_INVALID    an argument is NULL, or data is not a multiple
 *                               of the size of an element
 * @retval SRNN_ERROR_ALIAS      data overlaps parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_gradients_wrap(srnn_gradients **out,
                                                        srnn_rnn *rnn,
                                                        void *data);

/**
 * Creates gradients of 0 for a tensor of the caller, which is then a parameter
 * like any other: an optimizer writes its values. For example, a learned
 * initial state [L*D,1,H], whose gradient is d_h0 of srnn_context_backward().
 * Thread-safe.
 *
 * The values must stay valid until the gradients and all optimizers that have
 * them are destroyed. A tensor of srnn_tensor_create() holds its values, so it
 * must last as long. The handle of wrapped memory may be destroyed before.
 *
 * @param[out] out  receives the gradients; free them with
 *                  srnn_gradients_destroy()
 * @param value     float32 or float64, contiguous, with at least one element
 * @param name      of the parameter, in UTF-8, 1 to 31 bytes; copied
 * @retval SRNN_ERROR_INVALID    an argument is NULL, or name is empty or not
 *                               valid UTF-8
 * @retval SRNN_ERROR_SHAPE      value has no element
 * @retval SRNN_ERROR_DTYPE      value is neither float32 nor float64
 * @retval SRNN_ERROR_STATE      value is a read-only tensor, or not contiguous
 * @retval SRNN_ERROR_RANGE      name has more than 31 bytes
 * @retval SRNN_ERROR_OVERFLOW   the gradients would need more than 2^63 - 1
 *                               bytes
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_gradients_create_tensor(
    srnn_gradients **out, srnn_tensor *value, const char *name);

/**
 * Frees gradients once no optimizer has them any more, but not memory of the
 * caller. The tensors that were borrowed from them end with them.
 *
 * @param gradients  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_gradients_destroy(srnn_gradients *gradients);

/**
 * The rnn of gradients. Thread-safe.
 *
 * @param gradients  the gradients to query
 * @return           the rnn, borrowed from the gradients; NULL for NULL and if
 *                   the parameters are not those of an rnn
 * @since 0.2
 */
SRNN_API const srnn_rnn *srnn_gradients_rnn(const srnn_gradients *gradients);

/**
 * All gradients as one tensor. Thread-safe.
 *
 * @param gradients  the gradients to query
 * @return           [P], contiguous, to read and to write, borrowed from the
 *                   gradients; NULL for NULL
 * @since 0.2
 */
SRNN_API srnn_tensor *srnn_gradients_flat(srnn_gradients *gradients);

/**
 * The gradient of a parameter: a view of its part of srnn_gradients_flat().
 * Thread-safe.
 *
 * @param gradients  the gradients to query
 * @param name       of the parameter, for example "weight_hh_l0"
 * @return           a tensor of the shape of the parameter, contiguous, to read
 *                   and to write, borrowed from the gradients; NULL for NULL or
 *                   if no parameter has that name
 * @since 0.2
 */
SRNN_API srnn_tensor *srnn_gradients_tensor(srnn_gradients *gradients,
                                            const char *name);

/**
 * Trains a parameter, as all are at first, or freezes it. The gradient of a
 * frozen parameter is not computed and stays as it is.
 *
 * @param gradients  the gradients to change
 * @param name       of the parameter, for example "weight_hh_l0"
 * @param trained    1 to train it, 0 to freeze it
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_RANGE      trained is neither 0 nor 1
 * @retval SRNN_ERROR_BUSY       another thread is using the gradients
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_gradients_set_trained(
    srnn_gradients *gradients, const char *name, int32_t trained);

/**
 * Tells whether a parameter is trained.
 *
 * @param gradients  the gradients to query
 * @param name       of the parameter, for example "weight_hh_l0"
 * @return           1 or 0; 0 for NULL and if no parameter has that name
 * @since 0.2
 */
SRNN_API int32_t srnn_gradients_is_trained(const srnn_gradients *gradients,
                                           const char *name);

/**
 * Multiplies gradients by a factor, for example by 1 / N for a mean over N
 * sequences. Products are computed in double and rounded to the dtype. A factor
 * of 1 changes nothing.
 *
 * @param list    gradients, each once; of any objects and dtypes
 * @param count   the number of them, at least 1
 * @param factor  0 and up, finite
 * @retval SRNN_ERROR_INVALID  list or an element is NULL, or gradients are in
 *                             the list twice
 * @retval SRNN_ERROR_RANGE    count is below 1, or factor is negative, infinite
 *                             or NaN
 * @retval SRNN_ERROR_ALIAS    gradients share memory with others in the list
 * @retval SRNN_ERROR_BUSY     another thread is using gradients of the list;
 *                             nothing has changed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_gradients_scale(srnn_gradients *const *list, int64_t count, double factor);

/**
 * Computes the norm of gradients: the square root of the sum of the squares of
 * all values of the list. It is summed in double, in an order that depends on
 * the shapes alone, and no square overflows or underflows.
 *
 * @param[out] norm  receives the norm; after SRNN_ERROR_NOT_FINITE it is NaN if
 *                   a value is NaN, and else infinity; unchanged after another
 *                   failure
 * @param list       gradients, each once; of any objects and dtypes
 * @param count      the number of them, at least 1
 * @retval SRNN_ERROR_INVALID     norm, list or an element is NULL, or gradients
 *                                are in the list twice
 * @retval SRNN_ERROR_RANGE       count is below 1
 * @retval SRNN_ERROR_ALIAS       gradients share memory with others in the list
 * @retval SRNN_ERROR_NOT_FINITE  a value is NaN or infinite, and the message
 *                                names the first parameter that has one; or the
 *                                norm does not fit in a double
 * @retval SRNN_ERROR_BUSY        another thread is using gradients of the list
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_gradients_norm(double *norm, srnn_gradients *const *list, int64_t count);

/**
 * Limits the norm of gradients, as torch.nn.utils.clip_grad_norm_ does. It
 * multiplies all gradients by maximum / (norm + 1e-6) if that is below 1.
 * Otherwise they keep their bits. So a maximum of infinity only measures.
 *
 * Where several processes add their gradients, clip after the addition.
 *
 * @param[out] norm  receives the norm before the call, as srnn_gradients_norm()
 *                   gives it
 * @param list       gradients, each once; of any objects and dtypes
 * @param count      the number of them, at least 1
 * @param maximum    of the norm, 0 and up; may be infinity
 * @retval SRNN_ERROR_INVALID     as for srnn_gradients_norm()
 * @retval SRNN_ERROR_RANGE       count is below 1, or maximum is negative or
 *                                NaN
 * @retval SRNN_ERROR_ALIAS       gradients share memory with others in the list
 * @retval SRNN_ERROR_NOT_FINITE  as for srnn_gradients_norm(); the gradients
 *                                have not changed
 * @retval SRNN_ERROR_BUSY        another thread is using gradients of the list;
 *                                nothing has changed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_gradients_clip_norm(
    double *norm, srnn_gradients *const *list, int64_t count, double maximum);

/**
 * Limits each value of gradients to -maximum to maximum, as
 * torch.nn.utils.clip_grad_value_ does. In float32 the limit is the maximum
 * rounded to float32.
 *
 * @param list     gradients, each once; of any objects and dtypes
 * @param count    the number of them, at least 1
 * @param maximum  of each value, 0 and up; may be infinity
 * @retval SRNN_ERROR_INVALID     list or an element is NULL, or gradients are
 *                                in the list twice
 * @retval SRNN_ERROR_RANGE       count is below 1, or maximum is negative or
 *                                NaN
 * @retval SRNN_ERROR_ALIAS       gradients share memory with others in the list
 * @retval SRNN_ERROR_NOT_FINITE  a value is NaN or infinite, and the message
 *                                names the first parameter that has one; the
 *                                gradients have not changed
 * @retval SRNN_ERROR_BUSY        another thread is using gradients of the list;
 *                                nothing has changed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_gradients_clip_value(
    srnn_gradients *const *list, int64_t count, double maximum);

#ifdef __cplusplus
}
#endif

#endif
