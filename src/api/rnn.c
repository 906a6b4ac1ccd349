/* SPDX-License-Identifier: MIT */
/* srnn_rnn_*: checks, then src/rnn. */
#include "rnn/rnn.h"

#include <inttypes.h>

#include "api/check.h"
#include "api/config.h"
#include "api/parameter.h"
#include "io/read_rnn.h"
#include "tensor/dtype.h"
#include "util/cancellation.h"
#include "util/text.h"

static srnn_status check_config(const srnn_config *config)
{
    return config == NULL
               ? SRNN_OK
               : srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config");
}

/* A size of the argument or the tensors, and of the config if that has it. */
static srnn_status set_size(srnn_options *options, srnn_option option,
                            int64_t size, srnn_status mismatch)
{
    const char *const name = srnn_option__name(option);
    SRNN_TRY(srnn_check__range(size, name, 1, SRNN_MAX_SIZE));
    const int64_t wanted = srnn_options__get(options, option);
    if (srnn_options__has(options, option) && wanted != size)
        return srnn_error__fail(mismatch,
                                "%s is %" PRId64 ", but the config says "
                                "%" PRId64,
                                name, size, wanted);
    srnn_options__set(options, option, size);
    options->by_caller |= 1u << option;
    return SRNN_OK;
}

srnn_status srnn_rnn_create(srnn_rnn **out, int64_t input_size,
                            int64_t hidden_size, const srnn_config *config,
                            uint64_t seed)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_config(config));
    srnn_options options = *srnn_config__options(config);
    SRNN_TRY(set_size(&options, SRNN_OPTION_INPUT_SIZE, input_size,
                      SRNN_ERROR_INVALID));
    SRNN_TRY(set_size(&options, SRNN_OPTION_HIDDEN_SIZE, hidden_size,
                      SRNN_ERROR_INVALID));
    SRNN_TRY(srnn_rnn__create(out, &options));
    srnn_rnn__initialise(*out, seed);
    return SRNN_OK;
}

/* I, H and dtype from the two weights of the first cell. */
static srnn_status set_sizes(srnn_options *options,
                             const srnn_tensor *const *values)
{
    static const srnn_dimension any[] = {{"hidden_size", SRNN_ANY_SIZE},
                                         {"input_size", SRNN_ANY_SIZE}};
    const srnn_tensor *const first = values[0];
    if (first->rank != 2)
        return srnn_shape__fail("weight_ih of layer 0", first->rank,
                                first->shape, "an rnn", 2, any);
    SRNN_TRY(srnn_check__dtype_is_real(first->dtype, "weight_ih of layer 0"));
    if (srnn_options__has(options, SRNN_OPTION_DTYPE))
        SRNN_TRY(srnn_check__dtype(first, "weight_ih of layer 0",
                                   (srnn_dtype)options->dtype, "the config"));
    options->dtype = first->dtype;
    options->by_caller |= 1u << SRNN_OPTION_DTYPE;
    SRNN_TRY(set_size(options, SRNN_OPTION_HIDDEN_SIZE, first->shape[0],
                      SRNN_ERROR_SHAPE));
    return set_size(options, SRNN_OPTION_INPUT_SIZE, first->shape[1],
                    SRNN_ERROR_SHAPE);
}

static void write_values(srnn_rnn *rnn, const srnn_tensor *const *values)
{
    for (int64_t i = 0; i < rnn->parameter_count; i++) {
        const srnn_tensor target = srnn_rnn__parameter(rnn, i);
        srnn_tensor__copy(&target, values[i]);
    }
    srnn_rnn__update(rnn);
}

srnn_status srnn_rnn_create_from_tensors(srnn_rnn **out,
                                         const srnn_tensor *const *values,
                                         int64_t count,
                                         const srnn_config *config)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_config(config));
    srnn_options options = *srnn_config__options(config);
    SRNN_TRY(srnn_parameter__check_values(&options, values, count));
    SRNN_TRY(set_sizes(&options, values));
    for (int64_t i = 0; i < count; i++)
        SRNN_TRY(srnn_parameter__check_value(&options, i, values[i], NULL));
    SRNN_TRY(srnn_rnn__create(out, &options));
    write_values(*out, values);
    return SRNN_OK;
}

