/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind */
/* Gradients of activations against scalar code, on every instruction set here:
 * bit for bit, except that one NaN is as good as another. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pointwise/activation.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/enumerators.h"
#include "support/fma.h"
#include "support/reference_activation.h"

enum { GUARD = 4, MOST = 70, ROOM = MOST + 2 * GUARD, CASES = 400 };

/* Where values begin at GUARD. */
typedef union {
    float f32[ROOM];
    double f64[ROOM];
} row;

/* Where dy lies: it is zeros, it is g, or it is neither. */
enum { NOWHERE, IN_PLACE, APART, DY_COUNT };

typedef struct {
    srnn_dtype dtype;
    srnn_nonlinearity nonlinearity;
    int64_t count;
    double tiny;
    int64_t dy_is;  /* one of the places */
    bool is_coarse; /* y * y is exact: the same bits on the baseline, too */
    row dy, dh, y;
} problem;

static void *at(row *values, srnn_dtype dtype, int64_t i)
{
    return (char *)values + (GUARD + i) * srnn_dtype__size(dtype);
}

/* The gradient in front of the activation, before it is flushed. */
static double gradient_of(const problem *p, double sum, double y)
{
#define OF_WORD(id, word, x)                                                   \
    if (p->nonlinearity == SRNN_NONLINEARITY_##id)                             \
        return p->dtype == SRNN_DTYPE_FLOAT64                                  \
                   ? reference_##word##_gradient_f64(sum, y)                   \
                   : (double)reference_##word##_gradient_f32((float)sum,       \
                                                             (float)y);
    SRNN_ACTIVATION_ROWS(OF_WORD, )
    fail();
    return 0;
}

static double wanted(problem *p, int64_t i)
{
    const double dy = element_get(at(&p->dy, p->dtype, i), p->dtype, 0);
    const double dh = element_get(at(&p->dh, p->dtype, i), p->dtype, 0);
    const double y = element_get(at(&p->y, p->dtype, i), p->dtype, 0);
    const double exact = (p->dy_is == NOWHERE ? 0 : dy) + dh;
    const double sum = p->dtype == SRNN_DTYPE_FLOAT64 ? exact : (float)exact;
    const double front = gradient_of(p, sum, y);
    return fabs(front) < p->tiny ? 0 : front;
}

static void expect_gradient(problem *p, srnn_isa isa)
{
    const size_t size = (size_t)srnn_dtype__size(p->dtype);
    row got = p->dy;
    row expected = p->dy;
    void *const dy = p->dy_is == IN_PLACE ? &got
                     : p->dy_is == APART  ? &p->dy
                                          : NULL;
    for (int64_t i = 0; i < p->count; i++)
        element_put(at(&expected, p->dtype, i), p->dtype, 0, wanted(p, i));
    srnn_activation__find_gradient(p->nonlinearity, isa, p->dtype)(
        at(&got, p->dtype, 0), dy == NULL ? NULL : at(dy, p->dtype, 0),
        at(&p->dh, p->dtype, 0), at(&p->y, p->dtype, 0), p->count, p->tiny);
    for (int64_t i = -GUARD; i < MOST + GUARD; i++) {
        const void *const one = at(&got, p->dtype, i);
        const void *const other = at(&expected, p->dtype, i);
        const double x = element_get(one, p->dtype, 0);
        const double y = element_get(other, p->dtype, 0);
        if (memcmp(one, other, size) != 0 && !(isnan(x) && isnan(y)))
            fail_msg("%s, %s, %d of %d: dy %g, dh %g, y %.17g, tiny %g: "
                     "%.17g, expected %.17g",
                     srnn_isa__name(isa), srnn_dtype__name(p->dtype), (int)i,
                     (int)p->count,
                     element_get(at(&p->dy, p->dtype, i), p->dtype, 0),
                     element_get(at(&p->dh, p->dtype, i), p->dtype, 0),
                     element_get(at(&p->y, p->dtype, i), p->dtype, 0), p->tiny,
                     x, y);
    }
}

static void expect_everywhere(problem *p)
{
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    for (int i = 0; i < isas.count; i++)
        if (srnn_isa__is_here(isas.values[i]) &&
            (p->is_coarse || has_fma(isas.values[i])))
            expect_gradient(p, isas.values[i]);
}

/* Ordinary ones, some around tiny and around the least normal number, and what
 * is not a number like others. */
static double draw_gradient(draws *d, const problem *p)
{
    const bool is_f32 = p->dtype == SRNN_DTYPE_FLOAT32;
    const double value = draws_value(d);
    switch (draws_below(d, 12)) {
    case 0:
        return value * (is_f32 ? 0x1p-126 : 0x1p-1022);
    case 1:
        return value < 0 ? -p->tiny : p->tiny;
    case 2:
        return 2 * value * p->tiny;
    case 3:
        return value < 0 ? -INFINITY : (double)INFINITY;
    case 4:
        return value < -0.9 ? (double)NAN : 0;
    case 5:
        return -0.0;
    default:
        return value;
    }
}

