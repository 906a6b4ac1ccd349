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

static void test_misuse_config__create(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_config_create(NULL));
    NOTHING(srnn_config_destroy(NULL));
    ACCEPT(srnn_config_create(&made.config));
    srnn_config_destroy(made.config);
}

/* The integers that have a range, which are all but the enumerators. */
static const struct {
    srnn_option option;
    const char *name;
    int64_t minimum, maximum;
} integers[] = {
    {SRNN_OPTION_INPUT_SIZE, "SRNN_OPTION_INPUT_SIZE", 1, 1073741823},
    {SRNN_OPTION_HIDDEN_SIZE, "SRNN_OPTION_HIDDEN_SIZE", 1, 1073741823},
    {SRNN_OPTION_NUM_LAYERS, "SRNN_OPTION_NUM_LAYERS", 1, 65535},
    {SRNN_OPTION_BIAS, "SRNN_OPTION_BIAS", 0, 1},
    {SRNN_OPTION_BATCH_FIRST, "SRNN_OPTION_BATCH_FIRST", 0, 1},
    {SRNN_OPTION_REQUIRE_STATED, "SRNN_OPTION_REQUIRE_STATED", 0, 1},
    {SRNN_OPTION_ALLOW_EXTRA, "SRNN_OPTION_ALLOW_EXTRA", 0, 1},
};

enum { INTEGERS = sizeof integers / sizeof *integers };

static void test_misuse_config__set_int_value(void **state)
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
                           "%s is %lld, expected %lld to %lld",
                           integers[i].name, (long long)wrong[k],
                           (long long)minimum, (long long)maximum);
            REFUSE(SRNN_ERROR_RANGE, says,
                   srnn_config_set_int(config, option, wrong[k]));
        }
        ACCEPT(srnn_config_set_int(config, option, minimum));
        ACCEPT(srnn_config_set_int(config, option, maximum));
    }
    srnn_config_destroy(config);
}

/* Enumerators of other sets are in test_misuse_options.c. */
static void test_misuse_config__set_int_enumerator(void **state)
{
    (void)state;
    static const struct {
        srnn_option option;
        int64_t values[3]; /* up to a 0 */
        const char *expected;
    } rows[] = {
        {SRNN_OPTION_DIRECTION,
         {SRNN_DIRECTION_FORWARD, SRNN_DIRECTION_REVERSE,
          SRNN_DIRECTION_BIDIRECTIONAL},
         "SRNN_DIRECTION_FORWARD, "
         "SRNN_DIRECTION_REVERSE or SRNN_DIRECTION_BIDIRECTIONAL"},
        {SRNN_OPTION_NONLINEARITY,
         {SRNN_NONLINEARITY_TANH, SRNN_NONLINEARITY_RELU},
         "SRNN_NONLINEARITY_TANH "
         "or SRNN_NONLINEARITY_RELU"},
        {SRNN_OPTION_DTYPE,
         {F32, F64},
         "SRNN_DTYPE_FLOAT32 or "
         "SRNN_DTYPE_FLOAT64"},
    };
    static const int64_t wrong[] = {
        0,    1,    2,         -1,        1000,
        1005, 1199, INT64_MIN, INT64_MAX, (INT64_C(1) << 32) + 1201};
    srnn_config *const config = make_config();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            char says[256];
            (void)snprintf(says, sizeof says, "%s is %lld, expected %s",
                           srnn_constant_name(rows[i].option),
                           (long long)wrong[k], rows[i].expected);
            REFUSE(SRNN_ERROR_INVALID, says,
                   srnn_config_set_int(config, rows[i].option, wrong[k]));
        }
        for (int k = 0; k < 3 && rows[i].values[k] != 0; k++)
            ACCEPT(
                srnn_config_set_int(config, rows[i].option, rows[i].values[k]));
    }
    srnn_config_destroy(config);
}

