/* SPDX-License-Identifier: MIT */
/* Losses with every divisor that is allowed: a gradient is infinite only where
 * it does not fit, and never NaN. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"

static const double divisors[] = {2e-39,  1e-45,        1e-100, DBL_MIN / 4,
                                  1e-320, DBL_TRUE_MIN, 1,      1e39,
                                  1e300,  DBL_MAX};

enum {
    DIVISORS = sizeof divisors / sizeof *divisors,
    SMALL = 7,
    LARGE = 700, /* takes more than one chunk */
    ROUNDINGS = 16
};

typedef struct {
    srnn_dtype dtype;
    int64_t C;
    srnn_tensor *values, *target, *class, *gradient;
} subject;

static srnn_tensor *create(srnn_dtype dtype, int64_t C)
{
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(srnn_tensor_create(&tensor, dtype, 1, &C));
    return tensor;
}

/* One row: 0 down to -70, whose exponentials fit in float32. */
static subject make(srnn_dtype dtype, int64_t C)
{
    subject s = {dtype,           C, create(dtype, C), create(dtype, C), NULL,
                 create(dtype, C)};
    EXPECT_SUCCESS(srnn_tensor_create(&s.class, SRNN_DTYPE_INT64, 0, NULL));
    *(int64_t *)srnn_tensor_data(s.class) = C / 2;
    for (int64_t i = 0; i < C; i++) {
        const double value = -70.0 * (double)i / (double)(C - 1);
        element_put(srnn_tensor_data(s.values), dtype, i, value);
        element_put(srnn_tensor_data(s.target), dtype, i,
                    i % 3 == 0 ? value : value + 1e-3 * (double)i);
    }
    return s;
}

static void destroy(subject *s)
{
    srnn_tensor_destroy(s->values);
    srnn_tensor_destroy(s->target);
    srnn_tensor_destroy(s->class);
    srnn_tensor_destroy(s->gradient);
}

static void check(const subject *s, const char *what, int64_t i, double wanted,
                  double divisor)
{
    const double got = element_of(s->gradient, i);
    const double rounded =
        s->dtype == SRNN_DTYPE_FLOAT32 ? (double)(float)wanted : wanted;
    const bool is_float = s->dtype == SRNN_DTYPE_FLOAT32;
    const double bound =
        is_float
            ? fabs(rounded) * ROUNDINGS * FLT_EPSILON + (double)FLT_TRUE_MIN
            : fabs(rounded) * ROUNDINGS * DBL_EPSILON + DBL_TRUE_MIN;
    if (got == rounded || fabs(got - rounded) <= bound)
        return;
    fail_msg("%s %d, divisor %g: gradient %d is %g, expected %g", what,
             (int)s->dtype, divisor, (int)i, got, rounded);
}

static void check_cross_entropy(subject *s, double divisor)
{
    double sum = 0;
    double total = 0;
    int64_t count = 0;
    EXPECT_SUCCESS(srnn_loss_cross_entropy(&sum, &count, s->gradient, s->values,
                                           s->class, divisor));
    for (int64_t i = 0; i < s->C; i++)
        total += exp(element_of(s->values, i));
    for (int64_t i = 0; i < s->C; i++)
        check(s, "cross-entropy", i,
              (exp(element_of(s->values, i)) / total - (i == s->C / 2)) /
                  divisor,
              divisor);
}

static void check_squared_error(subject *s, double divisor)
{
    double sum = 0;
    int64_t count = 0;
    EXPECT_SUCCESS(srnn_loss_squared_error(&sum, &count, s->gradient, s->values,
                                           s->target, NULL, divisor));
    for (int64_t i = 0; i < s->C; i++)
        check(s, "squared error", i,
              2 * ((element_of(s->values, i) - element_of(s->target, i)) /
                   divisor),
              divisor);
}

static void test_loss_divisors__may_be_as_small_and_large(void **state)
{
    static const srnn_dtype dtypes[] = {SRNN_DTYPE_FLOAT32, SRNN_DTYPE_FLOAT64};
    (void)state;
    for (int i = 0; i < 4; i++) {
        subject s = make(dtypes[i % 2], i < 2 ? SMALL : LARGE);
        for (int j = 0; j < DIVISORS; j++) {
            check_cross_entropy(&s, divisors[j]);
            check_squared_error(&s, divisors[j]);
        }
        destroy(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss_divisors__may_be_as_small_and_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
