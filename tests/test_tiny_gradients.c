/* SPDX-License-Identifier: MIT */
/* Labels: compiler, no-valgrind */
/* Where gradients of states become 0, and what keeps them. Valgrind does not
 * flush subnormals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/flushing.h"
#include "support/training.h"

/* One step of one feature with weights of 1: d_input is d_output, unless that
 * is too small. */
static double pass_back(srnn_dtype dtype, double value, int32_t keeps,
                        int32_t flushes)
{
    const small_rnn of = {.I = 1,
                          .H = 1,
                          .L = 1,
                          .dtype = dtype,
                          .nonlinearity = SRNN_NONLINEARITY_IDENTITY,
                          .no_bias = true};
    training t = training_make(1, &of, 1, 1);
    unsigned char ones[2 * sizeof(double)];
    const int64_t count = 2;
    srnn_tensor *flat = NULL;
    element_put(ones, dtype, 0, 1);
    element_put(ones, dtype, 1, 1);
    EXPECT_SUCCESS(srnn_tensor_wrap(&flat, ones, dtype, 1, &count, NULL));
    EXPECT_SUCCESS(srnn_rnn_set_flat(t.rnn, flat));
    element_put(t.d_output, dtype, 0, value);
    t.lengths = NULL;
    t.resets = NULL;
    t.d_h_n = NULL;
    srnn_context *const context =
        small_rnn_context(t.rnn, 1, SRNN_SCHEDULE_SERIAL);
    srnn_tape *tape = NULL;
    EXPECT_SUCCESS(srnn_tape_create(&tape, t.rnn));
    EXPECT_SUCCESS(
        srnn_context_set_int(context, SRNN_CONTEXT_KEEP_TINY_GRADIENTS, keeps));
    EXPECT_SUCCESS(
        srnn_context_set_int(context, SRNN_CONTEXT_FLUSH_SUBNORMALS, flushes));
    trained got = training_run_with(&t, context, tape);
    const double d_input = element_get(got.of[TRAINED_D_INPUT], dtype, 0);
    const double d_h0 = element_get(got.of[TRAINED_D_H0], dtype, 0);
    assert_true(d_input == d_h0);
    trained_free(&got);
    srnn_tensor_destroy(flat);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    training_free(&t);
    return d_input;
}

static void check_tiny(srnn_dtype dtype, double smallest, double subnormal)
{
    const double less = smallest * (1 - 1.0 / 1024);
    for (int32_t flushes = 0; flushes < 2; flushes++) {
        assert_true(pass_back(dtype, smallest, 0, flushes) == smallest);
        assert_true(pass_back(dtype, -smallest, 0, flushes) == -smallest);
        assert_true(pass_back(dtype, less, 0, flushes) == 0);
        assert_true(pass_back(dtype, -less, 0, flushes) == 0);
        assert_true(pass_back(dtype, less, 1, flushes) == less);
        assert_true(pass_back(dtype, -less, 1, flushes) == -less);
        assert_true(pass_back(dtype, subnormal, 0, flushes) == 0);
    }
    assert_true(pass_back(dtype, subnormal, 1, 0) == subnormal);
    assert_true(pass_back(dtype, subnormal, 1, 1) ==
                (CAN_FLUSH ? 0 : subnormal));
}

static void test_tiny_gradients__become_zero(void **state)
{
    (void)state;
    check_tiny(SRNN_DTYPE_FLOAT32, 0x1p-100, 0x1p-140);
    check_tiny(SRNN_DTYPE_FLOAT64, 0x1p-960, 0x1p-1050);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiny_gradients__become_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