static void test_misuse_config__set_int_dtype(void **state)
{
    (void)state;
    srnn_config *const config = make_config();
    REFUSE(SRNN_ERROR_DTYPE,
           "SRNN_OPTION_DTYPE is int64; the library computes in float32 or "
           "float64",
           srnn_config_set_int(config, SRNN_OPTION_DTYPE, I64));
    REFUSE(SRNN_ERROR_DTYPE,
           "SRNN_OPTION_DTYPE is uint8; the library computes in float32 or "
           "float64",
           srnn_config_set_int(config, SRNN_OPTION_DTYPE, U8));
    srnn_config_destroy(config);
}

/* Numbers of no option; those of other sets are in test_misuse_options.c. */
static const srnn_option strangers[] = {0,   -1,  12,        100,
                                        113, 200, INT32_MAX, INT32_MIN};

enum { STRANGERS = sizeof strangers / sizeof *strangers };

static void test_misuse_config__int(void **state)
{
    (void)state;
    srnn_config *const config = make_config();
    int64_t *const value = (int64_t *)(void *)misuse_memory;
    const srnn_option bias = SRNN_OPTION_BIAS;
    const srnn_option dropout = SRNN_OPTION_DROPOUT;
    REFUSE_HANDLES(other, "config", "config",
                   srnn_config_set_int(other, bias, 1));
    REFUSE_HANDLES(other, "config", "config",
                   srnn_config_get_int(value, other, bias));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_config_get_int(NULL, config, bias));
    for (int i = 0; i < STRANGERS; i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "option is %d, expected an SRNN_OPTION_... of a config",
                       (int)strangers[i]);
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_config_set_int(config, strangers[i], 1));
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_config_get_int(value, config, strangers[i]));
    }
    REFUSE(SRNN_ERROR_INVALID,
           "SRNN_OPTION_DROPOUT is real: call the function that ends in _real",
           srnn_config_set_int(config, dropout, 0));
    REFUSE(SRNN_ERROR_INVALID,
           "SRNN_OPTION_DROPOUT is real: call the function that ends in _real",
           srnn_config_get_int(value, config, dropout));
    srnn_config_destroy(config);
}

static void test_misuse_config__real(void **state)
{
    (void)state;
    srnn_config *const config = make_config();
    double *const value = (double *)(void *)misuse_memory;
    const srnn_option dropout = SRNN_OPTION_DROPOUT;
    REFUSE_HANDLES(other, "config", "config",
                   srnn_config_set_real(other, dropout, 0));
    REFUSE_HANDLES(other, "config", "config",
                   srnn_config_get_real(value, other, dropout));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_config_get_real(NULL, config, dropout));
    for (int i = 0; i < STRANGERS; i++) {
        REFUSE(SRNN_ERROR_INVALID, "option is ...SRNN_OPTION_... of a config",
               srnn_config_set_real(config, strangers[i], 0));
        REFUSE(SRNN_ERROR_INVALID, "option is ...SRNN_OPTION_... of a config",
               srnn_config_get_real(value, config, strangers[i]));
    }
    for (srnn_option option = 1; option <= SRNN_OPTION_ALLOW_EXTRA; option++) {
        if (option == dropout)
            continue;
        REFUSE(SRNN_ERROR_INVALID,
               "SRNN_OPTION_... is an integer: call the function that ends in "
               "_int",
               srnn_config_set_real(config, option, 0));
        REFUSE(SRNN_ERROR_INVALID,
               "SRNN_OPTION_... is an integer: call the function that ends in "
               "_int",
               srnn_config_get_real(value, config, option));
    }
    srnn_config_destroy(config);
}

