/* SPDX-License-Identifier: MIT */
/* Failures show the option or the parameter. */
#include "support/small_rnn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/config.h"
#include "support/element.h"
#include "support/expect.h"

srnn_config *small_rnn_config(const small_rnn *of)
{
    const srnn_direction direction = of->direction != 0 ? of->direction
                                     : of->D == 2 ? SRNN_DIRECTION_BIDIRECTIONAL
                                                  : SRNN_DIRECTION_FORWARD;
    srnn_config *const config = CONFIG(
        {SRNN_OPTION_NUM_LAYERS, of->L == 0 ? 1 : of->L},
        {SRNN_OPTION_DIRECTION, direction},
        {SRNN_OPTION_NONLINEARITY,
         of->nonlinearity == 0 ? SRNN_NONLINEARITY_TANH : of->nonlinearity},
        {SRNN_OPTION_BIAS, !of->no_bias},
        {SRNN_OPTION_BATCH_FIRST, of->batch_first},
        {SRNN_OPTION_DTYPE, of->dtype == 0 ? SRNN_DTYPE_FLOAT32 : of->dtype});
    expect_success("dropout", srnn_config_set_real(config, SRNN_OPTION_DROPOUT,
                                                   of->dropout));
    return config;
}

srnn_rnn *small_rnn_create(const small_rnn *of)
{
    srnn_config *const config = small_rnn_config(of);
    srnn_rnn *rnn = NULL;
    expect_success("rnn",
                   srnn_rnn_create(&rnn, of->I, of->H, config, of->seed));
    srnn_config_destroy(config);
    return rnn;
}

srnn_context *small_rnn_context(const srnn_rnn *rnn, int64_t threads,
                                srnn_schedule schedule)
{
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("threads", srnn_context_set_int(
                                  context, SRNN_CONTEXT_NUM_THREADS, threads));
    expect_success("schedule", srnn_context_set_int(
                                   context, SRNN_CONTEXT_SCHEDULE, schedule));
    return context;
}

static void check_parameter(const srnn_rnn *a, const srnn_rnn *b, int64_t i)
{
    int64_t dtype = 0;
    expect_success("dtype", srnn_rnn_get_int(&dtype, a, SRNN_OPTION_DTYPE));
    size_t size = (size_t)element_bytes((srnn_dtype)dtype);
    assert_string_equal(srnn_rnn_parameter_name(a, i),
                        srnn_rnn_parameter_name(b, i));
    assert_int_equal(srnn_rnn_parameter_rank(a, i),
                     srnn_rnn_parameter_rank(b, i));
    for (int32_t axis = 0; axis < srnn_rnn_parameter_rank(a, i); axis++) {
        assert_int_equal(srnn_rnn_parameter_shape(a, i)[axis],
                         srnn_rnn_parameter_shape(b, i)[axis]);
        size *= (size_t)srnn_rnn_parameter_shape(a, i)[axis];
    }
    if (memcmp(srnn_rnn_parameter_data(a, i), srnn_rnn_parameter_data(b, i),
               size) != 0)
        fail_msg("%s differs", srnn_rnn_parameter_name(a, i));
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
    double dropout[2] = {-1, -1};
    expect_success("a", srnn_rnn_get_real(&dropout[0], a, SRNN_OPTION_DROPOUT));
    expect_success("b", srnn_rnn_get_real(&dropout[1], b, SRNN_OPTION_DROPOUT));
    if (memcmp(&dropout[0], &dropout[1], sizeof dropout[0]) != 0)
        fail_msg("dropout: %.17g, not %.17g", dropout[1], dropout[0]);
    assert_int_equal(srnn_rnn_parameter_count(a), srnn_rnn_parameter_count(b));
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
    return small_rnn_save_with(rnn, prefix, NULL);
}

weights_file small_rnn_save_with(const srnn_rnn *rnn, const char *prefix,
                                 const char *const *metadata)
{
    weights_file file = {NULL, 0, 0};
    expect_success(
        "save", srnn_rnn_save_callback(rnn, append, &file, prefix, metadata));
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

/* As many as it takes to align the values. */
static int count_blanks(const weights_file *file)
{
    size_t end = 8;
    for (int i = 0; i < 4; i++)
        end += (size_t)file->bytes[i] << 8 * i;
    int count = 0;
    assert_true(end <= file->size);
    while (file->bytes[end - 1 - (size_t)count] == ' ')
        count++;
    assert_int_equal(end % 8, 0);
    assert_in_range(count, 0, 7);
    return count;
}

int small_rnn_check_round_trip(const srnn_rnn *rnn, const char *prefix)
{
    weights_file file = small_rnn_save(rnn, prefix);
    srnn_rnn *const loaded = small_rnn_load(&file, prefix);
    weights_file again = small_rnn_save(loaded, prefix);
    small_rnn_check_equal(rnn, loaded);
    assert_int_equal(file.size, again.size);
    assert_memory_equal(file.bytes, again.bytes, file.size);
    const int blanks = count_blanks(&file);
    srnn_rnn_destroy(loaded);
    weights_file_free(&file);
    weights_file_free(&again);
    return blanks;
}
