/* SPDX-License-Identifier: MIT */
/* The rules of rnn.h; those of saving are in test_misuse_save.c,
 * srnn_rnn_create_from_weights is in test_misuse_weights.c. The rnn of the rows
 * has I=4, H=2, L=2, D=2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/config.h"
#include "support/expect.h"
#include "support/little_endian.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* Where things lie, in bytes of misuse_memory. */
enum { VALUE = 1024, SHAPES = 2048, NUMBER = 3072, TEXT = 4096 };

enum { I = 4, H = 2, L = 2, D = 2, COLUMNS = D * H, PARAMETERS = 4 * L * D };

static srnn_rnn *make_rnn(bool bias)
{
    return small_rnn_create(
        &(small_rnn){.I = I, .H = H, .L = L, .D = D, .no_bias = !bias});
}

static void test_misuse_rnn__create(void **state)
{
    (void)state;
    static const int64_t wrong[] = {0, -1, INT64_MIN, INT64_MAX,
                                    (int64_t)SRNN_MAX_SIZE + 1};
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_create(NULL, 1, 1, NULL, 1));
    REFUSE_OTHERS(other, "config", "config",
                  srnn_rnn_create(&made.rnn, 1, 1, other, 1));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "input_size is %lld, expected 1 to 1073741823",
                       (long long)wrong[i]);
        REFUSE(SRNN_ERROR_RANGE, says,
               srnn_rnn_create(&made.rnn, wrong[i], 1, NULL, 1));
        (void)snprintf(says, sizeof says,
                       "hidden_size is %lld, expected 1 to 1073741823",
                       (long long)wrong[i]);
        REFUSE(SRNN_ERROR_RANGE, says,
               srnn_rnn_create(&made.rnn, 1, wrong[i], NULL, 1));
    }
    NOTHING(srnn_rnn_destroy(NULL));
    ACCEPT(srnn_rnn_create(&made.rnn, 1, 1, NULL, 1));
    srnn_rnn_destroy(made.rnn);
}

static void test_misuse_rnn__create_insists(void **state)
{
    (void)state;
    srnn_config *const config =
        CONFIG({SRNN_OPTION_INPUT_SIZE, I}, {SRNN_OPTION_HIDDEN_SIZE, H});
    REFUSE(SRNN_ERROR_INVALID, "input_size is 5, but the config says 4",
           srnn_rnn_create(&made.rnn, 5, H, config, 1));
    REFUSE(SRNN_ERROR_INVALID, "hidden_size is 3, but the config says 2",
           srnn_rnn_create(&made.rnn, I, 3, config, 1));
    ACCEPT(srnn_rnn_create(&made.rnn, I, H, config, 1));
    srnn_rnn_destroy(made.rnn);
    srnn_config_destroy(config);
}

static void refuse_sizes(int64_t input_size, int64_t hidden_size,
                         srnn_config *config, srnn_status status,
                         const char *says)
{
    REFUSE(status, says,
           srnn_rnn_create(&made.rnn, input_size, hidden_size, config, 1));
    srnn_config_destroy(config);
}

/* The weights of the largest H, as given and packed, have nearly 2^63 bytes in
 * float32; with a little less they fit, with an input of 2 they do not. */
static void test_misuse_rnn__create_overflow(void **state)
{
    (void)state;
    static const char says[] =
        "the rnn's parameters would need more than 2^63 - 1 bytes";
    const int64_t most = SRNN_MAX_SIZE;
    const config_setting no_bias = {SRNN_OPTION_BIAS, 0};
    refuse_sizes(1, most - 1, CONFIG(no_bias), SRNN_ERROR_NO_MEMORY, "bytes");
    refuse_sizes(2, most, CONFIG(no_bias), SRNN_ERROR_OVERFLOW, says);
    refuse_sizes(1, most, NULL, SRNN_ERROR_OVERFLOW, says);
    refuse_sizes(most, most,
                 CONFIG({SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT64},
                        {SRNN_OPTION_NUM_LAYERS, SRNN_MAX_LAYERS}),
                 SRNN_ERROR_OVERFLOW, says);
}

enum { VALUES = 4 };

/* The parameters of one layer, in state_dict order. */
static void view_values(const srnn_tensor *values[VALUES])
{
    values[0] = view(VALUE, F32, SHAPE(H, I));
    values[1] = view(VALUE, F32, SHAPE(H, H));
    values[2] = view(VALUE, F32, SHAPE(H));
    values[3] = view(VALUE, F32, SHAPE(H));
}

