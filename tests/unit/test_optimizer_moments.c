/* SPDX-License-Identifier: MIT */
/* The moments of a unit whose gradients have become 0: they fall to 0, and stay
 * at no subnormal number, which would make each step slow for ever. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "optimizer/optimizer.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/optimizer_text.h"

enum { COUNT = 37, STEPS = 8000 }; /* 0.9^7000 is below DBL_MIN */

static const char *const all_texts[] = {
    "SGD MOMENTUM=0.9",
    "ADAM BETA1=0.9 BETA2=0.9",
    "ADAM BETA1=0.4 BETA2=0.9",
    "ADAMW BETA1=0.9 BETA2=0.9 WEIGHT_DECAY=0",
    "RMSPROP ALPHA=0.9 CENTERED=1 MOMENTUM=0.9",
    "RMSPROP ALPHA=0.4 CENTERED=1 MOMENTUM=0.9"};

/* The number of moments that are not 0. */
static int check_moments(const char *text, const srnn_optimizer_group *group,
                         srnn_dtype dtype)
{
    int others = 0;
    for (int k = 0; k < SRNN_OPTIMIZER_MOMENTS && group->moments[k] != NULL;
         k++)
        for (int64_t i = 0; i < COUNT; i++) {
            const double moment = element_get(group->moments[k], dtype, i);
            const int kind = dtype == SRNN_DTYPE_FLOAT32
                                 ? fpclassify((float)moment)
                                 : fpclassify(moment);
            if (kind != FP_NORMAL && kind != FP_ZERO)
                fail_msg("%s: moment %d is %g", text, k, moment);
            others += kind != FP_ZERO;
        }
    return others;
}

static void check(const char *text, srnn_dtype dtype)
{
    static double values[COUNT]; /* or float */
    const int64_t count = COUNT;
    srnn_tensor *tensor = NULL;
    srnn_gradients *gradients = NULL;
    srnn_optimizer *const optimizer = optimizer_from_text(text);
    EXPECT_SUCCESS(srnn_tensor_wrap(&tensor, values, dtype, 1, &count, NULL));
    EXPECT_SUCCESS(srnn_gradients_create_tensor(&gradients, tensor, "x"));
    EXPECT_SUCCESS(srnn_optimizer_add(optimizer, gradients, NULL));
    void *const slope = srnn_tensor_data(srnn_gradients_flat(gradients));
    for (int64_t i = 0; i < COUNT; i++)
        element_put(slope, dtype, i, 1 + (double)i);
    EXPECT_SUCCESS(srnn_optimizer_step(optimizer));
    assert_true(check_moments(text, optimizer->first, dtype) >= COUNT);
    srnn_tensor__fill_zero(srnn_gradients_flat(gradients));
    for (int step = 2; step <= STEPS; step++) {
        EXPECT_SUCCESS(srnn_optimizer_step(optimizer));
        if (step % 16 == 0)
            (void)check_moments(text, optimizer->first, dtype);
    }
    assert_int_equal(check_moments(text, optimizer->first, dtype), 0);
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(gradients);
    srnn_tensor_destroy(tensor);
}

static void test_optimizer_moments__fall_to_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_texts / sizeof *all_texts; i++) {
        check(all_texts[i], SRNN_DTYPE_FLOAT32);
        check(all_texts[i], SRNN_DTYPE_FLOAT64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimizer_moments__fall_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
