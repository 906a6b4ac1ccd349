/* SPDX-License-Identifier: MIT */
/* The rules of context.h; the forwards are in test_misuse_forward.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"

static srnn_rnn *make_rnn(void)
{
    srnn_rnn *rnn = NULL;
    expect_success("rnn", srnn_rnn_create(&rnn, 4, 2, NULL, 1));
    return rnn;
}

/* The context keeps its rnn. */
static srnn_context *make_context(void)
{
    srnn_rnn *const rnn = make_rnn();
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    srnn_rnn_destroy(rnn);
    return context;
}

/* What is no handle, or one that was destroyed. */
static uint64_t nothing[64];

static void test_misuse_context__create(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_context_create(NULL, rnn));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_context_create(&made.context, other));
    REFUSE(SRNN_ERROR_INVALID,
           "rnn is not a valid handle, expected an srnn_rnn",
           srnn_context_create(&made.context, (srnn_rnn *)(void *)nothing));
    NOTHING(srnn_context_destroy(NULL));
    srnn_context *const context = make_context();
    ANSWER(true, srnn_context_rnn(context) != NULL);
    srnn_context_destroy(context);
    ANSWER_OTHERS(other, "context", NULL, srnn_context_rnn(other));
    srnn_rnn_destroy(rnn);
}

static void set_variable(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static void test_misuse_context__gemm_of_the_environment(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    set_variable("SIMPLERNN_GEMM", "fast\n");
    REFUSE(SRNN_ERROR_ENVIRONMENT,
           "SIMPLERNN_GEMM is \"fast\\x0a\"; this build has: native",
           srnn_context_create(&made.context, rnn));
    set_variable("SIMPLERNN_GEMM", "Native");
    REFUSE(SRNN_ERROR_ENVIRONMENT, "SIMPLERNN_GEMM is \"Native\"...native",
           srnn_context_create(&made.context, rnn));
    set_variable("SIMPLERNN_GEMM", "openblas");
#if SRNN_HAVE_OPENBLAS
    ACCEPT(srnn_context_create(&made.context, rnn));
    srnn_context_destroy(made.context);
#else
    REFUSE(SRNN_ERROR_UNSUPPORTED, "openblas...native",
           srnn_context_create(&made.context, rnn));
#endif
    set_variable("SIMPLERNN_GEMM", "native");
    ACCEPT(srnn_context_create(&made.context, rnn));
    srnn_context_destroy(made.context);
    set_variable("SIMPLERNN_GEMM", "");
    ACCEPT(srnn_context_create(&made.context, rnn));
    srnn_context_destroy(made.context);
    srnn_rnn_destroy(rnn);
}

static void test_misuse_context__isa_of_the_environment(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    set_variable("SIMPLERNN_ISA", "avx3");
    REFUSE(
        SRNN_ERROR_ENVIRONMENT,
        "SIMPLERNN_ISA is \"avx3\"; this build or machine has: " OWN_ISA_NAME,
        srnn_context_create(&made.context, rnn));
    set_variable("SIMPLERNN_ISA", OTHER_ISA_NAME);
    REFUSE(SRNN_ERROR_UNSUPPORTED,
           "SIMPLERNN_ISA is \"" OTHER_ISA_NAME "\"...has: " OWN_ISA_NAME,
           srnn_context_create(&made.context, rnn));
    set_variable("SIMPLERNN_ISA", OWN_ISA_NAME);
    ACCEPT(srnn_context_create(&made.context, rnn));
    srnn_context_destroy(made.context);
    srnn_rnn_destroy(rnn);
}

/* Of a context that is told nothing. */
static int64_t default_threads(void)
{
    int64_t threads = 0;
    srnn_context *const context = make_context();
    ACCEPT(srnn_context_get_int(&threads, context, SRNN_CONTEXT_NUM_THREADS));
    srnn_context_destroy(context);
    return threads;
}

static void test_misuse_context__threads_of_the_environment(void **state)
{
    (void)state;
    static const char *const counts[] = {"0",
                                         "257",
                                         "-1",
                                         "two",
                                         "2x",
                                         " ",
                                         " 4",
                                         "\t7",
                                         "4 ",
                                         "+4",
                                         "99999999999999999999"};
    srnn_rnn *const rnn = make_rnn();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        set_variable("SIMPLERNN_NUM_THREADS", counts[i]);
        REFUSE(SRNN_ERROR_ENVIRONMENT,
               "SIMPLERNN_NUM_THREADS is \"...\", expected 1 to 256",
               srnn_context_create(&made.context, rnn));
    }
    unsetenv("SIMPLERNN_NUM_THREADS");
    const int64_t own = default_threads();
    set_variable("SIMPLERNN_NUM_THREADS", "3");
    assert_int_equal(default_threads(), 3);
    set_variable("SIMPLERNN_NUM_THREADS", "");
    assert_int_equal(default_threads(), own);
    srnn_rnn_destroy(rnn);
}

