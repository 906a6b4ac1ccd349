/* SPDX-License-Identifier: MIT */
/* The rules of rnn.h; srnn_rnn_create_from_weights is in
 * test_misuse_weights.c. The rnn of the rows has I=4, H=2, L=2, D=2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/temporary.h"

/* Where things lie, in bytes of misuse_memory. */
enum { VALUE = 1024, SHAPES = 2048, NUMBER = 3072, TEXT = 4096 };

enum { I = 4, H = 2, L = 2, D = 2, COLUMNS = D * H, PARAMETERS = 4 * L * D };

typedef struct {
    srnn_option option;
    int64_t value;
} setting;

/* A config with up to 6 options, the rest defaults. */
static srnn_config *make_config(const setting settings[6])
{
    srnn_config *config = NULL;
    expect_success("config", srnn_config_create(&config));
    for (int i = 0; i < 6 && settings[i].option != 0; i++)
        expect_success("option", srnn_config_set_int(config, settings[i].option,
                                                     settings[i].value));
    return config;
}

#define CONFIG(...) make_config((const setting[6]){__VA_ARGS__})

static srnn_rnn *make_rnn(int64_t bias)
{
    srnn_rnn *rnn = NULL;
    srnn_config *const config =
        CONFIG({SRNN_OPTION_INPUT_SIZE, I}, {SRNN_OPTION_HIDDEN_SIZE, H},
               {SRNN_OPTION_NUM_LAYERS, L}, {SRNN_OPTION_BIDIRECTIONAL, D - 1},
               {SRNN_OPTION_BIAS, bias});
    expect_success("rnn", srnn_rnn_create(&rnn, config, 1));
    srnn_config_destroy(config);
    return rnn;
}

static void refuse_config(srnn_config *config, srnn_status status,
                          const char *says)
{
    REFUSE(status, says, srnn_rnn_create(&made.rnn, config, 1));
    srnn_config_destroy(config);
}

static void test_misuse__rnn_create(void **state)
{
    (void)state;
    srnn_config *const config =
        CONFIG({SRNN_OPTION_INPUT_SIZE, 1}, {SRNN_OPTION_HIDDEN_SIZE, 1});
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_rnn_create(NULL, config, 1));
    srnn_config_destroy(config);
    REFUSE_HANDLES("config", "config", srnn_rnn_create(&made.rnn, other, 1));
    refuse_config(CONFIG({SRNN_OPTION_HIDDEN_SIZE, 1}), SRNN_ERROR_INVALID,
                  "input_size...option 1");
    refuse_config(CONFIG({SRNN_OPTION_INPUT_SIZE, 1}), SRNN_ERROR_INVALID,
                  "hidden_size...option 2");
    NOTHING(srnn_rnn_destroy(NULL));
}

/* The weights of the largest H, as given and packed, have nearly 2^63 bytes in
 * float32; with a little less they fit, with an input of 2 they do not. */
static void test_misuse__rnn_create_overflow(void **state)
{
    (void)state;
    const setting largest = {SRNN_OPTION_HIDDEN_SIZE, SRNN_MAX_SIZE};
    const setting no_bias = {SRNN_OPTION_BIAS, 0};
    const setting one = {SRNN_OPTION_INPUT_SIZE, 1};
    const setting f64 = {SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT64};
    refuse_config(
        CONFIG({SRNN_OPTION_HIDDEN_SIZE, SRNN_MAX_SIZE - 1}, no_bias, one),
        SRNN_ERROR_NO_MEMORY, "bytes");
    refuse_config(CONFIG(largest, no_bias, {SRNN_OPTION_INPUT_SIZE, 2}),
                  SRNN_ERROR_OVERFLOW, "parameters");
    refuse_config(CONFIG(largest, one), SRNN_ERROR_OVERFLOW, "parameters");
    refuse_config(CONFIG(largest, f64, {SRNN_OPTION_INPUT_SIZE, SRNN_MAX_SIZE},
                         {SRNN_OPTION_NUM_LAYERS, SRNN_MAX_LAYERS}),
                  SRNN_ERROR_OVERFLOW, "parameters");
}