static void test_misuse_rnn__create_from_tensors(void **state)
{
    (void)state;
    const srnn_tensor *values[VALUES];
    view_values(values);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_create_from_tensors(NULL, values, VALUES, NULL));
    REFUSE_OTHERS(
        other, "config", "config",
        srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, other));
    REFUSE(SRNN_ERROR_INVALID, "values is NULL",
           srnn_rnn_create_from_tensors(&made.rnn, NULL, VALUES, NULL));
    for (int64_t count = -1; count <= 8; count++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "count is %lld; a 1-layer rnn with bias has 4 "
                       "parameters",
                       (long long)count);
        if (count != VALUES)
            REFUSE(
                SRNN_ERROR_RANGE, says,
                srnn_rnn_create_from_tensors(&made.rnn, values, count, NULL));
    }
    const srnn_tensor *const last = values[3];
    values[3] = NULL;
    REFUSE(SRNN_ERROR_INVALID, "values[3] is NULL",
           srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, NULL));
    for (int i = 0; i < MISUSE_KINDS; i++) {
        values[3] = misuse_handle(i);
        if (!misuse_is_kind(i, "tensor"))
            REFUSE(
                SRNN_ERROR_INVALID,
                "values[3] is an srnn_...expected an srnn_tensor",
                srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, NULL));
    }
    values[3] = last;
    ACCEPT(srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, NULL));
    srnn_rnn_destroy(made.rnn);
}

/* One value is another tensor. */
static void test_misuse_rnn__create_from_tensors_values(void **state)
{
    (void)state;
    const int64_t large = (int64_t)SRNN_MAX_SIZE + 1;
    const struct {
        int index;
        srnn_tensor *value;
        srnn_status status;
        const char *says;
    } rows[] = {
        {0, view(VALUE, F32, SHAPE(H)), SRNN_ERROR_SHAPE,
         "weight_ih of layer 0 is [2]; an rnn needs [hidden_size, "
         "input_size]: it has 1 dimension, not 2"},
        {0, view(VALUE, F32, SHAPE(0, I)), SRNN_ERROR_RANGE,
         "hidden_size is 0, expected 1 to 1073741823"},
        {0, view(VALUE, F32, SHAPE(H, 0)), SRNN_ERROR_RANGE,
         "input_size is 0, expected 1 to 1073741823"},
        {0, view_nowhere(F32, SHAPE(large, 1)), SRNN_ERROR_RANGE,
         "hidden_size is 1073741824, expected 1 to 1073741823"},
        {0, view_nowhere(F32, SHAPE(H, large)), SRNN_ERROR_RANGE,
         "input_size is 1073741824, expected 1 to 1073741823"},
        {0, view(VALUE, I64, SHAPE(H, I)), SRNN_ERROR_DTYPE,
         "weight_ih of layer 0 is int64; the library computes in float32 or "
         "float64"},
        {0, view(VALUE, U8, SHAPE(H, I)), SRNN_ERROR_DTYPE,
         "weight_ih of layer 0 is uint8; the library computes in float32 or "
         "float64"},
        {0, view(VALUE, F64, SHAPE(H, I)), SRNN_ERROR_DTYPE,
         "weight_hh_l0 is float32; the rnn is float64"},
        {1, view(VALUE, F64, SHAPE(H, H)), SRNN_ERROR_DTYPE,
         "weight_hh_l0 is float64; the rnn is float32"},
        {1, view(VALUE, F32, SHAPE(H, 3)), SRNN_ERROR_SHAPE,
         "weight_hh_l0 is [2, 3]; a 1-layer rnn needs [hidden_size=2, "
         "hidden_size=2]: dimension 1 is 3, not 2"},
        {2, view(VALUE, F32, SHAPE(H, 1)), SRNN_ERROR_SHAPE,
         "bias_ih_l0 is [2, 1]; a 1-layer rnn needs [hidden_size=2]: it has 2 "
         "dimensions, not 1"},
        {3, view(VALUE, F32, SHAPE(3)), SRNN_ERROR_SHAPE,
         "bias_hh_l0 is [3]; a 1-layer rnn needs [hidden_size=2]: dimension 0 "
         "is 3, not 2"},
        {3, view(VALUE, I64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh_l0 is int64; the rnn is float32"},
        {3, view(VALUE, U8, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh_l0 is uint8; the rnn is float32"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const srnn_tensor *values[VALUES];
        view_values(values);
        values[rows[i].index] = rows[i].value;
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, NULL));
    }
}

static void test_misuse_rnn__create_from_tensors_insists(void **state)
{
    (void)state;
    static const struct {
        config_setting option;
        srnn_status status;
        const char *says;
    } rows[] = {
        {{SRNN_OPTION_INPUT_SIZE, 5},
         SRNN_ERROR_SHAPE,
         "input_size is 4, but the config says 5"},
        {{SRNN_OPTION_HIDDEN_SIZE, 5},
         SRNN_ERROR_SHAPE,
         "hidden_size is 2, but the config says 5"},
        {{SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT64},
         SRNN_ERROR_DTYPE,
         "weight_ih of layer 0 is float32; the config is float64"},
        {{SRNN_OPTION_NUM_LAYERS, 2},
         SRNN_ERROR_RANGE,
         "count is 4; a 2-layer rnn with bias has 8 parameters"},
        {{SRNN_OPTION_DIRECTION, SRNN_DIRECTION_BIDIRECTIONAL},
         SRNN_ERROR_RANGE,
         "count is 4; a 1-layer bidirectional rnn with bias has 8 parameters"},
        {{SRNN_OPTION_BIAS, 0},
         SRNN_ERROR_RANGE,
         "count is 4; a 1-layer rnn without bias has 2 parameters"},
    };
    const srnn_tensor *values[VALUES];
    view_values(values);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        srnn_config *const config = CONFIG(rows[i].option);
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, config));
        srnn_config_destroy(config);
    }
    srnn_config *const same =
        CONFIG({SRNN_OPTION_INPUT_SIZE, I}, {SRNN_OPTION_HIDDEN_SIZE, H},
               {SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT32});
    ACCEPT(srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, same));
    srnn_rnn_destroy(made.rnn);
    srnn_config_destroy(same);
}

