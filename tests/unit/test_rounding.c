/* SPDX-License-Identifier: MIT */
/* tanh and sigmoid in the rounding modes that a program may have set: less
 * accurate than to nearest, but never out of their range. The largest errors
 * are printed. */
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pointwise/activation.h"
#include "simd/isa.h"

enum { COUNT = 200001, MODES = 3 };

static const int modes[MODES] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

/* What README.md says: 6e-6 and 7e-12. */
static const double f32_bound = 100 * 0x1p-24;
static const double f64_bound = 63000 * 0x1p-53;

static float x32[COUNT];
static double x64[COUNT];

/* Of one function at these. Another machine than x86 may take long for them. */
static long double wanted32[COUNT];
static long double wanted64[COUNT];

static bool is_tanh(srnn_nonlinearity kind)
{
    return kind == SRNN_NONLINEARITY_TANH;
}

static long double value(srnn_nonlinearity kind, double x)
{
    return is_tanh(kind) ? tanhl(x) : 1 / (1 + expl(-(long double)x));
}

static void fill(void)
{
    for (int i = 0; i < COUNT; i++) {
        x64[i] = 24.0 * i / (COUNT - 1) - 12;
        x32[i] = (float)x64[i];
    }
}

static void run(srnn_nonlinearity kind, srnn_isa isa, int mode)
{
    srnn_activation_function *const of_f32 =
        srnn_activation__find(kind, isa, SRNN_DTYPE_FLOAT32);
    srnn_activation_function *const of_f64 =
        srnn_activation__find(kind, isa, SRNN_DTYPE_FLOAT64);
    const int before = fegetround();
    assert_int_equal(fesetround(mode), 0);
    of_f32(x32, COUNT);
    of_f64(x64, COUNT);
    assert_int_equal(fesetround(before), 0);
}

static void check(srnn_nonlinearity kind, srnn_isa isa, int mode)
{
    static float y32[COUNT];
    static double y64[COUNT];
    double worst32 = 0;
    double worst64 = 0;
    fill();
    run(kind, isa, mode);
    memcpy(y32, x32, sizeof y32);
    memcpy(y64, x64, sizeof y64);
    for (int i = 0; i < COUNT; i++) {
        const double least = is_tanh(kind) ? -1 : 0;
        assert_true(y32[i] >= least && y32[i] <= 1);
        assert_true(y64[i] >= least && y64[i] <= 1);
        const double e32 = (double)fabsl((long double)y32[i] - wanted32[i]);
        const double e64 = (double)fabsl((long double)y64[i] - wanted64[i]);
        worst32 = fmax(worst32, e32);
        worst64 = fmax(worst64, e64);
    }
    print_message("%s, isa %d, mode %d: %.2g in float32, %.2g in float64\n",
                  is_tanh(kind) ? "tanh" : "sigmoid", (int)isa, mode, worst32,
                  worst64);
    assert_true(worst32 <= f32_bound);
    assert_true(worst64 <= f64_bound);
}

static void check_modes(srnn_nonlinearity kind)
{
    fill();
    for (int i = 0; i < COUNT; i++) {
        wanted32[i] = value(kind, x32[i]);
        wanted64[i] = value(kind, x64[i]);
    }
    for (srnn_isa isa = SRNN_ISA_BASELINE; isa <= SRNN_ISA_NEON; isa++)
        for (int i = 0; i < MODES && srnn_supports(isa) == 1; i++)
            check(kind, isa, modes[i]);
}

static void test_rounding__tanh_stays_near(void **state)
{
    (void)state;
    check_modes(SRNN_NONLINEARITY_TANH);
}

static void test_rounding__sigmoid_stays_near(void **state)
{
    (void)state;
    check_modes(SRNN_NONLINEARITY_SIGMOID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding__tanh_stays_near),
        cmocka_unit_test(test_rounding__sigmoid_stays_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