static void test_misuse__rnn_get_option(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    int64_t *const value = (int64_t *)(void *)(misuse_memory + NUMBER);
    double *const real = (double *)(void *)(misuse_memory + NUMBER);
    const srnn_option bias = SRNN_OPTION_BIAS;
    const srnn_option dropout = SRNN_OPTION_DROPOUT;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_get_int(NULL, rnn, bias));
    REFUSE_HANDLES("rnn", "rnn", srnn_rnn_get_int(value, other, bias));
    REFUSE(SRNN_ERROR_INVALID, "option 0...1 to 9",
           srnn_rnn_get_int(value, rnn, 0));
    REFUSE(SRNN_ERROR_INVALID, "option -1...1 to 9",
           srnn_rnn_get_int(value, rnn, -1));
    REFUSE(SRNN_ERROR_INVALID, "option 10...1 to 9",
           srnn_rnn_get_int(value, rnn, 10));
    REFUSE(SRNN_ERROR_INVALID, "option 9 (dropout) is real",
           srnn_rnn_get_int(value, rnn, dropout));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_get_real(NULL, rnn, dropout));
    REFUSE_HANDLES("rnn", "rnn", srnn_rnn_get_real(real, other, dropout));
    for (srnn_option option = -1; option <= 10; option++)
        if (option != dropout)
            REFUSE(SRNN_ERROR_INVALID, "is not real...9 (dropout)",
                   srnn_rnn_get_real(real, rnn, option));
    ACCEPT(srnn_rnn_get_int(value, rnn, bias));
    ACCEPT(srnn_rnn_get_real(real, rnn, dropout));
    srnn_rnn_destroy(rnn);
}

static void test_misuse__rnn_parameter_names(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    ANSWER_OTHERS("rnn", 0, srnn_rnn_parameter_count(other));
    ANSWER_OTHERS("rnn", NULL, srnn_rnn_parameter_name(other, 0));
    ANSWER(NULL, srnn_rnn_parameter_name(rnn, -1));
    ANSWER(NULL, srnn_rnn_parameter_name(rnn, PARAMETERS));
    ANSWER(NULL, srnn_rnn_parameter_name(rnn, INT64_MAX));
    ANSWER(NULL, srnn_rnn_parameter_name(rnn, INT64_MIN));
    ANSWER(true, srnn_rnn_parameter_name(rnn, 0) != NULL);
    ANSWER(true, srnn_rnn_parameter_name(rnn, PARAMETERS - 1) != NULL);
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

static void test_misuse__rnn_get_parameter(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    srnn_rnn *const plain = make_rnn(0);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_get_parameter(NULL, rnn, "weight_ih_l0"));
    REFUSE_HANDLES("rnn", "rnn",
                   srnn_rnn_get_parameter(&made.tensor, other, "weight_ih_l0"));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_rnn_get_parameter(&made.tensor, rnn, NULL));
    for (int i = 0; i < STRANGERS; i++) {
        char says[128];
        (void)snprintf(says, sizeof says, "\"%s\"...16", strangers[i]);
        REFUSE(SRNN_ERROR_NOT_FOUND, says,
               srnn_rnn_get_parameter(&made.tensor, rnn, strangers[i]));
    }
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"a\\x0ab\"",
           srnn_rnn_get_parameter(&made.tensor, rnn, "a\nb"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"bias_ih_l0\"...8",
           srnn_rnn_get_parameter(&made.tensor, plain, "bias_ih_l0"));
    ACCEPT(srnn_rnn_get_parameter(&made.tensor, rnn, "bias_hh_l1_reverse"));
    srnn_tensor_destroy(made.tensor);
    srnn_rnn_destroy(plain);
    srnn_rnn_destroy(rnn);
}

static void test_misuse__rnn_get_parameter_at(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_get_parameter_at(NULL, rnn, 0));
    REFUSE_HANDLES("rnn", "rnn",
                   srnn_rnn_get_parameter_at(&made.tensor, other, 0));
    REFUSE(SRNN_ERROR_NOT_FOUND, "parameter -1...0 to 15",
           srnn_rnn_get_parameter_at(&made.tensor, rnn, -1));
    REFUSE(SRNN_ERROR_NOT_FOUND, "parameter 16...0 to 15",
           srnn_rnn_get_parameter_at(&made.tensor, rnn, PARAMETERS));
    REFUSE(SRNN_ERROR_NOT_FOUND, "parameter -9223372036854775808...0 to 15",
           srnn_rnn_get_parameter_at(&made.tensor, rnn, INT64_MIN));
    ACCEPT(srnn_rnn_get_parameter_at(&made.tensor, rnn, PARAMETERS - 1));
    srnn_tensor_destroy(made.tensor);
    srnn_rnn_destroy(rnn);
}

