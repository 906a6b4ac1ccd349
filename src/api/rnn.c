/* SPDX-License-Identifier: MIT */
/* srnn_rnn_*: checks, then src/stack. */
#include "stack/rnn.h"

#include <inttypes.h>

#include "api/check.h"
#include "api/config.h"
#include "io/read_rnn.h"
#include "io/write_rnn.h"
#include "util/text.h"

static srnn_status check_given(const srnn_options *options, srnn_option option,
                               const char *name)
{
    if (!srnn_options__has(options, option))
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "the config lacks %s; set option %d to 1 to %d",
                                name, (int)option, SRNN_MAX_SIZE);
    return SRNN_OK;
}

srnn_status srnn_rnn_create(srnn_rnn **out, const srnn_config *config,
                            uint64_t seed)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    const srnn_options *const options = srnn_options__of(config);
    SRNN_TRY(check_given(options, SRNN_OPTION_INPUT_SIZE, "input_size"));
    SRNN_TRY(check_given(options, SRNN_OPTION_HIDDEN_SIZE, "hidden_size"));
    SRNN_TRY(srnn_rnn__create(out, options));
    srnn_rnn__initialise(*out, seed);
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
    if (config != NULL)
        SRNN_TRY(srnn_check__handle(config, SRNN_HANDLE_CONFIG, "config"));
    return srnn_weights__read_rnn(out, weights, prefix == NULL ? "" : prefix,
                                  srnn_options__of(config));
}

void srnn_rnn_destroy(srnn_rnn *rnn)
{
    if (srnn_check__is(rnn, SRNN_HANDLE_RNN))
        srnn_rnn__release(rnn);
}

srnn_status srnn_rnn_get_int(int64_t *out, const srnn_rnn *rnn,
                             srnn_option option)
{
    const int64_t *place = NULL;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_options__find_integer(&place, &rnn->options, option));
    *out = *place;
    return SRNN_OK;
}

srnn_status srnn_rnn_get_real(double *out, const srnn_rnn *rnn,
                              srnn_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_options__check_real(option));
    *out = rnn->options.dropout;
    return SRNN_OK;
}

int64_t srnn_rnn_parameter_count(const srnn_rnn *rnn)
{
    return srnn_check__is(rnn, SRNN_HANDLE_RNN) ? rnn->parameter_count : 0;
}

const char *srnn_rnn_parameter_name(const srnn_rnn *rnn, int64_t index)
{
    if (index < 0 || index >= srnn_rnn_parameter_count(rnn))
        return NULL;
    return rnn->parameters[index].name;
}

static srnn_status check_index(const srnn_rnn *rnn, int64_t index)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    if (index < 0 || index >= rnn->parameter_count)
        return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                                "there is no parameter %" PRId64
                                "; the rnn has 0 to %" PRId64,
                                index, rnn->parameter_count - 1);
    return SRNN_OK;
}

static srnn_status check_name(int64_t *index, const srnn_rnn *rnn,
                              const char *name)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__pointer(name, "name"));
    *index = srnn_rnn__find_parameter(rnn, name);
    if (*index >= 0)
        return SRNN_OK;
    char quoted[512];
    srnn_text text = {quoted, sizeof quoted, 0};
    srnn_text__append_name(&text, name);
    return srnn_error__fail(
        SRNN_ERROR_NOT_FOUND,
        "no parameter is named %s; the %" PRId64 " names go from %s to %s",
        quoted, rnn->parameter_count, rnn->parameters[0].name,
        rnn->parameters[rnn->parameter_count - 1].name);
}

static srnn_status get_parameter(srnn_tensor **out, const srnn_rnn *rnn,
                                 int64_t index)
{
    const srnn_tensor source = srnn_rnn__parameter(rnn, index);
    SRNN_TRY(srnn_tensor__create(out, source.dtype, source.rank, source.shape));
    srnn_tensor__copy(*out, &source);
    return SRNN_OK;
}

srnn_status srnn_rnn_get_parameter(srnn_tensor **out, const srnn_rnn *rnn,
                                   const char *name)
{
    int64_t index = 0;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_name(&index, rnn, name));
    return get_parameter(out, rnn, index);
}