srnn_status srnn_rnn_create_from_weights(srnn_rnn **out,
                                         const srnn_weights *weights,
                                         const char *prefix,
                                         const srnn_config *config)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(weights, SRNN_HANDLE_WEIGHTS, "weights"));
    SRNN_TRY(check_config(config));
    const int before = srnn_cancellation__hold();
    const srnn_status status =
        srnn_rnn__read(out, weights, prefix == NULL ? "" : prefix,
                       srnn_config__options(config));
    srnn_cancellation__allow(before);
    return status;
}

srnn_status srnn_rnn_clone(srnn_rnn **out, const srnn_rnn *rnn)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    return srnn_rnn__clone(out, rnn);
}

void srnn_rnn_destroy(srnn_rnn *rnn)
{
    if (srnn_check__is(rnn, SRNN_HANDLE_RNN))
        srnn_rnn__release(rnn);
}

/* Is it an option of an rnn, not only of how to read one? */
static bool is_kept(srnn_option option)
{
    return srnn_option__name(option) != NULL &&
           option != SRNN_OPTION_REQUIRE_STATED &&
           option != SRNN_OPTION_ALLOW_EXTRA;
}

static srnn_status check_kept(srnn_option option)
{
    return is_kept(option)
               ? SRNN_OK
               : srnn_check__fail_option(option, "an rnn", "SRNN_OPTION_");
}

srnn_status srnn_rnn_get_int(int64_t *out, const srnn_rnn *rnn,
                             srnn_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(check_kept(option));
    return srnn_options__get_int(out, &rnn->options, option);
}

srnn_status srnn_rnn_get_real(double *out, const srnn_rnn *rnn,
                              srnn_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(check_kept(option));
    return srnn_options__get_real(out, &rnn->options, option);
}

srnn_origin srnn_rnn_origin(const srnn_rnn *rnn, srnn_option option)
{
    if (!srnn_check__is(rnn, SRNN_HANDLE_RNN) || !is_kept(option))
        return 0;
    if (srnn_options__has(&rnn->options, option))
        return SRNN_ORIGIN_CALLER;
    return (rnn->options.by_file >> option & 1u) != 0 ? SRNN_ORIGIN_FILE
                                                      : SRNN_ORIGIN_DEFAULT;
}

static srnn_status check_sizes(const srnn_rnn *rnn, int64_t T, int64_t B)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__range(T, "steps", 0, INT64_MAX));
    return srnn_check__range(B, "batch", 0, INT64_MAX);
}

srnn_status srnn_rnn_shape(int64_t *out, const srnn_rnn *rnn, srnn_role role,
                           int64_t T, int64_t B)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(check_sizes(rnn, T, B));
    if (role < SRNN_ROLE_INPUT || role > SRNN_ROLE_HIDDEN)
        return srnn_check__fail_value("role", role, "an SRNN_ROLE_...");
    srnn_rnn__shape(out, rnn, role, T, B);
    return SRNN_OK;
}

srnn_status srnn_rnn_describe(char *text, size_t capacity, size_t *length,
                              const srnn_rnn *rnn, int64_t T, int64_t B)
{
    SRNN_TRY(check_sizes(rnn, T, B));
    if (text == NULL && capacity > 0)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "text is NULL, but capacity is %zu", capacity);
    srnn_text measured = {NULL, 0, 0};
    srnn_rnn__describe(&measured, rnn, T, B);
    if (length != NULL)
        *length = measured.length;
    if (text != NULL && capacity <= measured.length)
        return srnn_error__fail(SRNN_ERROR_BUFFER,
                                "capacity is %zu, but the table needs %zu",
                                capacity, measured.length + 1);
    srnn_text written = {text, capacity, 0};
    if (text != NULL)
        srnn_rnn__describe(&written, rnn, T, B);
    return SRNN_OK;
}
