/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The options of a network: srnn_config.
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
enum srnn_nonlinearity_values {
    SRNN_NONLINEARITY_TANH = 1101, /**< "tanh" in PyTorch */
    SRNN_NONLINEARITY_RELU = 1102  /**< "relu" in PyTorch */
};

/** The order in which the layers of a network read a sequence. */
typedef int32_t srnn_direction;

/** Values of srnn_direction. */
enum srnn_direction_values {
    SRNN_DIRECTION_FORWARD = 1201,      /**< from the first step to the last;
                                             D = 1 */
    SRNN_DIRECTION_REVERSE = 1202,      /**< from the last step of each sequence
                                             to the first; D = 1. The steps of
                                             the output are in the order of the
                                             input */
    SRNN_DIRECTION_BIDIRECTIONAL = 1203 /**< both, each with its own weights;
                                             D = 2 */
};

/** An option of a network. Values never change; later versions may add some. */
typedef int32_t srnn_option;

/** Values of srnn_option, each with its meaning, range and default. */
enum srnn_option_values {
    SRNN_OPTION_INPUT_SIZE = 1,      /**< I: 1 to SRNN_MAX_SIZE. By default a
                                          config has no size. If it has one, an
                                          rnn of another size is an error */
    SRNN_OPTION_HIDDEN_SIZE = 2,     /**< H: as SRNN_OPTION_INPUT_SIZE */
    SRNN_OPTION_NUM_LAYERS = 3,      /**< L: 1 to SRNN_MAX_LAYERS. Default: 1 */
    SRNN_OPTION_DIRECTION = 4,       /**< a srnn_direction. Default: forward */
    SRNN_OPTION_NONLINEARITY = 5,    /**< a srnn_nonlinearity. Default: tanh */
    SRNN_OPTION_BIAS = 6,            /**< 0 or 1. Default: 1 */
    SRNN_OPTION_BATCH_FIRST = 7,     /**< 0 or 1. Default: 0 */
    SRNN_OPTION_DTYPE = 8,           /**< SRNN_DTYPE_FLOAT32 or
                                          SRNN_DTYPE_FLOAT64. Default: float32
                                      */
    SRNN_OPTION_DROPOUT = 9,         /**< a real number, 0 to 1: the probability
                                          that training sets an output between
                                          layers to 0. Default: 0 */
    SRNN_OPTION_REQUIRE_STATED = 10, /**< 0 or 1. If 1,
                                          srnn_rnn_create_from_weights() fails
                                          if nonlinearity or batch_first is
                                          stated neither in the config nor in
                                          the file. Default: 0 */
    SRNN_OPTION_ALLOW_EXTRA = 11     /**< 0 or 1. If 1,
                                          srnn_rnn_create_from_weights() ignores
                                          tensors under the prefix that are not
                                          parameters of the rnn. Default: 0 */
};

/** Limits of the options. */
enum srnn_option_limits {
    SRNN_MAX_SIZE = 1073741823, /**< maximum of input_size and hidden_size:
                                     2^30 - 1, so that the length of a row, D*H,
                                     fits the 32-bit integers of a BLAS */
    SRNN_MAX_LAYERS = 65535     /**< maximum of num_layers */
};

/**
 * A set of options, each with its default until it is set. One thread at a time
 * may use it.
 */
typedef struct srnn_config srnn_config;

/**
 * Creates a config in which every option has its default. Thread-safe.
 *
 * @param[out] out  receives the config; free it with srnn_config_destroy()
 * @retval SRNN_ERROR_INVALID    out is NULL
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_config_create(srnn_config **out);

/**
 * Frees a config. An rnn that was created with it does not need it.
 *
 * @param config  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_config_destroy(srnn_config *config);

/**
 * Sets an integer option. The option then counts as stated by the caller, even
 * if the value is the default. When weights are read, it has priority over the
 * metadata of the file.
 *
 * @param config  the config to change
 * @param option  any except SRNN_OPTION_DROPOUT
 * @param value   a value in the range of the option
 * @retval SRNN_ERROR_INVALID  config is NULL, option is unknown or not an
 *                             integer, or value is an unknown enumerator
 * @retval SRNN_ERROR_RANGE    value is out of the range of the option
 * @retval SRNN_ERROR_DTYPE    value is a dtype that an rnn does not compute in
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_config_set_int(srnn_config *config,
                                                        srnn_option option,
                                                        int64_t value);

/**
 * Sets a real option. It then counts as stated, as for srnn_config_set_int().
 *
 * @param config  the config to change
 * @param option  SRNN_OPTION_DROPOUT
 * @param value   a value in the range of the option
 * @retval SRNN_ERROR_INVALID  config is NULL, or option is unknown or not real
 * @retval SRNN_ERROR_RANGE    value is out of the range of the option, or NaN
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_config_set_real(srnn_config *config,
                                                         srnn_option option,
                                                         double value);

/**
 * Reads an integer option.
 *
 * @param[out] out  receives the value, 0 for a size that is not set; unchanged
 *                  after a failure
 * @param config    the config to read
 * @param option    any except SRNN_OPTION_DROPOUT
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or option is unknown or not
 *                             an integer
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_config_get_int(
    int64_t *out, const srnn_config *config, srnn_option option);

/**
 * Reads a real option.
 *
 * @param[out] out  receives the value; unchanged after a failure
 * @param config    the config to read
 * @param option    SRNN_OPTION_DROPOUT
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or option is unknown or not
 *                             real
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_config_get_real(
    double *out, const srnn_config *config, srnn_option option);

#ifdef __cplusplus
}
#endif

#endif