srnn_status srnn_rnn_get_parameter_at(srnn_tensor **out, const srnn_rnn *rnn,
                                      int64_t index)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_index(rnn, index));
    return get_parameter(out, rnn, index);
}

static srnn_status check_value(const srnn_rnn *rnn, int64_t index,
                               const srnn_tensor *value)
{
    SRNN_TRY(srnn_check__handle(value, SRNN_HANDLE_TENSOR, "value"));
    SRNN_TRY(srnn_check__dtype(value, "value", (srnn_dtype)rnn->options.dtype,
                               "the rnn"));
    const srnn_parameter_id id = srnn_parameter_id__at(&rnn->options, index);
    srnn_dimension wanted[2];
    const int32_t rank = srnn_parameter_id__shape(wanted, &rnn->options, id);
    if (srnn_shape__matches(value->rank, value->shape, rank, wanted))
        return SRNN_OK;
    return srnn_shape__fail("value", value->rank, value->shape,
                            rnn->parameters[index].name, rank, wanted);
}

static srnn_status set_parameter(srnn_rnn *rnn, int64_t index,
                                 const srnn_tensor *value)
{
    SRNN_TRY(check_value(rnn, index, value));
    const int64_t users = (int64_t)atomic_load(&rnn->references) - 1;
    if (users > 0)
        return srnn_error__fail(SRNN_ERROR_BUSY,
                                "the rnn has %" PRId64
                                " contexts or cell views, which read its "
                                "parameters; destroy them first",
                                users);
    const srnn_tensor target = srnn_rnn__parameter(rnn, index);
    srnn_tensor__copy(&target, value);
    srnn_rnn__update_parameter(rnn, index);
    return SRNN_OK;
}

srnn_status srnn_rnn_set_parameter(srnn_rnn *rnn, const char *name,
                                   const srnn_tensor *value)
{
    int64_t index = 0;
    SRNN_TRY(check_name(&index, rnn, name));
    return set_parameter(rnn, index, value);
}

srnn_status srnn_rnn_set_parameter_at(srnn_rnn *rnn, int64_t index,
                                      const srnn_tensor *value)
{
    SRNN_TRY(check_index(rnn, index));
    return set_parameter(rnn, index, value);
}

static srnn_status check_prefix(const char *prefix)
{
    if (srnn_text__is_utf8(prefix))
        return SRNN_OK;
    char quoted[512];
    srnn_text text = {quoted, sizeof quoted, 0};
    srnn_text__append_name(&text, prefix);
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "the prefix %s is not valid UTF-8", quoted);
}

srnn_status srnn_rnn_save(const srnn_rnn *rnn, const char *path,
                          const char *prefix)
{
    const char *const given = prefix == NULL ? "" : prefix;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__path(path));
    SRNN_TRY(check_prefix(given));
    return srnn_weights__write_rnn_file(path, rnn, given);
}

srnn_status srnn_rnn_save_callback(const srnn_rnn *rnn,
                                   srnn_write_function write, void *user,
                                   const char *prefix)
{
    const char *const given = prefix == NULL ? "" : prefix;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    if (write == NULL)
        return srnn_error__fail(SRNN_ERROR_INVALID, "write is NULL");
    SRNN_TRY(check_prefix(given));
    const srnn_sink sink = {.write = write, .user = user, .file = -1};
    return srnn_weights__write_rnn(&sink, rnn, given);
}

static srnn_status check_sizes(const srnn_rnn *rnn, int64_t T, int64_t B)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__range(T, "T", 0, INT64_MAX));
    return srnn_check__range(B, "B", 0, INT64_MAX);
}

srnn_status srnn_rnn_shape(int64_t *out, const srnn_rnn *rnn, srnn_role role,
                           int64_t T, int64_t B)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(check_sizes(rnn, T, B));
    SRNN_TRY(
        srnn_check__range(role, "role", SRNN_ROLE_INPUT, SRNN_ROLE_HIDDEN));
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
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "capacity is %zu, the table needs %zu",
                                capacity, measured.length + 1);
    srnn_text written = {text, capacity, 0};
    if (text != NULL)
        srnn_rnn__describe(&written, rnn, T, B);
    return SRNN_OK;
}
