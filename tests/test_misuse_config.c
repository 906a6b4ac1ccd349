/* SPDX-License-Identifier: MIT */
/* The rules of config.h, on both sides of each limit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"

static srnn_config *make_config(void)
{
    srnn_config *config = NULL;
    expect_success("config", srnn_config_create(&config));
    return config;
}

static void test_misuse__config_create(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_config_create(NULL));
    NOTHING(srnn_config_destroy(NULL));
    ACCEPT(srnn_config_create(&made.config));
    srnn_config_destroy(made.config);
}

static const struct {
    srnn_option option;
    const char *name;
    int64_t minimum, maximum;
} integers[] = {
    {SRNN_OPTION_INPUT_SIZE, "input_size", 1, 1073741823},
    {SRNN_OPTION_HIDDEN_SIZE, "hidden_size", 1, 1073741823},
    {SRNN_OPTION_NUM_LAYERS, "num_layers", 1, 65535},
    {SRNN_OPTION_BIDIRECTIONAL, "bidirectional", 0, 1},
    {SRNN_OPTION_NONLINEARITY, "nonlinearity", 1, 2},
    {SRNN_OPTION_BIAS, "bias", 0, 1},
    {SRNN_OPTION_BATCH_FIRST, "batch_first", 0, 1},
};

enum { INTEGERS = sizeof integers / sizeof *integers };

static void test_misuse__config_set_int_value(void **state)
{
    (void)state;
    srnn_config *const config = make_config();
    for (int i = 0; i < INTEGERS; i++) {
        const srnn_option option = integers[i].option;
        const int64_t minimum = integers[i].minimum;
        const int64_t maximum = integers[i].maximum;
        const int64_t wrong[] = {minimum - 1, maximum + 1, -1, INT64_MIN,
                                 INT64_MAX};
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            char says[128];
            (void)snprintf(says, sizeof says,
                           "%s is %lld, expected %lld to "
                           "%lld",
                           integers[i].name, (long long)wrong[k],
                           (long long)minimum, (long long)maximum);
            REFUSE(SRNN_ERROR_INVALID, says,
                   srnn_config_set_int(config, option, wrong[k]));
        }
        ACCEPT(srnn_config_set_int(config, option, minimum));
        ACCEPT(srnn_config_set_int(config, option, maximum));
    }
    srnn_config_destroy(config);
}

static void test_misuse__config_set_int_dtype(void **state)
{
    (void)state;
    static const int64_t unknown[] = {
        0, 1, 1000, 1005, INT64_MIN, INT64_MAX, (INT64_C(1) << 32) + F32};
    srnn_config *const config = make_config();
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        REFUSE(SRNN_ERROR_INVALID,
               "is unknown...SRNN_DTYPE_FLOAT32...SRNN_DTYPE_UINT8",
               srnn_config_set_int(config, SRNN_OPTION_DTYPE, unknown[i]));
    REFUSE(SRNN_ERROR_DTYPE,
           "dtype is int64; an rnn computes in float32 or float64",
           srnn_config_set_int(config, SRNN_OPTION_DTYPE, I64));
    REFUSE(SRNN_ERROR_DTYPE,
           "dtype is uint8; an rnn computes in float32 or float64",
           srnn_config_set_int(config, SRNN_OPTION_DTYPE, U8));
    ACCEPT(srnn_config_set_int(config, SRNN_OPTION_DTYPE, F32));
    ACCEPT(srnn_config_set_int(config, SRNN_OPTION_DTYPE, F64));
    srnn_config_destroy(config);
}

static void test_misuse__config_set_int_option(void **state)
{
    (void)state;
    srnn_config *const config = make_config();
    REFUSE_HANDLES("config", "config",
                   srnn_config_set_int(other, SRNN_OPTION_BIAS, 1));
    REFUSE(SRNN_ERROR_INVALID, "option 0...expected 1 to 9",
           srnn_config_set_int(config, 0, 1));
    REFUSE(SRNN_ERROR_INVALID, "option 10...expected 1 to 9",
           srnn_config_set_int(config, 10, 1));
    REFUSE(SRNN_ERROR_INVALID, "option -1...expected 1 to 9",
           srnn_config_set_int(config, -1, 1));
    REFUSE(SRNN_ERROR_INVALID, "option 2147483647...expected 1 to 9",
           srnn_config_set_int(config, INT32_MAX, 1));
    REFUSE(SRNN_ERROR_INVALID, "option -2147483648...expected 1 to 9",
           srnn_config_set_int(config, INT32_MIN, 1));
    REFUSE(SRNN_ERROR_INVALID, "option 9 (dropout) is real",
           srnn_config_set_int(config, SRNN_OPTION_DROPOUT, 0));
    srnn_config_destroy(config);
}

static void test_misuse__config_set_real(void **state)
{
    (void)state;
    srnn_config *const config = make_config();
    const srnn_option dropout = SRNN_OPTION_DROPOUT;
    REFUSE_HANDLES("config", "config", srnn_config_set_real(other, dropout, 0));
    for (srnn_option option = -1; option <= 10; option++)
        if (option != dropout)
            REFUSE(SRNN_ERROR_INVALID, "is not real...9 (dropout)",
                   srnn_config_set_real(config, option, 0));
    REFUSE(SRNN_ERROR_INVALID, "dropout is nan, expected 0 to 1",
           srnn_config_set_real(config, dropout, (double)NAN));
    REFUSE(SRNN_ERROR_INVALID, "dropout is inf, expected 0 to 1",
           srnn_config_set_real(config, dropout, (double)INFINITY));
    REFUSE(SRNN_ERROR_INVALID, "dropout is -inf, expected 0 to 1",
           srnn_config_set_real(config, dropout, -(double)INFINITY));
    REFUSE(SRNN_ERROR_INVALID, "dropout is 1.0000000000000002, expected 0 to 1",
           srnn_config_set_real(config, dropout, nextafter(1, 2)));
    REFUSE(SRNN_ERROR_INVALID, "dropout is -4.94065645841246",
           srnn_config_set_real(config, dropout, nextafter(0, -1)));
    ACCEPT(srnn_config_set_real(config, dropout, 0));
    ACCEPT(srnn_config_set_real(config, dropout, 1));
    srnn_config_destroy(config);
}

static void refuse_all_again(srnn_config *config)
{
    for (int i = 0; i < INTEGERS; i++) {
        REFUSE(SRNN_ERROR_INVALID, integers[i].name,
               srnn_config_set_int(config, integers[i].option, -1));
        REFUSE(SRNN_ERROR_INVALID, "is not real",
               srnn_config_set_real(config, integers[i].option, 0.25));
    }
    REFUSE(SRNN_ERROR_INVALID, "is real",
           srnn_config_set_int(config, SRNN_OPTION_DROPOUT, 1));
    REFUSE(SRNN_ERROR_INVALID, "dropout is 2",
           srnn_config_set_real(config, SRNN_OPTION_DROPOUT, 2));
}

/* What was set before is what an rnn is made of. */
static void test_misuse__config_keeps_its_options(void **state)
{
    (void)state;
    static const int64_t set[INTEGERS] = {5, 3, 2, 1, 2, 0, 1};
    srnn_config *const config = make_config();
    srnn_rnn *rnn = NULL;
    for (int i = 0; i < INTEGERS; i++)
        ACCEPT(srnn_config_set_int(config, integers[i].option, set[i]));
    ACCEPT(srnn_config_set_real(config, SRNN_OPTION_DROPOUT, 0.5));
    refuse_all_again(config);
    expect_success("rnn", srnn_rnn_create(&rnn, config, 1));
    for (int i = 0; i < INTEGERS; i++) {
        int64_t value = -1;
        ACCEPT(srnn_rnn_get_int(&value, rnn, integers[i].option));
        assert_int_equal(value, set[i]);
    }
    double dropout = -1;
    ACCEPT(srnn_rnn_get_real(&dropout, rnn, SRNN_OPTION_DROPOUT));
    assert_true(dropout == 0.5);
    srnn_rnn_destroy(rnn);
    srnn_config_destroy(config);
}

static void test_misuse__config_rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("config.h", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse__config_create),
        cmocka_unit_test(test_misuse__config_set_int_value),
        cmocka_unit_test(test_misuse__config_set_int_dtype),
        cmocka_unit_test(test_misuse__config_set_int_option),
        cmocka_unit_test(test_misuse__config_set_real),
        cmocka_unit_test(test_misuse__config_keeps_its_options),
        cmocka_unit_test(test_misuse__config_rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
