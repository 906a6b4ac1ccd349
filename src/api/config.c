/* SPDX-License-Identifier: MIT */
/* srnn_config_*, and the table of all options. */
#include "api/config.h"

#include <inttypes.h>

#include "api/check.h"
#include "tensor/dtype.h"
#include "util/memory.h"

static const srnn_options defaults = {
    .num_layers = 1,
    .nonlinearity = SRNN_NONLINEARITY_TANH,
    .bias = 1,
    .dtype = SRNN_DTYPE_FLOAT32,
};

static const struct {
    const char *name;
    int64_t minimum;
    int64_t maximum;
    size_t offset; /* of its int64_t in srnn_options */
} integers[] = {
    [SRNN_OPTION_INPUT_SIZE] = {"input_size", 1, SRNN_MAX_SIZE,
                                offsetof(srnn_options, input_size)},
    [SRNN_OPTION_HIDDEN_SIZE] = {"hidden_size", 1, SRNN_MAX_SIZE,
                                 offsetof(srnn_options, hidden_size)},
    [SRNN_OPTION_NUM_LAYERS] = {"num_layers", 1, SRNN_MAX_LAYERS,
                                offsetof(srnn_options, num_layers)},
    [SRNN_OPTION_BIDIRECTIONAL] = {"bidirectional", 0, 1,
                                   offsetof(srnn_options, bidirectional)},
    [SRNN_OPTION_NONLINEARITY] = {"nonlinearity", SRNN_NONLINEARITY_TANH,
                                  SRNN_NONLINEARITY_RELU,
                                  offsetof(srnn_options, nonlinearity)},
    [SRNN_OPTION_BIAS] = {"bias", 0, 1, offsetof(srnn_options, bias)},
    [SRNN_OPTION_BATCH_FIRST] = {"batch_first", 0, 1,
                                 offsetof(srnn_options, batch_first)},
    [SRNN_OPTION_DTYPE] = {"dtype", INT64_MIN, INT64_MAX,
                           offsetof(srnn_options, dtype)},
};

enum { INTEGERS = sizeof integers / sizeof *integers };

srnn_status srnn_options__find_integer(const int64_t **out,
                                       const srnn_options *options,
                                       srnn_option option)
{
    if (option == SRNN_OPTION_DROPOUT)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "option %d (dropout) is real, not an integer",
                                (int)option);
    if (option < SRNN_OPTION_INPUT_SIZE || option >= INTEGERS)
        return srnn_error__fail(
            SRNN_ERROR_INVALID, "option %d is unknown; expected %d to %d",
            (int)option, SRNN_OPTION_INPUT_SIZE, SRNN_OPTION_DROPOUT);
    *out = (const int64_t *)(const void *)((const char *)options +
                                           integers[option].offset);
    return SRNN_OK;
}

srnn_status srnn_options__check_real(srnn_option option)
{
    if (option == SRNN_OPTION_DROPOUT)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "option %d is not real; the only real one is %d "
                            "(dropout)",
                            (int)option, SRNN_OPTION_DROPOUT);
}

const srnn_options *srnn_options__of(const srnn_config *config)
{
    return config == NULL ? &defaults : &config->options;
}

srnn_status srnn_config_create(srnn_config **out)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_config)));
    *out = memory;
    **out = (srnn_config){{SRNN_HANDLE_CONFIG}, defaults};
    return SRNN_OK;
}

void srnn_config_destroy(srnn_config *config)
{
    if (!srnn_check__is(config, SRNN_HANDLE_CONFIG))
        return;
    config->handle.kind = 0;
    srnn_memory__destroy(config);
}

srnn_status srnn_config_set_int(srnn_config *config, srnn_option option,
                                int64_t value)
{
    const int64_t *place = NULL;
    SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    SRNN_TRY(srnn_options__find_integer(&place, &config->options, option));
    SRNN_TRY(srnn_check__range(value, integers[option].name,
                               integers[option].minimum,
                               integers[option].maximum));
    if (option == SRNN_OPTION_DTYPE) {
        SRNN_TRY(srnn_check__dtype_is_known(value));
        SRNN_TRY(srnn_check__dtype_is_real(value, "dtype"));
    }
    *(int64_t *)(void *)((char *)&config->options + integers[option].offset) =
        value;
    config->options.given |= 1u << option;
    return SRNN_OK;
}

srnn_status srnn_config_set_real(srnn_config *config, srnn_option option,
                                 double value)
{
    SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    SRNN_TRY(srnn_options__check_real(option));
    if (!(value >= 0.0 && value <= 1.0)) /* NaN is neither */
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "dropout is %.17g, expected 0 to 1", value);
    config->options.dropout = value;
    config->options.given |= 1u << option;
    return SRNN_OK;
}