/* The values of all parameters, as a number. */
static uint64_t hash_parameters(const srnn_rnn *rnn)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (int64_t i = 0; i < PARAMETERS; i++) {
        srnn_tensor *tensor = NULL;
        expect_success("parameter", srnn_rnn_get_parameter_at(&tensor, rnn, i));
        const unsigned char *const bytes = srnn_tensor_data(tensor);
        const size_t size = (size_t)srnn_tensor_size(tensor) * sizeof(float);
        for (size_t k = 0; k < size; k++)
            hash = (hash ^ bytes[k]) * 1099511628211u;
        srnn_tensor_destroy(tensor);
    }
    return hash;
}

static void test_misuse__rnn_set_parameter_names(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    srnn_tensor *const value = view(VALUE, F32, SHAPE(H, I));
    const uint64_t before = hash_parameters(rnn);
    REFUSE_HANDLES("rnn", "rnn",
                   srnn_rnn_set_parameter(other, "weight_ih_l0", value));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_rnn_set_parameter(rnn, NULL, value));
    REFUSE_HANDLES("tensor", "value",
                   srnn_rnn_set_parameter(rnn, "weight_ih_l0", other));
    for (int i = 0; i < STRANGERS; i++) {
        char says[128];
        (void)snprintf(says, sizeof says, "\"%s\"...16", strangers[i]);
        REFUSE(SRNN_ERROR_NOT_FOUND, says,
               srnn_rnn_set_parameter(rnn, strangers[i], value));
    }
    REFUSE_HANDLES("rnn", "rnn", srnn_rnn_set_parameter_at(other, 0, value));
    REFUSE_HANDLES("tensor", "value", srnn_rnn_set_parameter_at(rnn, 0, other));
    REFUSE(SRNN_ERROR_NOT_FOUND, "parameter -1...0 to 15",
           srnn_rnn_set_parameter_at(rnn, -1, value));
    REFUSE(SRNN_ERROR_NOT_FOUND, "parameter 16...0 to 15",
           srnn_rnn_set_parameter_at(rnn, PARAMETERS, value));
    assert_true(hash_parameters(rnn) == before);
    ACCEPT(srnn_rnn_set_parameter(rnn, "weight_ih_l0", value));
    assert_true(hash_parameters(rnn) != before);
    srnn_rnn_destroy(rnn);
}

static void test_misuse__rnn_set_parameter_values(void **state)
{
    (void)state;
    static const char ih[] = "weight_ih_l1";
    static const char bias[] = "bias_hh_l0_reverse"; /* number 7 */
    const struct {
        const char *name;
        int64_t index;
        srnn_tensor *value;
        srnn_status status;
        const char *says;
    } rows[] = {
        {ih, 8, view(VALUE, F64, SHAPE(H, COLUMNS)), SRNN_ERROR_DTYPE,
         "value is float64; the rnn is float32"},
        {ih, 8, view(VALUE, I64, SHAPE(H, COLUMNS)), SRNN_ERROR_DTYPE,
         "value is int64; the rnn is float32"},
        {ih, 8, view(VALUE, U8, SHAPE(H, COLUMNS)), SRNN_ERROR_DTYPE,
         "value is uint8; the rnn is float32"},
        {ih, 8, view(VALUE, F32, SHAPE(H)), SRNN_ERROR_SHAPE,
         "value is [2]; weight_ih_l1 needs [hidden_size=2, "
         "num_directions*hidden_size=4]"},
        {ih, 8, view(VALUE, F32, SHAPE(H, COLUMNS, 1)), SRNN_ERROR_SHAPE,
         "value is [2, 4, 1]; weight_ih_l1 needs [hidden_size=2"},
        {ih, 8, view(VALUE, F32, SHAPE(1, COLUMNS)), SRNN_ERROR_SHAPE,
         "value is [1, 4]; weight_ih_l1...dimension 0 is 1, not 2"},
        {ih, 8, view(VALUE, F32, SHAPE(H, 3)), SRNN_ERROR_SHAPE,
         "value is [2, 3]; weight_ih_l1...dimension 1 is 3, not 4"},
        {bias, 7, view(VALUE, F64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "value is float64; the rnn is float32"},
        {bias, 7, view(VALUE, I64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "value is int64; the rnn is float32"},
        {bias, 7, view(VALUE, U8, SHAPE(H)), SRNN_ERROR_DTYPE,
         "value is uint8; the rnn is float32"},
        {bias, 7, view(VALUE, F32, SHAPE(H, 1)), SRNN_ERROR_SHAPE,
         "value is [2, 1]; bias_hh_l0_reverse needs [hidden_size=2]"},
        {bias, 7, view(VALUE, F32, SHAPE(3)), SRNN_ERROR_SHAPE,
         "value is [3]; bias_hh_l0_reverse...dimension 0 is 3, not 2"},
    };
    srnn_rnn *const rnn = make_rnn(1);
    const uint64_t before = hash_parameters(rnn);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_set_parameter(rnn, rows[i].name, rows[i].value));
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_set_parameter_at(rnn, rows[i].index, rows[i].value));
    }
    assert_true(hash_parameters(rnn) == before);
    srnn_rnn_destroy(rnn);
}

