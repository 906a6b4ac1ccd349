/* SPDX-License-Identifier: MIT */
/* tuning.h: questions that cannot fail, about any number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"

/* Everything else that has a name is no feature. */
static bool is_feature(const char *name)
{
    static const char *const beginnings[] = {
        "SRNN_GEMM_",       "SRNN_ISA_",          "SRNN_SCHEDULE_",
        "SRNN_DTYPE_FLOAT", "SRNN_NONLINEARITY_", "SRNN_DIRECTION_"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* What depends on neither the build nor the machine, and the own isa. */
static bool is_everywhere(const char *name)
{
    return is_feature(name) && strcmp(name, "SRNN_GEMM_OPENBLAS") != 0 &&
           (strncmp(name, "SRNN_ISA_", strlen("SRNN_ISA_")) != 0 ||
            strcmp(name, srnn_constant_name(OWN_ISA)) == 0);
}

static void test_misuse_tuning__supports_no_other_set(void **state)
{
    (void)state;
    for (int32_t value = -100; value <= 2000; value++) {
        const char *const name = srnn_constant_name(value);
        if (name == NULL || !is_feature(name))
            ANSWER(0, srnn_supports(value));
        else if (is_everywhere(name))
            ANSWER(1, srnn_supports(value));
    }
    ANSWER(0, srnn_supports(INT32_MAX));
    ANSWER(0, srnn_supports(INT32_MIN));
}

static void test_misuse_tuning__supports_this_build(void **state)
{
    (void)state;
    ANSWER(SRNN_HAVE_OPENBLAS, srnn_supports(SRNN_GEMM_OPENBLAS));
    ANSWER(1, srnn_supports(OWN_ISA));
    ANSWER(0, srnn_supports(OTHER_ISA));
    ANSWER(srnn_supports(SRNN_ISA_AVX2),
           strstr(srnn_build_info(), " avx2") != NULL);
    ANSWER(srnn_supports(SRNN_ISA_AVX512),
           strstr(srnn_build_info(), " avx512") != NULL);
}

/* Nothing before OpenBLAS is chosen, and nothing of anything else ever. */
static void test_misuse_tuning__gemm_info(void **state)
{
    (void)state;
    for (srnn_gemm value = -100; value <= 2000; value++)
        ANSWER(0, strcmp(srnn_gemm_info(value), ""));
    ANSWER(0, strcmp(srnn_gemm_info(INT32_MAX), ""));
    ANSWER(0, strcmp(srnn_gemm_info(INT32_MIN), ""));
#if SRNN_HAVE_OPENBLAS
    srnn_rnn *rnn = NULL;
    srnn_context *context = NULL;
    expect_success("rnn", srnn_rnn_create(&rnn, 4, 2, NULL, 1));
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("gemm", srnn_context_set_int(context, SRNN_CONTEXT_GEMM,
                                                SRNN_GEMM_OPENBLAS));
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    const char *const says = srnn_gemm_info(SRNN_GEMM_OPENBLAS);
    assert_ptr_equal(strstr(says, "OpenBLAS "), says);
    assert_non_null(strstr(says, "; core type "));
    assert_non_null(strstr(says, "; threads "));
    ANSWER(says, srnn_gemm_info(SRNN_GEMM_OPENBLAS));
    ANSWER(0, strcmp(srnn_gemm_info(SRNN_GEMM_NATIVE), ""));
#endif
}

static void test_misuse_tuning__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("tuning.h", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_tuning__supports_no_other_set),
        cmocka_unit_test(test_misuse_tuning__supports_this_build),
        cmocka_unit_test(test_misuse_tuning__gemm_info),
        cmocka_unit_test(test_misuse_tuning__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