static void test_misuse_rnn__create_from_tensors_overflow(void **state)
{
    (void)state;
    const int64_t most = SRNN_MAX_SIZE;
    const srnn_tensor *const values[VALUES] = {
        view_nowhere(F32, SHAPE(most, most)),
        view_nowhere(F32, SHAPE(most, most)), view_nowhere(F32, SHAPE(most)),
        view_nowhere(F32, SHAPE(most))};
    REFUSE(SRNN_ERROR_OVERFLOW,
           "the rnn's parameters would need more than 2^63 - 1 bytes",
           srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, NULL));
}

static void test_misuse_rnn__clone(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_rnn_clone(NULL, rnn));
    REFUSE_HANDLES(other, "rnn", "rnn", srnn_rnn_clone(&made.rnn, other));
    ACCEPT(srnn_rnn_clone(&made.rnn, rnn));
    srnn_rnn_destroy(made.rnn);
    srnn_rnn_destroy(rnn);
}

/* Options of other sets are in test_misuse_options.c. */
static void test_misuse_rnn__get_option(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    int64_t *const value = (int64_t *)(void *)(misuse_memory + NUMBER);
    double *const real = (double *)(void *)(misuse_memory + NUMBER);
    const srnn_option bias = SRNN_OPTION_BIAS;
    const srnn_option dropout = SRNN_OPTION_DROPOUT;
    static const srnn_option strangers[] = {0, -1, 12, INT32_MAX, INT32_MIN};
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_get_int(NULL, rnn, bias));
    REFUSE_HANDLES(other, "rnn", "rnn", srnn_rnn_get_int(value, other, bias));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_get_real(NULL, rnn, dropout));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_get_real(real, other, dropout));
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "option is %d, expected an SRNN_OPTION_... of an rnn",
                       (int)strangers[i]);
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_rnn_get_int(value, rnn, strangers[i]));
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_rnn_get_real(real, rnn, strangers[i]));
        ANSWER(0, srnn_rnn_origin(rnn, strangers[i]));
    }
    REFUSE(SRNN_ERROR_INVALID,
           "SRNN_OPTION_DROPOUT is real: call the function that ends in _real",
           srnn_rnn_get_int(value, rnn, dropout));
    REFUSE(SRNN_ERROR_INVALID,
           "SRNN_OPTION_BIAS is an integer: call the function that ends in "
           "_int",
           srnn_rnn_get_real(real, rnn, bias));
    ACCEPT(srnn_rnn_get_int(value, rnn, bias));
    ACCEPT(srnn_rnn_get_real(real, rnn, dropout));
    srnn_rnn_destroy(rnn);
}

/* The rest of it is in test_weights_options.c. */
static void test_misuse_rnn__origin(void **state)
{
    (void)state;
    srnn_config *const config = CONFIG({SRNN_OPTION_BIAS, 1});
    srnn_rnn *rnn = NULL;
    expect_success("rnn", srnn_rnn_create(&rnn, 1, 1, config, 1));
    srnn_config_destroy(config);
    ANSWER(SRNN_ORIGIN_CALLER, srnn_rnn_origin(rnn, SRNN_OPTION_BIAS));
    ANSWER(SRNN_ORIGIN_CALLER, srnn_rnn_origin(rnn, SRNN_OPTION_INPUT_SIZE));
    ANSWER(SRNN_ORIGIN_DEFAULT, srnn_rnn_origin(rnn, SRNN_OPTION_DROPOUT));
    ANSWER_OTHERS(other, "rnn", 0, srnn_rnn_origin(other, SRNN_OPTION_BIAS));
    srnn_rnn_destroy(rnn);
}

/* Every option is the caller's, or the default, by itself. */
static void test_misuse_rnn__origin_of_each_option(void **state)
{
    (void)state;
    static const srnn_option options[] = {
        SRNN_OPTION_NUM_LAYERS,   SRNN_OPTION_DIRECTION,   SRNN_OPTION_BIAS,
        SRNN_OPTION_NONLINEARITY, SRNN_OPTION_BATCH_FIRST, SRNN_OPTION_DTYPE,
        SRNN_OPTION_DROPOUT};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        srnn_config *config = NULL;
        srnn_rnn *rnn = NULL;
        int64_t value = 0;
        ACCEPT(srnn_config_create(&config));
        if (options[i] == SRNN_OPTION_DROPOUT) {
            ACCEPT(srnn_config_set_real(config, options[i], 0));
        } else {
            ACCEPT(srnn_config_get_int(&value, config, options[i]));
            ACCEPT(srnn_config_set_int(config, options[i], value));
        }
        ACCEPT(srnn_rnn_create(&rnn, 1, 1, config, 1));
        for (size_t j = 0; j < sizeof options / sizeof *options; j++)
            ANSWER(i == j ? SRNN_ORIGIN_CALLER : SRNN_ORIGIN_DEFAULT,
                   srnn_rnn_origin(rnn, options[j]));
        srnn_rnn_destroy(rnn);
        srnn_config_destroy(config);
    }
}