static double draw_result(draws *d, const problem *p)
{
    static const double special[] = {0,   -0.0,     1,         -1,
                                     NAN, INFINITY, -INFINITY, 0x1p-149};
    const double fine = (double)draws_below(d, 1 << 20) * 0x1p-30;
    if (draws_below(d, 3) == 0)
        return special[draws_below(d, 8)];
    return draws_value(d) + (p->is_coarse ? 0 : fine);
}

static void test_activation_gradient__is_that_of_the_oracle(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        draws d = draws_of(i, 1);
        problem p = {.dtype = draws_dtype(&d)};
        p.nonlinearity = draws_nonlinearity(&d);
        p.count = draws_below(&d, MOST + 1);
        p.dy_is = draws_below(&d, DY_COUNT);
        p.is_coarse = draws_below(&d, 2);
        if (draws_below(&d, 3) != 0)
            p.tiny = p.dtype == SRNN_DTYPE_FLOAT32 ? 0x1p-100 : 0x1p-960;
        for (int64_t k = 0; k < ROOM; k++) {
            element_put(&p.dy, p.dtype, k, draw_gradient(&d, &p));
            element_put(&p.dh, p.dtype, k, draw_gradient(&d, &p));
            element_put(&p.y, p.dtype, k, draw_result(&d, &p));
        }
        expect_everywhere(&p);
    }
}

/* One float32 on every instruction set. */
static void expect_one(srnn_nonlinearity nonlinearity, double g, double y,
                       double tiny, double expected)
{
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    for (int i = 0; i < isas.count; i++) {
        const srnn_isa isa = isas.values[i];
        float value = (float)g;
        const float result = (float)y;
        if (!srnn_isa__is_here(isa))
            continue;
        srnn_activation__find_gradient(nonlinearity, isa, SRNN_DTYPE_FLOAT32)(
            &value, NULL, &value, &result, 1, tiny);
        assert_true(isnan(expected)
                        ? isnan(value)
                        : value == (float)expected &&
                              !signbit(value) == !signbit(expected));
    }
}

/* Computed by hand, as the oracle could share a mistake with the kernels. */
static void test_activation_gradient__of_tanh(void **state)
{
    (void)state;
    expect_one(SRNN_NONLINEARITY_TANH, 2, 0.5, 0, 1.5);
    expect_one(SRNN_NONLINEARITY_TANH, 2, -1, 0, 0);
    expect_one(SRNN_NONLINEARITY_TANH, 2, NAN, 0, NAN);
    expect_one(SRNN_NONLINEARITY_TANH, INFINITY, 1, 0, NAN);
}

static void test_activation_gradient__of_sigmoid(void **state)
{
    (void)state;
    expect_one(SRNN_NONLINEARITY_SIGMOID, 2, 0.5, 0, 0.5);
    expect_one(SRNN_NONLINEARITY_SIGMOID, -2, 0.25, 0, -0.375);
    expect_one(SRNN_NONLINEARITY_SIGMOID, 2, NAN, 0, NAN);
}

static void test_activation_gradient__of_relu_selects(void **state)
{
    (void)state;
    expect_one(SRNN_NONLINEARITY_RELU, 2, 3, 0, 2);
    expect_one(SRNN_NONLINEARITY_RELU, 2, 0, 0, 0);
    expect_one(SRNN_NONLINEARITY_RELU, -2, -0.0, 0, 0);
    expect_one(SRNN_NONLINEARITY_RELU, INFINITY, 0, 0, 0);
    expect_one(SRNN_NONLINEARITY_RELU, NAN, 0, 0, 0);
    expect_one(SRNN_NONLINEARITY_RELU, 2, NAN, 0, 2);
}

static void test_activation_gradient__flushes_what_is_tiny(void **state)
{
    (void)state;
    expect_one(SRNN_NONLINEARITY_IDENTITY, 2, 3, 0, 2);
    expect_one(SRNN_NONLINEARITY_IDENTITY, -0.0, 3, 0, 0); /* -0 + 0 */
    expect_one(SRNN_NONLINEARITY_IDENTITY, 0x1p-140, 3, 0, 0x1p-140);
    expect_one(SRNN_NONLINEARITY_IDENTITY, 0x1p-100, 3, 0x1p-100, 0x1p-100);
    expect_one(SRNN_NONLINEARITY_IDENTITY, -0x1p-100, 3, 0x1p-100, -0x1p-100);
    expect_one(SRNN_NONLINEARITY_IDENTITY, 0x1.fp-101, 3, 0x1p-100, 0);
    expect_one(SRNN_NONLINEARITY_IDENTITY, -0x1.fp-101, 3, 0x1p-100, 0);
    expect_one(SRNN_NONLINEARITY_IDENTITY, NAN, 3, 0x1p-100, NAN);
    expect_one(SRNN_NONLINEARITY_IDENTITY, -INFINITY, 3, 0x1p-100, -INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activation_gradient__is_that_of_the_oracle),
        cmocka_unit_test(test_activation_gradient__of_tanh),
        cmocka_unit_test(test_activation_gradient__of_sigmoid),
        cmocka_unit_test(test_activation_gradient__of_relu_selects),
        cmocka_unit_test(test_activation_gradient__flushes_what_is_tiny),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
