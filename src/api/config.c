/* SPDX-License-Identifier: MIT */
/* srnn_config_*, and options by number. */
#include "api/config.h"

#include "api/check.h"
#include "tensor/dtype.h"
#include "util/memory.h"
#include "util/plain.h"

const srnn_options *srnn_config__options(const srnn_config *config)
{
    return config == NULL ? &srnn_options__defaults : &config->options;
}

srnn_status srnn_config_create(srnn_config **out)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_config)));
    *out = memory;
    **out = (srnn_config){{SRNN_HANDLE_CONFIG}, srnn_options__defaults};
    return SRNN_OK;
}

void srnn_config_destroy(srnn_config *config)
{
    if (!srnn_check__is(config, SRNN_HANDLE_CONFIG))
        return;
    config->handle.kind = 0;
    srnn_memory__destroy(config);
}

static srnn_status check_option(srnn_option option, bool is_real)
{
    if (srnn_option__name(option) == NULL)
        return srnn_check__fail_option(option, "a config", "SRNN_OPTION_");
    if (is_real != (option == SRNN_OPTION_DROPOUT))
        return srnn_check__fail_type(option, !is_real);
    return SRNN_OK;
}

/* In the order of srnn_option_values. */
static srnn_status check_value(srnn_option option, int64_t value)
{
    const char *const name = srnn_constant_name(option);
    switch (option) {
    case SRNN_OPTION_INPUT_SIZE:
    case SRNN_OPTION_HIDDEN_SIZE:
        return srnn_check__range(value, name, 1, SRNN_MAX_SIZE);
    case SRNN_OPTION_NUM_LAYERS:
        return srnn_check__range(value, name, 1, SRNN_MAX_LAYERS);
    case SRNN_OPTION_DIRECTION:
        return srnn_check__direction(name, value);
    case SRNN_OPTION_NONLINEARITY:
        return srnn_check__nonlinearity(name, value);
    case SRNN_OPTION_DTYPE:
        if (!srnn_dtype__is_known(value))
            return srnn_check__fail_value(
                name, value, "SRNN_DTYPE_FLOAT32 or SRNN_DTYPE_FLOAT64");
        return srnn_check__dtype_is_real(value, name);
    default:
        return srnn_check__range(value, name, 0, 1);
    }
}

srnn_status srnn_config_set_int(srnn_config *config, srnn_option option,
                                int64_t value)
{
    SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    SRNN_TRY(check_option(option, false));
    SRNN_TRY(check_value(option, value));
    srnn_options__set(&config->options, option, value);
    config->options.by_caller |= 1u << option;
    return SRNN_OK;
}

srnn_status srnn_config_set_real(srnn_config *config, srnn_option option,
                                 double value)
{
    SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    SRNN_TRY(check_option(option, true));
    if (!(value >= 0.0 && value <= 1.0)) /* NaN is neither */
        return srnn_error__fail(SRNN_ERROR_RANGE,
                                "%s is %.17g, expected 0 to 1",
                                srnn_constant_name(option), value);
    config->options.dropout = srnn_plain__number(value);
    config->options.by_caller |= 1u << option;
    return SRNN_OK;
}

srnn_status srnn_options__get_int(int64_t *out, const srnn_options *options,
                                  srnn_option option)
{
    SRNN_TRY(check_option(option, false));
    *out = srnn_options__get(options, option);
    return SRNN_OK;
}

srnn_status srnn_options__get_real(double *out, const srnn_options *options,
                                   srnn_option option)
{
    SRNN_TRY(check_option(option, true));
    *out = options->dropout;
    return SRNN_OK;
}

srnn_status srnn_config_get_int(int64_t *out, const srnn_config *config,
                                srnn_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    return srnn_options__get_int(out, &config->options, option);
}

srnn_status srnn_config_get_real(double *out, const srnn_config *config,
                                 srnn_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    return srnn_options__get_real(out, &config->options, option);
}
