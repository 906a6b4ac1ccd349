/* SPDX-License-Identifier: MIT */
/* Labels: compiler */
/* Steps of torch 2.13's optimizers in float64 (golden/make_optimizers.py): each
 * kind with its defaults, and with each option. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/optimizer_text.h"
#include "support/pattern.h"

enum { CASES = 25, STEPS = 12, VALUES = 5 };

/* Of |error|; the values are about 1. torch may fuse a product and a sum. */
static const double bound = 2e-15;

static srnn_weights *golden;
static double largest_error;

static void fill(double values[VALUES], const char *name)
{
    const uint32_t seed = pattern_seed(name);
    for (int64_t i = 0; i < VALUES; i++)
        values[i] = pattern_value(seed, i);
}

static srnn_gradients *make_gradients(double values[VALUES])
{
    const int64_t count = VALUES;
    srnn_tensor *tensor = NULL;
    srnn_gradients *gradients = NULL;
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&tensor, values, SRNN_DTYPE_FLOAT64, 1, &count, NULL));
    EXPECT_SUCCESS(srnn_gradients_create_tensor(&gradients, tensor, "values"));
    srnn_tensor_destroy(tensor);
    return gradients;
}

static void check_case(const char *name)
{
    const char *const text = srnn_weights_metadata(golden, name);
    double values[VALUES];
    srnn_tensor *wanted = NULL;
    assert_non_null(text);
    fill(values, name);
    srnn_gradients *const gradients = make_gradients(values);
    srnn_optimizer *const optimizer = optimizer_from_text(text);
    EXPECT_SUCCESS(srnn_weights_read_tensor(&wanted, golden, name));
    EXPECT_SUCCESS(srnn_optimizer_add(optimizer, gradients, NULL));
    for (int step = 0; step < STEPS; step++) {
        char of_step[32];
        (void)snprintf(of_step, sizeof of_step, "%s.%d", name, step);
        fill(srnn_tensor_data(srnn_gradients_flat(gradients)), of_step);
        EXPECT_SUCCESS(srnn_optimizer_step(optimizer));
        for (int64_t i = 0; i < VALUES; i++) {
            const double error =
                fabs(values[i] - element_of(wanted, VALUES * step + i));
            if (!(error <= bound))
                fail_msg("%s (%s), step %d: off by %g", name, text, step,
                         error);
            largest_error = fmax(largest_error, error);
        }
    }
    srnn_tensor_destroy(wanted);
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(gradients);
}

static void test_golden_optimizers__steps_of_torch(void **state)
{
    char name[16];
    (void)state;
    for (int number = 0; number < CASES; number++) {
        (void)snprintf(name, sizeof name, "case%02d", number);
        check_case(name);
    }
    (void)snprintf(name, sizeof name, "case%02d", CASES);
    assert_null(srnn_weights_metadata(golden, name));
    print_message("off by %.2g at most\n", largest_error);
}

static int open_golden(void **state)
{
    (void)state;
    return srnn_weights_open(&golden, OPTIMIZERS_FILE);
}

static int close_golden(void **state)
{
    (void)state;
    srnn_weights_destroy(golden);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_optimizers__steps_of_torch),
    };
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