static void test_misuse_rnn__parameters_by_index(void **state)
{
    (void)state;
    static const int64_t wrong[] = {-1, PARAMETERS, INT64_MAX, INT64_MIN};
    srnn_rnn *const rnn = make_rnn(true);
    ANSWER_OTHERS(other, "rnn", 0, srnn_rnn_parameter_count(other));
    ANSWER_OTHERS(other, "rnn", NULL, srnn_rnn_parameter_name(other, 0));
    ANSWER_OTHERS(other, "rnn", 0, srnn_rnn_parameter_rank(other, 0));
    ANSWER_OTHERS(other, "rnn", NULL, srnn_rnn_parameter_shape(other, 0));
    ANSWER_OTHERS(other, "rnn", NULL, srnn_rnn_parameter_data(other, 0));
    ANSWER(PARAMETERS, srnn_rnn_parameter_count(rnn));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ANSWER(NULL, srnn_rnn_parameter_name(rnn, wrong[i]));
        ANSWER(0, srnn_rnn_parameter_rank(rnn, wrong[i]));
        ANSWER(NULL, srnn_rnn_parameter_shape(rnn, wrong[i]));
        ANSWER(NULL, srnn_rnn_parameter_data(rnn, wrong[i]));
    }
    for (int64_t i = 0; i < PARAMETERS; i++) {
        ANSWER(true, srnn_rnn_parameter_name(rnn, i) != NULL);
        ANSWER(i % 4 < 2 ? 2 : 1, srnn_rnn_parameter_rank(rnn, i));
        ANSWER(H, *srnn_rnn_parameter_shape(rnn, i));
        ANSWER(true, srnn_rnn_parameter_data(rnn, i) != NULL);
    }
    srnn_rnn_destroy(rnn);
}

/* Names that no parameter of the rnn has. */
static const char *const strangers[] = {
    "",
    "weight_ih",
    "weight_ih_l",
    "weight_ih_l2",
    "weight_ih_l-1",
    "weight_ih_l00",
    "weight_ih_l01",
    "weight_ih_l0 ",
    "weight_ih_l0_reverse_",
    "weight_ih_l0_forward",
    "weight_ih_l4294967296",
    "weight_ih_l18446744073709551616",
    "Weight_ih_l0",
    "rnn.weight_ih_l0",
};

enum { STRANGERS = sizeof strangers / sizeof *strangers };

static void test_misuse_rnn__find_parameter(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    ANSWER_OTHERS(other, "rnn", -1,
                  srnn_rnn_find_parameter(other, "weight_ih_l0"));
    ANSWER(-1, srnn_rnn_find_parameter(rnn, NULL));
    for (int i = 0; i < STRANGERS; i++)
        ANSWER(-1, srnn_rnn_find_parameter(rnn, strangers[i]));
    for (int64_t i = 0; i < PARAMETERS; i++) {
        const char *const name = srnn_rnn_parameter_name(rnn, i);
        ANSWER(i, srnn_rnn_find_parameter(rnn, name));
    }
    srnn_rnn_destroy(rnn);
}

static void test_misuse_rnn__copy_parameter(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    srnn_rnn *const plain = make_rnn(false);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_copy_parameter(NULL, rnn, "weight_ih_l0"));
    REFUSE_HANDLES(
        other, "rnn", "rnn",
        srnn_rnn_copy_parameter(&made.tensor, other, "weight_ih_l0"));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_rnn_copy_parameter(&made.tensor, rnn, NULL));
    for (int i = 0; i < STRANGERS; i++) {
        char says[128];
        (void)snprintf(says, sizeof says, "\"%s\"...16", strangers[i]);
        REFUSE(SRNN_ERROR_NOT_FOUND, says,
               srnn_rnn_copy_parameter(&made.tensor, rnn, strangers[i]));
    }
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"a\\x0ab\"",
           srnn_rnn_copy_parameter(&made.tensor, rnn, "a\nb"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"bias_ih_l0\"...8",
           srnn_rnn_copy_parameter(&made.tensor, plain, "bias_ih_l0"));
    ACCEPT(srnn_rnn_copy_parameter(&made.tensor, rnn, "bias_hh_l1_reverse"));
    srnn_tensor_destroy(made.tensor);
    srnn_rnn_destroy(plain);
    srnn_rnn_destroy(rnn);
}