static void test_misuse_config__set_real_value(void **state)
{
    (void)state;
    srnn_config *const config = make_config();
    const srnn_option dropout = SRNN_OPTION_DROPOUT;
    REFUSE(SRNN_ERROR_RANGE, "SRNN_OPTION_DROPOUT is nan, expected 0 to 1",
           srnn_config_set_real(config, dropout, (double)NAN));
    REFUSE(SRNN_ERROR_RANGE, "SRNN_OPTION_DROPOUT is inf, expected 0 to 1",
           srnn_config_set_real(config, dropout, (double)INFINITY));
    REFUSE(SRNN_ERROR_RANGE, "SRNN_OPTION_DROPOUT is -inf, expected 0 to 1",
           srnn_config_set_real(config, dropout, -(double)INFINITY));
    REFUSE(SRNN_ERROR_RANGE,
           "SRNN_OPTION_DROPOUT is 1.0000000000000002, expected 0 to 1",
           srnn_config_set_real(config, dropout, nextafter(1, 2)));
    REFUSE(SRNN_ERROR_RANGE, "SRNN_OPTION_DROPOUT is -4.94065645841246",
           srnn_config_set_real(config, dropout, nextafter(0, -1)));
    ACCEPT(srnn_config_set_real(config, dropout, 0));
    ACCEPT(srnn_config_set_real(config, dropout, 1));
    srnn_config_destroy(config);
}

/* By option; 0 for dropout. */
static void check_values(const srnn_config *config, const int64_t *wanted,
                         double dropout)
{
    for (srnn_option option = 1; option <= SRNN_OPTION_ALLOW_EXTRA; option++) {
        int64_t value = -1;
        if (option == SRNN_OPTION_DROPOUT)
            continue;
        ACCEPT(srnn_config_get_int(&value, config, option));
        assert_int_equal(value, wanted[option]);
    }
    double real = -1;
    ACCEPT(srnn_config_get_real(&real, config, SRNN_OPTION_DROPOUT));
    assert_true(real == dropout);
}

/* A refused value leaves the one before. */
static void test_misuse_config__keeps_its_options(void **state)
{
    (void)state;
    static const int64_t defaults[] = {
        0,   0, 0, 1, SRNN_DIRECTION_FORWARD, SRNN_NONLINEARITY_TANH, 1, 0,
        F32, 0, 0, 0};
    static const int64_t set[] = {
        0,   5, 3, 2, SRNN_DIRECTION_REVERSE, SRNN_NONLINEARITY_RELU, 0, 1,
        F64, 0, 1, 1};
    srnn_config *const config = make_config();
    check_values(config, defaults, 0);
    for (srnn_option option = 1; option <= SRNN_OPTION_ALLOW_EXTRA; option++)
        if (option != SRNN_OPTION_DROPOUT)
            ACCEPT(srnn_config_set_int(config, option, set[option]));
    ACCEPT(srnn_config_set_real(config, SRNN_OPTION_DROPOUT, 0.5));
    check_values(config, set, 0.5);
    for (int i = 0; i < INTEGERS; i++)
        REFUSE(SRNN_ERROR_RANGE, integers[i].name,
               srnn_config_set_int(config, integers[i].option, -1));
    for (srnn_option option = SRNN_OPTION_DIRECTION;
         option <= SRNN_OPTION_NONLINEARITY; option++)
        REFUSE(SRNN_ERROR_INVALID, "is -1, expected",
               srnn_config_set_int(config, option, -1));
    REFUSE(SRNN_ERROR_DTYPE, "SRNN_OPTION_DTYPE is uint8",
           srnn_config_set_int(config, SRNN_OPTION_DTYPE, U8));
    REFUSE(SRNN_ERROR_RANGE, "SRNN_OPTION_DROPOUT is 2",
           srnn_config_set_real(config, SRNN_OPTION_DROPOUT, 2));
    check_values(config, set, 0.5);
    srnn_config_destroy(config);
}

static void test_misuse_config__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("config.h", NULL);
    misuse_covers_statuses("srnn_config_", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_config__create),
        cmocka_unit_test(test_misuse_config__set_int_value),
        cmocka_unit_test(test_misuse_config__set_int_enumerator),
        cmocka_unit_test(test_misuse_config__set_int_dtype),
        cmocka_unit_test(test_misuse_config__int),
        cmocka_unit_test(test_misuse_config__real),
        cmocka_unit_test(test_misuse_config__set_real_value),
        cmocka_unit_test(test_misuse_config__keeps_its_options),
        cmocka_unit_test(test_misuse_config__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