static void refuse_while_used(srnn_rnn *rnn, const char *says)
{
    srnn_tensor *const value = view(VALUE, F32, SHAPE(H, I));
    const uint64_t before = hash_parameters(rnn);
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_rnn_set_parameter(rnn, "weight_ih_l0", value));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_rnn_set_parameter_at(rnn, 0, value));
    assert_true(hash_parameters(rnn) == before);
}

static void test_misuse__rnn_set_parameter_while_used(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    srnn_context *context = NULL;
    srnn_cell *cell = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    refuse_while_used(rnn, "rnn has 1 ");
    expect_success("cell", srnn_cell_create_view(&cell, rnn, 1, 1));
    refuse_while_used(rnn, "rnn has 2 ");
    srnn_context_destroy(context);
    refuse_while_used(rnn, "rnn has 1 ");
    srnn_cell_destroy(cell);
    ACCEPT(srnn_rnn_set_parameter_at(rnn, 0, view(VALUE, F32, SHAPE(H, I))));
    srnn_rnn_destroy(rnn);
}

static void test_misuse__rnn_shape(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    int64_t *const sizes = (int64_t *)(void *)(misuse_memory + SHAPES);
    const srnn_role input = SRNN_ROLE_INPUT;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_shape(NULL, rnn, input, 3, 2));
    REFUSE_HANDLES("rnn", "rnn", srnn_rnn_shape(sizes, other, input, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "role is 0, expected 1 to 3",
           srnn_rnn_shape(sizes, rnn, 0, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "role is 4, expected 1 to 3",
           srnn_rnn_shape(sizes, rnn, 4, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "T is -1, expected 0",
           srnn_rnn_shape(sizes, rnn, input, -1, 2));
    REFUSE(SRNN_ERROR_INVALID, "T is -9223372036854775808, expected 0",
           srnn_rnn_shape(sizes, rnn, input, INT64_MIN, 2));
    REFUSE(SRNN_ERROR_INVALID, "B is -1, expected 0",
           srnn_rnn_shape(sizes, rnn, input, 3, -1));
    ACCEPT(srnn_rnn_shape(sizes, rnn, input, 0, INT64_MAX));
    ACCEPT(srnn_rnn_shape(sizes, rnn, SRNN_ROLE_HIDDEN, INT64_MAX, 0));
    srnn_rnn_destroy(rnn);
}

static void test_misuse__rnn_describe(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    char *const text = (char *)misuse_memory + TEXT;
    const size_t room = MISUSE_MEMORY - TEXT;
    size_t *const length = (size_t *)(void *)(misuse_memory + NUMBER);
    REFUSE_HANDLES("rnn", "rnn",
                   srnn_rnn_describe(text, room, length, other, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "text is NULL...1",
           srnn_rnn_describe(NULL, 1, length, rnn, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "T is -1, expected 0",
           srnn_rnn_describe(text, room, length, rnn, -1, 2));
    REFUSE(SRNN_ERROR_INVALID, "B is -1, expected 0",
           srnn_rnn_describe(text, room, length, rnn, 3, -1));
    ACCEPT(srnn_rnn_describe(NULL, 0, NULL, rnn, 3, 2));
    ACCEPT(srnn_rnn_describe(text, room, NULL, rnn, INT64_MAX, INT64_MAX));
    srnn_rnn_destroy(rnn);
}

static void test_misuse__rnn_describe_short(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    char *const text = (char *)misuse_memory + TEXT;
    size_t whole = 0;
    ACCEPT(srnn_rnn_describe(NULL, 0, &whole, rnn, 3, 2));
    assert_in_range(whole, 500, 5000);
    const size_t capacities[] = {0, 1, whole - 1, whole};
    for (int i = 0; i < 4; i++) {
        char says[128];
        size_t length = 0;
        (void)snprintf(says, sizeof says, "capacity is %zu...%zu",
                       capacities[i], whole + 1);
        REFUSE(SRNN_ERROR_OVERFLOW, says,
               srnn_rnn_describe(text, capacities[i], &length, rnn, 3, 2));
        assert_int_equal(length, whole);
        REFUSE(SRNN_ERROR_OVERFLOW, says,
               srnn_rnn_describe(text, capacities[i], NULL, rnn, 3, 2));
    }
    const unsigned char behind = misuse_memory[TEXT + whole + 1];
    ACCEPT(srnn_rnn_describe(text, whole + 1, NULL, rnn, 3, 2));
    assert_int_equal(strlen(text), whole);
    assert_int_equal(misuse_memory[TEXT + whole + 1], behind);
    srnn_rnn_destroy(rnn);
}

static int64_t answer(void *user, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return *(const int64_t *)user;
}

static const char *const no_utf8[] = {
    "\xff",     "a\x80",        "\xc3",         "\xc0\x80",
    "\xe2\x82", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
};

enum { NO_UTF8 = sizeof no_utf8 / sizeof *no_utf8 };

/* More about paths is in test_weights_save_path.c. */
static void test_misuse__rnn_save(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    char path[512];
    (void)strcpy(path, temporary_path("file"));
    REFUSE_HANDLES("rnn", "rnn", srnn_rnn_save(other, path, "rnn."));
    REFUSE(SRNN_ERROR_INVALID, "path is NULL", srnn_rnn_save(rnn, NULL, NULL));
    REFUSE(SRNN_ERROR_INVALID, "path is empty", srnn_rnn_save(rnn, "", NULL));
    for (size_t i = 0; i < NO_UTF8; i++)
        REFUSE(SRNN_ERROR_INVALID, "prefix \"...\" is not valid UTF-8",
               srnn_rnn_save(rnn, path, no_utf8[i]));
    REFUSE(SRNN_ERROR_IO, "/\"...directory",
           srnn_rnn_save(rnn, temporary_path(""), NULL));
    assert_int_equal(mkfifo(temporary_path("fifo"), 0600), 0);
    REFUSE(SRNN_ERROR_IO, "fifo\"...not a regular file",
           srnn_rnn_save(rnn, temporary_path("fifo"), NULL));
    REFUSE(SRNN_ERROR_IO, "\"/no/such\"...folder: No such file",
           srnn_rnn_save(rnn, "/no/such", NULL));
    assert_int_equal(access(path, F_OK), -1);
    ACCEPT(srnn_rnn_save(rnn, path, NULL));
    srnn_rnn_destroy(rnn);
}

/* What becomes of the bytes is in test_weights_save.c. */
static void test_misuse__rnn_save_callback(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1);
    int64_t given = -5;
    REFUSE_HANDLES("rnn", "rnn",
                   srnn_rnn_save_callback(other, answer, &given, "rnn."));
    REFUSE(SRNN_ERROR_INVALID, "write is NULL",
           srnn_rnn_save_callback(rnn, NULL, &given, "rnn."));
    for (size_t i = 0; i < NO_UTF8; i++)
        REFUSE(SRNN_ERROR_INVALID, "prefix \"...\" is not valid UTF-8",
               srnn_rnn_save_callback(rnn, answer, &given, no_utf8[i]));
    REFUSE(SRNN_ERROR_IO, "write callback returned -5...failed",
           srnn_rnn_save_callback(rnn, answer, &given, "rnn."));
    given = 8;
    REFUSE(SRNN_ERROR_IO, "write callback returned 8...must take all",
           srnn_rnn_save_callback(rnn, answer, &given, NULL));
    srnn_rnn_destroy(rnn);
}

static void test_misuse__rnn_rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("rnn.h", "srnn_rnn_create_from_weights");
}

static int setup(void **state)
{
    return temporary_create(state) | misuse_setup(state);
}

static int teardown(void **state)
{
    return misuse_teardown(state) | temporary_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse__rnn_create),
        cmocka_unit_test(test_misuse__rnn_create_overflow),
        cmocka_unit_test(test_misuse__rnn_get_option),
        cmocka_unit_test(test_misuse__rnn_parameter_names),
        cmocka_unit_test(test_misuse__rnn_get_parameter),
        cmocka_unit_test(test_misuse__rnn_get_parameter_at),
        cmocka_unit_test(test_misuse__rnn_set_parameter_names),
        cmocka_unit_test(test_misuse__rnn_set_parameter_values),
        cmocka_unit_test(test_misuse__rnn_set_parameter_while_used),
        cmocka_unit_test(test_misuse__rnn_shape),
        cmocka_unit_test(test_misuse__rnn_describe),
        cmocka_unit_test(test_misuse__rnn_describe_short),
        cmocka_unit_test(test_misuse__rnn_save),
        cmocka_unit_test(test_misuse__rnn_save_callback),
        cmocka_unit_test(test_misuse__rnn_rules_are_all_here),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, setup, teardown));
}