static int clear_environment(void **state)
{
    (void)state;
    return unsetenv("SIMPLERNN_GEMM") | unsetenv("SIMPLERNN_ISA") |
           unsetenv("SIMPLERNN_NUM_THREADS");
}

static void set(srnn_context *context, srnn_context_option option,
                int64_t value)
{
    int64_t now = -1;
    ACCEPT(srnn_context_set_int(context, option, value));
    ACCEPT(srnn_context_get_int(&now, context, option));
    assert_int_equal(now, value);
}

enum { OPTIONS = SRNN_CONTEXT_MEASURED_RATES - SRNN_CONTEXT_GEMM + 1 };

static const struct {
    srnn_context_option option;
    int64_t value;
    srnn_status status;
    const char *says;
} wrong[] = {
    {0, 1, SRNN_ERROR_INVALID,
     "option is 0, expected an SRNN_CONTEXT_... of a context"},
    {100, 1, SRNN_ERROR_INVALID, "option is 100, expected an SRNN_CONTEXT_"},
    {113, 1, SRNN_ERROR_INVALID, "option is 113, expected an SRNN_CONTEXT_"},
    {-1, 1, SRNN_ERROR_INVALID, "option is -1, expected an SRNN_CONTEXT_"},
    {SRNN_CONTEXT_GEMM, 0, SRNN_ERROR_INVALID,
     "SRNN_CONTEXT_GEMM is 0, expected SRNN_GEMM_NATIVE or "
     "SRNN_GEMM_OPENBLAS"},
    {SRNN_CONTEXT_GEMM, 1, SRNN_ERROR_INVALID,
     "SRNN_CONTEXT_GEMM is 1, expected"},
    {SRNN_CONTEXT_GEMM, 1403, SRNN_ERROR_INVALID,
     "SRNN_CONTEXT_GEMM is 1403, expected"},
    {SRNN_CONTEXT_GEMM, INT64_MAX, SRNN_ERROR_INVALID,
     "SRNN_CONTEXT_GEMM is 9223372036854775807"},
    {SRNN_CONTEXT_GEMM, (INT64_C(1) << 32) + SRNN_GEMM_NATIVE,
     SRNN_ERROR_INVALID, "SRNN_CONTEXT_GEMM is 4294968697"},
    {SRNN_CONTEXT_ISA, 0, SRNN_ERROR_INVALID,
     "SRNN_CONTEXT_ISA is 0, expected an SRNN_ISA_... of tuning.h"},
    {SRNN_CONTEXT_ISA, 1505, SRNN_ERROR_INVALID, "SRNN_CONTEXT_ISA is 1505"},
    {SRNN_CONTEXT_ISA, (INT64_C(1) << 32) + SRNN_ISA_BASELINE,
     SRNN_ERROR_INVALID, "SRNN_CONTEXT_ISA is 4294968797"},
    {SRNN_CONTEXT_ISA, OTHER_ISA, SRNN_ERROR_UNSUPPORTED,
     "no instruction set " OTHER_ISA_NAME "; it has: " OWN_ISA_NAME},
    {SRNN_CONTEXT_NUM_THREADS, 0, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_NUM_THREADS is 0, expected 1 to 256"},
    {SRNN_CONTEXT_NUM_THREADS, 257, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_NUM_THREADS is 257, expected 1 to 256"},
    {SRNN_CONTEXT_NUM_THREADS, INT64_MIN, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_NUM_THREADS is -9223372036854775808, expected"},
    {SRNN_CONTEXT_SCHEDULE, 0, SRNN_ERROR_INVALID,
     "SRNN_CONTEXT_SCHEDULE is 0, expected an SRNN_SCHEDULE_... of tuning.h"},
    {SRNN_CONTEXT_SCHEDULE, 1607, SRNN_ERROR_INVALID,
     "SRNN_CONTEXT_SCHEDULE is 1607, expected"},
    {SRNN_CONTEXT_FLUSH_SUBNORMALS, 2, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_FLUSH_SUBNORMALS is 2, expected 0 to 1"},
    {SRNN_CONTEXT_FLUSH_SUBNORMALS, -1, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_FLUSH_SUBNORMALS is -1, expected 0 to 1"},
    {SRNN_CONTEXT_KEEP_TINY_GRADIENTS, 2, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_KEEP_TINY_GRADIENTS is 2, expected 0 to 1"},
    {SRNN_CONTEXT_KEEP_TINY_GRADIENTS, -1, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_KEEP_TINY_GRADIENTS is -1, expected 0 to 1"},
    {SRNN_CONTEXT_GFLOPS, -1, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_GFLOPS is -1, expected 0 to 1000000"},
    {SRNN_CONTEXT_L2_GBPS, 1000001, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_L2_GBPS is 1000001, expected 0 to 1000000"},
    {SRNN_CONTEXT_L3_GBPS, INT64_MAX, SRNN_ERROR_RANGE,
     "SRNN_CONTEXT_L3_GBPS is 9223372036854775807, expected"},
    {SRNN_CONTEXT_MEASURED_RATES, 1, SRNN_ERROR_STATE,
     "SRNN_CONTEXT_MEASURED_RATES is read only"},
    {SRNN_CONTEXT_LAST_SCHEDULE, SRNN_SCHEDULE_SERIAL, SRNN_ERROR_STATE,
     "SRNN_CONTEXT_LAST_SCHEDULE is read only"},
    {SRNN_CONTEXT_LAST_THREADS, 1, SRNN_ERROR_STATE,
     "SRNN_CONTEXT_LAST_THREADS is read only"},
};

static void test_misuse_context__set_int(void **state)
{
    (void)state;
    srnn_context *const context = make_context();
    int64_t before[OPTIONS];
    int64_t after[OPTIONS];
    REFUSE_HANDLES(
        other, "context", "context",
        srnn_context_set_int(other, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    set(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE);
    set(context, SRNN_CONTEXT_ISA, OWN_ISA);
    set(context, SRNN_CONTEXT_NUM_THREADS, 1);
    set(context, SRNN_CONTEXT_NUM_THREADS, SRNN_MAX_THREADS);
    set(context, SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_AUTO);
    set(context, SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_COLUMNS);
    set(context, SRNN_CONTEXT_FLUSH_SUBNORMALS, 0);
    set(context, SRNN_CONTEXT_FLUSH_SUBNORMALS, 1);
    set(context, SRNN_CONTEXT_KEEP_TINY_GRADIENTS, 1);
    set(context, SRNN_CONTEXT_GFLOPS, 1);
    set(context, SRNN_CONTEXT_L2_GBPS, 2);
    set(context, SRNN_CONTEXT_L3_GBPS, 1000000);
    const srnn_context_option first = SRNN_CONTEXT_GEMM;
    for (int i = 0; i < OPTIONS; i++)
        ACCEPT(srnn_context_get_int(&before[i], context, first + i));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        REFUSE(wrong[i].status, wrong[i].says,
               srnn_context_set_int(context, wrong[i].option, wrong[i].value));
#if !SRNN_HAVE_OPENBLAS
    REFUSE(
        SRNN_ERROR_UNSUPPORTED, "openblas...native",
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_OPENBLAS));
#endif
    for (int i = 0; i < OPTIONS; i++) {
        ACCEPT(srnn_context_get_int(&after[i], context, first + i));
        assert_int_equal(after[i], before[i]);
    }
    srnn_context_destroy(context);
}

static void test_misuse_context__get_int(void **state)
{
    (void)state;
    int64_t *const value = (int64_t *)(void *)misuse_memory;
    srnn_context *const context = make_context();
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_context_get_int(NULL, context, SRNN_CONTEXT_GEMM));
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_get_int(value, other, SRNN_CONTEXT_GEMM));
    for (size_t i = 0; i < 4; i++)
        REFUSE(wrong[i].status, wrong[i].says,
               srnn_context_get_int(value, context, wrong[i].option));
    ACCEPT(srnn_context_get_int(value, context, SRNN_CONTEXT_LAST_SCHEDULE));
    assert_int_equal(*value, 0);
    ACCEPT(srnn_context_get_int(value, context, SRNN_CONTEXT_LAST_THREADS));
    assert_int_equal(*value, 0);
    ACCEPT(srnn_context_get_int(value, context, SRNN_CONTEXT_MEASURED_RATES));
    assert_int_equal(*value, 0);
    srnn_context_destroy(context);
}

static void test_misuse_context__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("context.h", ELSEWHERE("srnn_context_forward"));
    misuse_covers_statuses(
        "srnn_context_",
        ELSEWHERE("srnn_context_forward", "srnn_context_record",
                  "srnn_context_backward", "srnn_context_tape_size"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_context__create),
        cmocka_unit_test_teardown(test_misuse_context__gemm_of_the_environment,
                                  clear_environment),
        cmocka_unit_test_teardown(test_misuse_context__isa_of_the_environment,
                                  clear_environment),
        cmocka_unit_test_teardown(
            test_misuse_context__threads_of_the_environment, clear_environment),
        cmocka_unit_test(test_misuse_context__set_int),
        cmocka_unit_test(test_misuse_context__get_int),
        cmocka_unit_test(test_misuse_context__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