/* The values of all parameters, as a number. */
static uint64_t hash_parameters(const srnn_rnn *rnn)
{
    uint64_t hash = LITTLE_ENDIAN_HASH;
    for (int64_t i = 0; i < PARAMETERS; i++) {
        size_t count = 1;
        for (int32_t axis = 0; axis < srnn_rnn_parameter_rank(rnn, i); axis++)
            count *= (size_t)srnn_rnn_parameter_shape(rnn, i)[axis];
        hash = little_endian_hash(hash, srnn_rnn_parameter_data(rnn, i),
                                  sizeof(float), count);
    }
    return hash;
}

static void test_misuse_rnn__set_parameter_names(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    srnn_tensor *const value = view(VALUE, F32, SHAPE(H, I));
    const uint64_t before = hash_parameters(rnn);
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_set_parameter(other, "weight_ih_l0", value));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_rnn_set_parameter(rnn, NULL, value));
    REFUSE_HANDLES(other, "tensor", "value",
                   srnn_rnn_set_parameter(rnn, "weight_ih_l0", other));
    for (int i = 0; i < STRANGERS; i++) {
        char says[128];
        (void)snprintf(says, sizeof says, "\"%s\"...16", strangers[i]);
        REFUSE(SRNN_ERROR_NOT_FOUND, says,
               srnn_rnn_set_parameter(rnn, strangers[i], value));
    }
    assert_true(hash_parameters(rnn) == before);
    ACCEPT(srnn_rnn_set_parameter(rnn, "weight_ih_l0", value));
    assert_true(hash_parameters(rnn) != before);
    srnn_rnn_destroy(rnn);
}

static void test_misuse_rnn__set_parameter_values(void **state)
{
    (void)state;
    static const char ih[] = "weight_ih_l1";
    static const char bias[] = "bias_hh_l0_reverse";
    const struct {
        const char *name;
        srnn_tensor *value;
        srnn_status status;
        const char *says;
    } rows[] = {
        {ih, view(VALUE, F64, SHAPE(H, COLUMNS)), SRNN_ERROR_DTYPE,
         "value is float64; the rnn is float32"},
        {ih, view(VALUE, I64, SHAPE(H, COLUMNS)), SRNN_ERROR_DTYPE,
         "value is int64; the rnn is float32"},
        {ih, view(VALUE, U8, SHAPE(H, COLUMNS)), SRNN_ERROR_DTYPE,
         "value is uint8; the rnn is float32"},
        {ih, view(VALUE, F32, SHAPE(H)), SRNN_ERROR_SHAPE,
         "value is [2]; weight_ih_l1 needs [hidden_size=2, "
         "num_directions*hidden_size=4]"},
        {ih, view(VALUE, F32, SHAPE(H, COLUMNS, 1)), SRNN_ERROR_SHAPE,
         "value is [2, 4, 1]; weight_ih_l1 needs [hidden_size=2"},
        {ih, view(VALUE, F32, SHAPE(1, COLUMNS)), SRNN_ERROR_SHAPE,
         "value is [1, 4]; weight_ih_l1...dimension 0 is 1, not 2"},
        {ih, view(VALUE, F32, SHAPE(H, 3)), SRNN_ERROR_SHAPE,
         "value is [2, 3]; weight_ih_l1...dimension 1 is 3, not 4"},
        {bias, view(VALUE, F64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "value is float64; the rnn is float32"},
        {bias, view(VALUE, I64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "value is int64; the rnn is float32"},
        {bias, view(VALUE, U8, SHAPE(H)), SRNN_ERROR_DTYPE,
         "value is uint8; the rnn is float32"},
        {bias, view(VALUE, F32, SHAPE(H, 1)), SRNN_ERROR_SHAPE,
         "value is [2, 1]; bias_hh_l0_reverse needs [hidden_size=2]"},
        {bias, view(VALUE, F32, SHAPE(3)), SRNN_ERROR_SHAPE,
         "value is [3]; bias_hh_l0_reverse...dimension 0 is 3, not 2"},
    };
    srnn_rnn *const rnn = make_rnn(true);
    const uint64_t before = hash_parameters(rnn);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_set_parameter(rnn, rows[i].name, rows[i].value));
    }
    assert_true(hash_parameters(rnn) == before);
    srnn_rnn_destroy(rnn);
}

/* All parameters of make_rnn(true). */
static void view_parameters(const srnn_rnn *rnn,
                            const srnn_tensor *values[PARAMETERS])
{
    for (int64_t i = 0; i < PARAMETERS; i++)
        values[i] = view(VALUE, F32, srnn_rnn_parameter_rank(rnn, i),
                         srnn_rnn_parameter_shape(rnn, i));
}

static void test_misuse_rnn__set_parameters(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    const uint64_t before = hash_parameters(rnn);
    const srnn_tensor *values[PARAMETERS];
    view_parameters(rnn, values);
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_set_parameters(other, values, PARAMETERS));
    REFUSE(SRNN_ERROR_INVALID, "values is NULL",
           srnn_rnn_set_parameters(rnn, NULL, PARAMETERS));
    static const int64_t counts[] = {-1, 0, 15, 17, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "count is %lld; a 2-layer bidirectional rnn with bias "
                       "has 16 parameters",
                       (long long)counts[i]);
        REFUSE(SRNN_ERROR_RANGE, says,
               srnn_rnn_set_parameters(rnn, values, counts[i]));
    }
    assert_true(hash_parameters(rnn) == before);
    ACCEPT(srnn_rnn_set_parameters(rnn, values, PARAMETERS));
    assert_true(hash_parameters(rnn) != before);
    srnn_rnn_destroy(rnn);
}

