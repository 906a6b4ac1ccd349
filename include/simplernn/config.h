/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What rnn to build: srnn_config.
 */
#ifndef SIMPLERNN_CONFIG_H
#define SIMPLERNN_CONFIG_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The activation of a step. */
typedef int32_t srnn_nonlinearity;

/** Values of srnn_nonlinearity. */
enum {
    SRNN_NONLINEARITY_TANH = 1, /**< torch's "tanh" */
    SRNN_NONLINEARITY_RELU = 2  /**< torch's "relu" */
};

/** The options of torch.nn.RNN. Values are pinned; new ones may be added. */
typedef int32_t srnn_option;

/** Values of srnn_option: what they are; last, their default. */
enum {
    SRNN_OPTION_INPUT_SIZE = 1,    /**< I: 1 to SRNN_MAX_SIZE; no default */
    SRNN_OPTION_HIDDEN_SIZE = 2,   /**< H: 1 to SRNN_MAX_SIZE; no default */
    SRNN_OPTION_NUM_LAYERS = 3,    /**< L: 1 to SRNN_MAX_LAYERS; 1 */
    SRNN_OPTION_BIDIRECTIONAL = 4, /**< 0 or 1: D = 1 + this; 0 */
    SRNN_OPTION_NONLINEARITY = 5,  /**< srnn_nonlinearity; tanh */
    SRNN_OPTION_BIAS = 6,          /**< 0 or 1; 1 */
    SRNN_OPTION_BATCH_FIRST = 7,   /**< 0 or 1; 0 */
    SRNN_OPTION_DTYPE = 8,         /**< srnn_dtype; float32 */
    SRNN_OPTION_DROPOUT = 9        /**< real, 0 <= p <= 1; 0. Acts in training
                                        only, between layers */
};

/** Limits of the options. */
enum {
    SRNN_MAX_SIZE = 1073741823, /**< 2^30 - 1: a row of D*H fits a 32-bit
                                     BLAS */
    SRNN_MAX_LAYERS = 65535     /**< of num_layers */
};

/** Options by number, each at its default until set. One thread at a time. */
typedef struct srnn_config srnn_config;

/**
 * A config with every option at its default.
 *
 * @param[out] out  receives the config, to be destroyed by the caller
 * @retval SRNN_ERROR_INVALID    out is NULL
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_config_create(srnn_config **out);

/**
 * Frees a config; an rnn made from it lives on.
 *
 * @param config  NULL does nothing
 */
SRNN_API void srnn_config_destroy(srnn_config *config);

/**
 * Sets an integer option.
 *
 * @param config  whose
 * @param option  any but SRNN_OPTION_DROPOUT
 * @param value   in the option's range
 * @retval SRNN_ERROR_INVALID  a NULL, an option that is unknown or not an
 *                             integer, or a value out of its range
 * @retval SRNN_ERROR_DTYPE    a dtype that no rnn computes in
 */
SRNN_API srnn_status srnn_config_set_int(srnn_config *config,
                                         srnn_option option, int64_t value);

/**
 * Sets a real option.
 *
 * @param config  whose
 * @param option  SRNN_OPTION_DROPOUT
 * @param value   in the option's range
 * @retval SRNN_ERROR_INVALID  a NULL, an option that is unknown or not real, or
 *                             a value out of its range (NaN is)
 */
SRNN_API srnn_status srnn_config_set_real(srnn_config *config,
                                          srnn_option option, double value);

#ifdef __cplusplus
}
#endif

#endif
