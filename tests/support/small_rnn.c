/* SPDX-License-Identifier: MIT */
/* Failures show the option or the parameter. */
#include "support/small_rnn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"

srnn_rnn *small_rnn_create(const small_rnn *of)
{
    const struct {
        srnn_option option;
        int64_t value;
    } settings[] = {
        {SRNN_OPTION_INPUT_SIZE, of->I},
        {SRNN_OPTION_HIDDEN_SIZE, of->H},
        {SRNN_OPTION_NUM_LAYERS, of->L == 0 ? 1 : of->L},
        {SRNN_OPTION_BIDIRECTIONAL, of->D == 2},
        {SRNN_OPTION_NONLINEARITY,
         of->nonlinearity == 0 ? SRNN_NONLINEARITY_TANH : of->nonlinearity},
        {SRNN_OPTION_BIAS, !of->no_bias},
        {SRNN_OPTION_BATCH_FIRST, of->batch_first},
        {SRNN_OPTION_DTYPE, of->dtype == 0 ? SRNN_DTYPE_FLOAT32 : of->dtype},
    };
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    expect_success("config", srnn_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        expect_success("option", srnn_config_set_int(config, settings[i].option,
                                                     settings[i].value));
    expect_success("rnn", srnn_rnn_create(&rnn, config, of->seed));
    srnn_config_destroy(config);
    return rnn;
}

static void check_parameter(const srnn_rnn *a, const srnn_rnn *b, int64_t i)
{
    srnn_tensor *left = NULL;
    srnn_tensor *right = NULL;
    expect_success("left", srnn_rnn_get_parameter_at(&left, a, i));
    expect_success("right", srnn_rnn_get_parameter_at(&right, b, i));
    const size_t size = srnn_tensor_dtype(left) == SRNN_DTYPE_FLOAT64 ? 8 : 4;
    assert_string_equal(srnn_rnn_parameter_name(a, i),
                        srnn_rnn_parameter_name(b, i));
    assert_int_equal(srnn_tensor_size(left), srnn_tensor_size(right));
    if (memcmp(srnn_tensor_data(left), srnn_tensor_data(right),
               size * (size_t)srnn_tensor_size(left)) != 0)
        fail_msg("%s differs", srnn_rnn_parameter_name(a, i));
    srnn_tensor_destroy(left);
    srnn_tensor_destroy(right);
}

void small_rnn_check_equal(const srnn_rnn *a, const srnn_rnn *b)
{
    for (srnn_option option = 1; option < SRNN_OPTION_DROPOUT; option++) {
        int64_t left = 0;
        int64_t right = 0;
        expect_success("left", srnn_rnn_get_int(&left, a, option));
        expect_success("right", srnn_rnn_get_int(&right, b, option));
        if (left != right)
            fail_msg("option %d: %d, not %d", option, (int)right, (int)left);
    }
    for (int64_t i = 0; i < srnn_rnn_parameter_count(a); i++)
        check_parameter(a, b, i);
}

static int64_t append(void *user, const void *bytes, size_t size)
{
    weights_file_append(user, bytes, size);
    return (int64_t)size;
}

weights_file small_rnn_save(const srnn_rnn *rnn, const char *prefix)
{
    weights_file file = {NULL, 0, 0};
    expect_success("save", srnn_rnn_save_callback(rnn, append, &file, prefix));
    return file;
}

srnn_rnn *small_rnn_load(const weights_file *file, const char *prefix)
{
    srnn_weights *weights = NULL;
    srnn_rnn *rnn = NULL;
    expect_success("open",
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    expect_success("load",
                   srnn_rnn_create_from_weights(&rnn, weights, prefix, NULL));
    srnn_weights_destroy(weights);
    return rnn;
}