/* Only the last value is wrong, and none is written. */
static void test_misuse_rnn__set_parameters_values(void **state)
{
    (void)state;
    const struct {
        const srnn_tensor *value;
        srnn_status status;
        const char *says;
    } rows[] = {
        {NULL, SRNN_ERROR_INVALID, "values[15] is NULL"},
        {misuse_handle(1), SRNN_ERROR_INVALID,
         "values[15] is an srnn_config, expected an srnn_tensor"},
        {view(VALUE, F32, SHAPE(3)), SRNN_ERROR_SHAPE,
         "bias_hh_l1_reverse is [3]; a 2-layer bidirectional rnn needs "
         "[hidden_size=2]: dimension 0 is 3, not 2"},
        {view(VALUE, F32, SHAPE(H, 1)), SRNN_ERROR_SHAPE,
         "bias_hh_l1_reverse is [2, 1]...it has 2 dimensions, not 1"},
        {view(VALUE, F64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh_l1_reverse is float64; the rnn is float32"},
        {view(VALUE, I64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh_l1_reverse is int64; the rnn is float32"},
        {view(VALUE, U8, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh_l1_reverse is uint8; the rnn is float32"},
    };
    srnn_rnn *const rnn = make_rnn(true);
    const uint64_t before = hash_parameters(rnn);
    const srnn_tensor *values[PARAMETERS];
    view_parameters(rnn, values);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        values[PARAMETERS - 1] = rows[i].value;
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_set_parameters(rnn, values, PARAMETERS));
    }
    assert_true(hash_parameters(rnn) == before);
    srnn_rnn_destroy(rnn);
}

/* Of another parameter; its own memory is no harm. */
static void test_misuse_rnn__set_parameter_to_its_own(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    const uint64_t before = hash_parameters(rnn);
    const srnn_tensor *values[PARAMETERS];
    view_parameters(rnn, values);
    srnn_tensor *ih = NULL;
    srnn_tensor *hh = NULL;
    expect_success("bias_ih_l0",
                   srnn_tensor_wrap_const(&ih, srnn_rnn_parameter_data(rnn, 2),
                                          F32, SHAPE(H), NULL));
    expect_success("bias_hh_l0",
                   srnn_tensor_wrap_const(&hh, srnn_rnn_parameter_data(rnn, 3),
                                          F32, SHAPE(H), NULL));
    REFUSE(SRNN_ERROR_ALIAS,
           "the parameters of the rnn...overlaps the memory of value",
           srnn_rnn_set_parameter(rnn, "bias_ih_l0", hh));
    values[3] = ih;
    REFUSE(SRNN_ERROR_ALIAS,
           "the parameters of the rnn...overlaps the memory of bias_hh_l0",
           srnn_rnn_set_parameters(rnn, values, PARAMETERS));
    assert_true(hash_parameters(rnn) == before);
    ACCEPT(srnn_rnn_set_parameter(rnn, "bias_ih_l0", ih));
    assert_true(hash_parameters(rnn) == before);
    srnn_tensor_destroy(ih);
    srnn_tensor_destroy(hh);
    srnn_rnn_destroy(rnn);
}

enum { FLAT = H * (I + H + 2) * D + H * (COLUMNS + H + 2) * D };

static void test_misuse_rnn__flat(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    const uint64_t before = hash_parameters(rnn);
    srnn_tensor *const values = view(VALUE, F32, SHAPE(FLAT));
    const misuse_row rows[] = {
        {0, view(VALUE, F64, SHAPE(FLAT)), SRNN_ERROR_DTYPE,
         "values is float64; the rnn is float32"},
        {0, view(VALUE, U8, SHAPE(FLAT)), SRNN_ERROR_DTYPE,
         "values is uint8; the rnn is float32"},
        {0, view(VALUE, F32, SHAPE(FLAT, 1)), SRNN_ERROR_SHAPE,
         "values is [64, 1]; a 2-layer bidirectional rnn needs "
         "[flat_size=64]: it has 2 dimensions, not 1"},
        {0, view(VALUE, F32, SHAPE(FLAT - 1)), SRNN_ERROR_SHAPE,
         "values is [63]...dimension 0 is 63, not 64"},
        {0, view(VALUE, F32, SHAPE(0)), SRNN_ERROR_SHAPE, "values is [0]"},
    };
    ANSWER_OTHERS(other, "rnn", 0, srnn_rnn_flat_size(other));
    ANSWER(FLAT, srnn_rnn_flat_size(rnn));
    REFUSE_HANDLES(other, "rnn", "rnn", srnn_rnn_get_flat(other, values));
    REFUSE_HANDLES(other, "rnn", "rnn", srnn_rnn_set_flat(other, values));
    REFUSE_HANDLES(other, "tensor", "values", srnn_rnn_get_flat(rnn, other));
    REFUSE_HANDLES(other, "tensor", "values", srnn_rnn_set_flat(rnn, other));
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_get_flat(rnn, rows[i].tensor));
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_set_flat(rnn, rows[i].tensor));
    }
    REFUSE(SRNN_ERROR_STATE, "values is a read-only tensor",
           srnn_rnn_get_flat(rnn, view_const(VALUE, F32, SHAPE(FLAT))));
    assert_true(hash_parameters(rnn) == before);
    ACCEPT(srnn_rnn_set_flat(rnn, view_const(VALUE, F32, SHAPE(FLAT))));
    assert_true(hash_parameters(rnn) != before);
    ACCEPT(srnn_rnn_get_flat(rnn, values));
    srnn_rnn_destroy(rnn);
}

/* A program that writes to what srnn_rnn_parameter_data gives it. */
static void test_misuse_rnn__flat_of_its_own(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    const uint64_t before = hash_parameters(rnn);
    float *const data = (float *)srnn_rnn_parameter_data(rnn, 0);
    srnn_tensor *own = NULL;
    srnn_tensor *shifted = NULL;
    expect_success("own", srnn_tensor_wrap(&own, data, F32, SHAPE(FLAT), NULL));
    expect_success("shifted", srnn_tensor_wrap(&shifted, data + FLAT - 1, F32,
                                               SHAPE(FLAT), NULL));
    REFUSE(SRNN_ERROR_ALIAS, "values at 0x...the parameters of the rnn at 0x",
           srnn_rnn_get_flat(rnn, own));
    REFUSE(SRNN_ERROR_ALIAS, "values at 0x...the parameters of the rnn at 0x",
           srnn_rnn_get_flat(rnn, shifted));
    REFUSE(SRNN_ERROR_ALIAS, "the parameters of the rnn at 0x...values at 0x",
           srnn_rnn_set_flat(rnn, shifted));
    ACCEPT(srnn_rnn_set_flat(rnn, own));
    assert_true(hash_parameters(rnn) == before);
    srnn_tensor_destroy(own);
    srnn_tensor_destroy(shifted);
    srnn_rnn_destroy(rnn);
}

/* A writer of the rnn, while it has so many cell views. */
static void refuse_while_viewed(srnn_rnn *rnn, int views)
{
    const srnn_tensor *values[PARAMETERS];
    char says[128];
    const uint64_t before = hash_parameters(rnn);
    view_parameters(rnn, values);
    (void)snprintf(says, sizeof says,
                   "parameters cannot be written while the rnn has %d cell "
                   "view%s",
                   views, views == 1 ? "" : "s");
    REFUSE(SRNN_ERROR_IN_USE, says,
           srnn_rnn_set_parameter(rnn, "weight_ih_l0", values[0]));
    REFUSE(SRNN_ERROR_IN_USE, says,
           srnn_rnn_set_parameters(rnn, values, PARAMETERS));
    REFUSE(SRNN_ERROR_IN_USE, says,
           srnn_rnn_set_flat(rnn, view(VALUE, F32, SHAPE(FLAT))));
    assert_true(hash_parameters(rnn) == before);
}

/* Contexts and streams are no obstacle while they rest. */
static void test_misuse_rnn__set_parameter_while_viewed(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    srnn_context *context = NULL;
    srnn_stream *stream = NULL;
    srnn_cell *first = NULL;
    srnn_cell *second = NULL;
    srnn_tensor *const value = view(VALUE, F32, SHAPE(H, I));
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("stream", srnn_stream_create(&stream, context, 3));
    ACCEPT(srnn_rnn_set_parameter(rnn, "weight_ih_l0", value));
    expect_success(
        "cell", srnn_cell_create_view(&first, rnn, 1, SRNN_DIRECTION_REVERSE));
    refuse_while_viewed(rnn, 1);
    expect_success(
        "cell", srnn_cell_create_view(&second, rnn, 0, SRNN_DIRECTION_FORWARD));
    refuse_while_viewed(rnn, 2);
    srnn_cell_destroy(first);
    refuse_while_viewed(rnn, 1);
    srnn_cell_destroy(second);
    ACCEPT(srnn_rnn_set_parameter(rnn, "weight_ih_l0", value));
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

static void test_misuse_rnn__shape(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    int64_t *const sizes = (int64_t *)(void *)(misuse_memory + SHAPES);
    const srnn_role input = SRNN_ROLE_INPUT;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_shape(NULL, rnn, input, 3, 2));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_shape(sizes, other, input, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "role is 0, expected an SRNN_ROLE_",
           srnn_rnn_shape(sizes, rnn, 0, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "role is 1304, expected an SRNN_ROLE_",
           srnn_rnn_shape(sizes, rnn, 1304, 3, 2));
    REFUSE(SRNN_ERROR_RANGE, "steps is -1, expected at least 0",
           srnn_rnn_shape(sizes, rnn, input, -1, 2));
    REFUSE(SRNN_ERROR_RANGE,
           "steps is -9223372036854775808, expected at least 0",
           srnn_rnn_shape(sizes, rnn, input, INT64_MIN, 2));
    REFUSE(SRNN_ERROR_RANGE, "batch is -1, expected at least 0",
           srnn_rnn_shape(sizes, rnn, input, 3, -1));
    ACCEPT(srnn_rnn_shape(sizes, rnn, input, 0, INT64_MAX));
    ACCEPT(srnn_rnn_shape(sizes, rnn, SRNN_ROLE_HIDDEN, INT64_MAX, 0));
    srnn_rnn_destroy(rnn);
}

static void test_misuse_rnn__describe(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    char *const text = (char *)misuse_memory + TEXT;
    const size_t room = MISUSE_MEMORY - TEXT;
    size_t *const length = (size_t *)(void *)(misuse_memory + NUMBER);
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_describe(text, room, length, other, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "text is NULL, but capacity is 1",
           srnn_rnn_describe(NULL, 1, length, rnn, 3, 2));
    REFUSE(SRNN_ERROR_RANGE, "steps is -1, expected at least 0",
           srnn_rnn_describe(text, room, length, rnn, -1, 2));
    REFUSE(SRNN_ERROR_RANGE, "batch is -1, expected at least 0",
           srnn_rnn_describe(text, room, length, rnn, 3, -1));
    ACCEPT(srnn_rnn_describe(NULL, 0, NULL, rnn, 3, 2));
    ACCEPT(srnn_rnn_describe(text, room, NULL, rnn, INT64_MAX, INT64_MAX));
    srnn_rnn_destroy(rnn);
}

static void test_misuse_rnn__describe_short(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(true);
    char *const text = (char *)misuse_memory + TEXT;
    size_t whole = 0;
    ACCEPT(srnn_rnn_describe(NULL, 0, &whole, rnn, 3, 2));
    assert_in_range(whole, 500, 5000);
    const size_t capacities[] = {0, 1, whole - 1, whole};
    for (int i = 0; i < 4; i++) {
        char says[128];
        size_t length = 0;
        (void)snprintf(says, sizeof says,
                       "capacity is %zu, but the table needs %zu",
                       capacities[i], whole + 1);
        REFUSE(SRNN_ERROR_BUFFER, says,
               srnn_rnn_describe(text, capacities[i], &length, rnn, 3, 2));
        assert_int_equal(length, whole);
        REFUSE(SRNN_ERROR_BUFFER, says,
               srnn_rnn_describe(text, capacities[i], NULL, rnn, 3, 2));
    }
    const unsigned char behind = misuse_memory[TEXT + whole + 1];
    ACCEPT(srnn_rnn_describe(text, whole + 1, NULL, rnn, 3, 2));
    assert_int_equal(strlen(text), whole);
    assert_int_equal(misuse_memory[TEXT + whole + 1], behind);
    srnn_rnn_destroy(rnn);
}

static void test_misuse_rnn__rules_are_all_here(void **state)
{
    static const char *const elsewhere[] = {"srnn_rnn_create_from_weights",
                                            "srnn_rnn_initialise",
                                            "srnn_rnn_save", NULL};
    (void)state;
    misuse_covers("rnn.h", elsewhere);
    misuse_covers_statuses("srnn_rnn_", elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_rnn__create),
        cmocka_unit_test(test_misuse_rnn__create_insists),
        cmocka_unit_test(test_misuse_rnn__create_overflow),
        cmocka_unit_test(test_misuse_rnn__create_from_tensors),
        cmocka_unit_test(test_misuse_rnn__create_from_tensors_values),
        cmocka_unit_test(test_misuse_rnn__create_from_tensors_insists),
        cmocka_unit_test(test_misuse_rnn__create_from_tensors_overflow),
        cmocka_unit_test(test_misuse_rnn__clone),
        cmocka_unit_test(test_misuse_rnn__get_option),
        cmocka_unit_test(test_misuse_rnn__origin),
        cmocka_unit_test(test_misuse_rnn__origin_of_each_option),
        cmocka_unit_test(test_misuse_rnn__parameters_by_index),
        cmocka_unit_test(test_misuse_rnn__find_parameter),
        cmocka_unit_test(test_misuse_rnn__copy_parameter),
        cmocka_unit_test(test_misuse_rnn__set_parameter_names),
        cmocka_unit_test(test_misuse_rnn__set_parameter_values),
        cmocka_unit_test(test_misuse_rnn__set_parameters),
        cmocka_unit_test(test_misuse_rnn__set_parameters_values),
        cmocka_unit_test(test_misuse_rnn__set_parameter_to_its_own),
        cmocka_unit_test(test_misuse_rnn__flat),
        cmocka_unit_test(test_misuse_rnn__flat_of_its_own),
        cmocka_unit_test(test_misuse_rnn__set_parameter_while_viewed),
        cmocka_unit_test(test_misuse_rnn__shape),
        cmocka_unit_test(test_misuse_rnn__describe),
        cmocka_unit_test(test_misuse_rnn__describe_short),
        cmocka_unit_test(test_misuse_rnn__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
