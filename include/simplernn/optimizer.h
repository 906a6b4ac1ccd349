/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Optimizers with the formulas and defaults of torch.optim, and checkpoints of
 * training: srnn_optimizer.
 */
#ifndef SIMPLERNN_OPTIMIZER_H
#define SIMPLERNN_OPTIMIZER_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A formula. Values never change; later versions may add some. */
typedef int32_t srnn_optimizer_kind;

/** Values of srnn_optimizer_kind. */
enum srnn_optimizer_kind_values {
    SRNN_OPTIMIZER_KIND_SGD = 1901,    /**< torch.optim.SGD */
    SRNN_OPTIMIZER_KIND_ADAM = 1902,   /**< torch.optim.Adam */
    SRNN_OPTIMIZER_KIND_ADAMW = 1903,  /**< torch.optim.AdamW */
    SRNN_OPTIMIZER_KIND_RMSPROP = 1904 /**< torch.optim.RMSprop */
};

/** An option of an optimizer. Values never change; later versions may add some.
 */
typedef int32_t srnn_optimizer_option;

/** Values of srnn_optimizer_option, each with its meaning, range and default.
 * Real values are finite. Options up to SRNN_OPTIMIZER_CENTERED can differ
 * between gradients. */
enum srnn_optimizer_option_values {
    SRNN_OPTIMIZER_LEARNING_RATE = 401, /**< real, 0 and up. Default: 1e-3;
                                             RMSprop 1e-2 */
    SRNN_OPTIMIZER_WEIGHT_DECAY = 402,  /**< real, 0 and up. Default: 0; AdamW
                                             1e-2 */
    SRNN_OPTIMIZER_MOMENTUM = 403,      /**< SGD, RMSprop; real, 0 and up.
                                             Default: 0 */
    SRNN_OPTIMIZER_DAMPENING = 404,     /**< SGD; real, finite. Default: 0 */
    SRNN_OPTIMIZER_NESTEROV = 405,      /**< SGD; 0 or 1. It needs a momentum
                                             above 0 and a dampening of 0.
                                             Default: 0 */
    SRNN_OPTIMIZER_BETA1 = 406,         /**< Adam, AdamW; real, 0 to below 1.
                                             Default: 0.9 */
    SRNN_OPTIMIZER_BETA2 = 407,         /**< Adam, AdamW; real, 0 to below 1.
                                             Default: 0.999 */
    SRNN_OPTIMIZER_EPSILON = 408,       /**< Adam, AdamW, RMSprop; real, 0 and
                                             up. Default: 1e-8 */
    SRNN_OPTIMIZER_ALPHA = 409,         /**< RMSprop; real, 0 to 1. Default:
                                             0.99 */
    SRNN_OPTIMIZER_CENTERED = 410,      /**< RMSprop; 0 or 1. Default: 0 */
    SRNN_OPTIMIZER_CHECK_FINITE = 411,  /**< 0 or 1. If 1, a step refuses
                                             gradients that are NaN or infinite.
                                             Default: 1 */
    SRNN_OPTIMIZER_STEPS = 412          /**< read-only: the number of steps */
};

/**
 * Updates parameters from their gradients. It spans any number of gradients: of
 * rnns, of linear layers, of tensors of the caller. All their parameters follow
 * one formula, with options that may differ between gradients. The state of the
 * formula, for example the moments of Adam, lives in the optimizer.
 *
 * A parameter that is frozen keeps its value and its state, and gets no weight
 * decay.
 *
 * In two places the formulas differ from those of PyTorch. A moment that is
 * smaller than the smallest normal number becomes 0 in every sixteenth step,
 * because computing with such numbers is slow. A variance of a centered RMSprop
 * that is below 0 by rounding is 0, where PyTorch makes the parameter NaN.
 *
 * One thread at a time may use an optimizer; a second one gets
 * SRNN_ERROR_BUSY.
 */
typedef struct srnn_optimizer srnn_optimizer;

/**
 * Creates an optimizer without gradients. Thread-safe.
 *
 * @param[out] out  receives the optimizer; free it with
 *                  srnn_optimizer_destroy()
 * @param kind      its formula
 * @retval SRNN_ERROR_INVALID    out is NULL, or kind is unknown
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_optimizer_create(srnn_optimizer **out, srnn_optimizer_kind kind);

/**
 * Frees an optimizer.
 *
 * @param optimizer  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_optimizer_destroy(srnn_optimizer *optimizer);

/**
 * The formula of an optimizer. Thread-safe.
 *
 * @param optimizer  the optimizer to query
 * @return           a srnn_optimizer_kind; 0 for NULL
 * @since 0.2
 */
SRNN_API srnn_optimizer_kind
srnn_optimizer_get_kind(const srnn_optimizer *optimizer);

/**
 * Adds the parameters of gradients, with the options that the optimizer has
 * now. The optimizer makes their state here, so that steps allocate nothing. It
 * keeps the gradients alive.
 *
 * @param optimizer  the optimizer to change
 * @param gradients  of parameters that no gradients in the optimizer have
 * @param prefix     of their names in checkpoints, for example "rnn.", in
 *                   UTF-8; copied. NULL or "" for none. A name must not be one
 *                   that other gradients of the optimizer have or, as parts of
 *                   an rnn or a linear layer, could have. It must not be
 *                   "__metadata__" or begin with "optimizer.". If other tensors
 *                   have the prefix of an rnn, reading the rnn from a
 *                   checkpoint needs SRNN_OPTION_ALLOW_EXTRA
 * @retval SRNN_ERROR_INVALID    optimizer or gradients is NULL, the prefix is
 *                               not valid UTF-8, a name is taken or reserved,
 *                               or the optimizer has these parameters already
 * @retval SRNN_ERROR_STATE      the optimizer has made a step
 * @retval SRNN_ERROR_BUSY       another thread is using the optimizer
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_optimizer_add(
    srnn_optimizer *optimizer, srnn_gradients *gradients, const char *prefix);

/**
 * Sets an option with a real value, at any time, for the steps to come.
 *
 * @param optimizer  the optimizer to change
 * @param gradients  those whose parameters get the value. NULL for all that are
 *                   in the optimizer, and for those that are added later
 * @param option     one with a real value that the kind has
 * @param value      a value in the range of the option
 * @retval SRNN_ERROR_INVALID    optimizer is NULL, option is unknown, not real
 *                               or not of this kind
 * @retval SRNN_ERROR_NOT_FOUND  the gradients are not in the optimizer
 * @retval SRNN_ERROR_RANGE      value is out of the range of the option
 * @retval SRNN_ERROR_BUSY       another thread is using the optimizer
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_optimizer_set_real(
    srnn_optimizer *optimizer, const srnn_gradients *gradients,
    srnn_optimizer_option option, double value);

/**
 * Reads an option with a real value.
 *
 * @param[out] out   receives the value; unchanged after a failure
 * @param optimizer  the optimizer to read
 * @param gradients  those whose parameters have it; NULL for the value that
 *                   gradients get when they are added
 * @param option     one with a real value that the kind has
 * @retval SRNN_ERROR_INVALID    out or optimizer is NULL, option is unknown,
 *                               not real or not of this kind
 * @retval SRNN_ERROR_NOT_FOUND  the gradients are not in the optimizer
 * @retval SRNN_ERROR_BUSY       another thread is using the optimizer
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_optimizer_get_real(
    double *out, const srnn_optimizer *optimizer,
    const srnn_gradients *gradients, srnn_optimizer_option option);

/**
 * Sets an option with an integer value, at any time, for the steps to come.
 *
 * @param optimizer  the optimizer to change
 * @param gradients  as for srnn_optimizer_set_real(); NULL for
 *                   SRNN_OPTIMIZER_CHECK_FINITE, which all share
 * @param option     one with an integer value that the kind has
 * @param value      a value in the range of the option
 * @retval SRNN_ERROR_INVALID    optimizer is NULL, option is unknown, not an
 *                               integer or not of this kind, or gradients is
 *                               not NULL where it must be
 * @retval SRNN_ERROR_STATE      the option is read-only
 * @retval SRNN_ERROR_NOT_FOUND  the gradients are not in the optimizer
 * @retval SRNN_ERROR_RANGE      value is out of the range of the option
 * @retval SRNN_ERROR_BUSY       another thread is using the optimizer
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_optimizer_set_int(
    srnn_optimizer *optimizer, const srnn_gradients *gradients,
    srnn_optimizer_option option, int64_t value);

/**
 * Reads an option with an integer value.
 *
 * @param[out] out   receives the value; unchanged after a failure
 * @param optimizer  the optimizer to read
 * @param gradients  as for srnn_optimizer_get_real(); NULL for
 *                   SRNN_OPTIMIZER_CHECK_FINITE and SRNN_OPTIMIZER_STEPS
 * @param option     one with an integer value that the kind has
 * @retval SRNN_ERROR_INVALID    out or optimizer is NULL, option is unknown,
 *                               not an integer or not of this kind, or
 *                               gradients is not NULL where it must be
 * @retval SRNN_ERROR_NOT_FOUND  the gradients are not in the optimizer
 * @retval SRNN_ERROR_BUSY       another thread is using the optimizer
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_optimizer_get_int(
    int64_t *out, const srnn_optimizer *optimizer,
    const srnn_gradients *gradients, srnn_optimizer_option option);

/**
 * Updates all parameters that are trained, and packs the weights of their
 * objects again. It allocates nothing. After a failure nothing has changed.
 *
 * Clip gradients before it, and add those of several processes before that.
 *
 * @param optimizer  the optimizer, with the gradients that it was given
 * @retval SRNN_ERROR_INVALID     optimizer is NULL
 * @retval SRNN_ERROR_STATE       the optimizer has no gradients, or nesterov is
 *                                1 with a momentum of 0 or a dampening
 * @retval SRNN_ERROR_NOT_FINITE  a gradient is NaN or infinite, and the message
 *                                names its parameter
 * @retval SRNN_ERROR_BUSY        another thread is using the optimizer,
 *                                gradients of it, or an object with parameters
 *                                of it
 * @retval SRNN_ERROR_IN_USE      an rnn has a cell view
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_optimizer_step(srnn_optimizer *optimizer);

/**
 * Saves a checkpoint: one safetensors file with all that training needs to go
 * on. It holds
 *
 * - the values of all parameters under prefix + name, with the options of each
 *   rnn as metadata, so that srnn_rnn_create_from_weights(),
 *   srnn_linear_create_from_weights() and PyTorch read the models as they are;
 * - the state of the optimizer in tensors and metadata whose names begin with
 *   "optimizer.";
 * - tensors and texts of the caller, for example carried states, the place in
 *   the data and the state of a random number generator.
 *
 * If a file exists at path, it is replaced in one step, as by
 * srnn_rnn_save_alone(). So at any time there is either the old file or the new
 * one. The same state always gives the same bytes.
 *
 * Other threads must not write the parameters or the tensors meanwhile.
 *
 * @param optimizer  the optimizer to save, with at least one parameter
 * @param path       as for srnn_rnn_save()
 * @param names      of the tensors of the caller, count of them, in UTF-8; NULL
 *                   if count is 0. A name must not be one that parameters
 *                   under a prefix could have, nor begin with "optimizer."
 * @param tensors    those tensors, of any dtype and strides; NULL if count is 0
 * @param count      0 and up
 * @param metadata   texts of the caller, as for srnn_rnn_save(). A key must not
 *                   belong to an rnn, nor begin with "optimizer."
 * @retval SRNN_ERROR_INVALID    optimizer or path is NULL, names, tensors or an
 *                               element of them is NULL, path is empty, a text
 *                               is not valid UTF-8, or a name or a key is taken
 *                               or occurs twice
 * @retval SRNN_ERROR_STATE      the optimizer has no gradients
 * @retval SRNN_ERROR_RANGE      count is below 0, or the header would be larger
 *                               than SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_OVERFLOW   the size of the file does not fit in 63 bits
 * @retval SRNN_ERROR_IO         as for srnn_rnn_save()
 * @retval SRNN_ERROR_BUSY       another thread is using the optimizer
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_optimizer_save(const srnn_optimizer *optimizer, const char *path,
                    const char *const *names, const srnn_tensor *const *tensors,
                    int64_t count, const char *const *metadata);

/**
 * Continues from a checkpoint: sets the values of all parameters, the state,
 * the options and the number of steps to those of the file. From there,
 * training has the same bits as if it had never stopped. The optimizer must
 * have the same kind and the same gradients under the same prefixes as the one
 * that was saved. Which parameters are frozen is not in the file: freeze them
 * again. After a failure nothing has changed.
 *
 * Read tensors and texts of the caller with srnn_weights_read_tensor() and
 * srnn_weights_metadata().
 *
 * @param optimizer  the optimizer to change
 * @param weights    a checkpoint
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_STATE      the optimizer has no gradients, or the
 *                               checkpoint is of another kind, has the state of
 *                               other parameters too, or is of an rnn with
 *                               another nonlinearity
 * @retval SRNN_ERROR_NOT_FOUND  the file lacks a tensor or a text; if it is no
 *                               checkpoint at all, the message says so
 * @retval SRNN_ERROR_SHAPE      a tensor does not have the shape of its
 *                               parameter
 * @retval SRNN_ERROR_DTYPE      a tensor does not have the dtype of its
 *                               parameter
 * @retval SRNN_ERROR_RANGE      an option or the number of steps is out of its
 *                               range
 * @retval SRNN_ERROR_FORMAT     a text is not what a checkpoint has there
 * @retval SRNN_ERROR_IO         the file cannot be read
 * @retval SRNN_ERROR_BUSY       another thread is using the optimizer,
 *                               gradients of it, or an object with parameters
 *                               of it
 * @retval SRNN_ERROR_IN_USE     an rnn has a cell view
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_optimizer_load(srnn_optimizer *optimizer, const srnn_weights *weights);

#ifdef __cplusplus
}
#endif

#endif
