/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind */
/* Activations of every instruction set here, except sigmoid, which has a test
 * of its own: tanh of all float32 inputs and of a great many float64 ones. What
 * must hold of it: odd, monotone, at most 1, -0 and subnormals themselves, NaN
 * kept, and the largest error, which is printed. All instruction sets with FMA
 * give the bits of the scalar oracle. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/reference_activation.h"
#include "unit/activation_blocks.h"

/* What README.md says. */
static const bounds f32_bounds = {0.99, 0.99};

/* Where a long double is a double, tanhl may be off by 2 itself. */
enum { OF_TANHL = LDBL_MANT_DIG > DBL_MANT_DIG ? 0 : 2 };
static const bounds f64_bounds = {0.998 + OF_TANHL, 1.18 + OF_TANHL};

/* From 2^-12 on x is not its own result, above 9.02 the result is 1. */
static bool is_measured(float x)
{
    return x >= 0x1p-12f && x <= 9.02f;
}

/* Consecutive positive numbers, and what must come of them: glibc's double tanh
 * is within 2 units of its own last place, which are 2^-28 of those measured
 * here. */
static void fill_f32(worker *w, uint32_t first)
{
    for (uint32_t i = 0; i < BLOCK; i++) {
        const float x = from_bits(first + i);
        w->x32[i] = x;
        w->z32[i] = -x;
        w->oracle32[i] = x > 9 ? 1 : x;
        if (!is_measured(x))
            continue;
        w->wanted32[i] = tanh((double)x);
        w->oracle32[i] = reference_tanh_f32(x);
    }
}

/* Never down from one number to the next, never above 1; the block begins where
 * the one before ended, so every neighbour is seen. */
static void check_order(worker *w, const subject *s, const float *y,
                        float before)
{
    for (int i = 0; i < BLOCK; i++) {
        if (!(y[i] >= before && y[i] <= 1) && !isnan(w->x32[i]))
            note(w, s, "steps back", (double)w->x32[i], (double)y[i]);
        before = y[i];
    }
}

static void measure_f32(worker *w, subject *s)
{
    for (int i = 0; i < BLOCK; i++)
        if (is_measured(w->x32[i]))
            s->worst = fmax(s->worst, fabs((double)w->y32[i] - w->wanted32[i]) /
                                          last_place(w->wanted32[i], 24));
}

/* With FMA the oracle's bits; without, itself or 1 where that is the result.
 * NaN for NaN, of whatever bits. */
static bool is_right(const worker *w, const subject *s, int i)
{
    const float x = w->x32[i];
    if (isnan(x))
        return isnan(w->y32[i]) && isnan(w->z32[i]);
    return bits_of(w->z32[i]) == (bits_of(w->y32[i]) ^ 0x80000000u) &&
           (bits_of(w->y32[i]) == bits_of(w->oracle32[i]) ||
            (!has_fma(s->isa) && is_measured(x)));
}

static void check_f32_results(worker *w, subject *s, float before)
{
    uint32_t wrong = 0;
    for (int i = 0; i < BLOCK; i++)
        wrong |= (bits_of(w->y32[i]) ^ bits_of(w->oracle32[i])) |
                 (bits_of(w->z32[i]) ^ bits_of(w->oracle32[i]) ^ 0x80000000u);
    for (int i = 0; wrong != 0 && i < BLOCK; i++)
        if (!is_right(w, s, i))
            note(w, s, "wrong", (double)w->x32[i], (double)w->y32[i]);
    if (wrong != 0)
        check_order(w, s, w->y32, before);
}

static float single(srnn_activation_function *tanh_of, float x)
{
    tanh_of(&x, 1);
    return x;
}

static void check_f32_block(worker *w, uint32_t block)
{
    const uint32_t first = block * BLOCK;
    const float before = block == 0 ? 0 : from_bits(first - 1);
    fill_f32(w, first);
    check_order(w, NULL, w->oracle32,
                is_measured(before) ? reference_tanh_f32(before)
                                    : fminf(before, 1));
    for (int i = 0; i < w->count; i++) {
        subject *const s = &w->subjects[i];
        srnn_activation_function *const tanh_of = srnn_activation__find(
            SRNN_NONLINEARITY_TANH, s->isa, SRNN_DTYPE_FLOAT32);
        memcpy(w->y32, w->x32, sizeof w->y32);
        for (int j = 0; j < BLOCK; j++)
            w->z32[j] = -w->x32[j];
        tanh_of(w->y32, BLOCK);
        tanh_of(w->z32, BLOCK);
        check_f32_results(w, s, isnan(before) ? 1 : single(tanh_of, before));
        if (is_computed(block))
            measure_f32(w, s);
    }
}

static void test_activation__tanh_of_all_float32(void **state)
{
    (void)state;
    check_blocks(check_f32_block, is_computed, 0x80000000u / BLOCK,
                 "tanh float32", f32_bounds);
}

/* 10^9 inputs, of which the slow baseline has a tenth; every MEASURED-th block
 * is held against the oracle and tanhl. */
enum { F64_BLOCKS = 1000000000 / BLOCK, BASELINE_EVERY = 10, MEASURED = 100 };

/* Pairs of neighbours between 2^-30 and 32, in all bits. */
static void fill_f64(worker *w, uint64_t seed)
{
    for (int i = 0; i < BLOCK; i += 2) {
        const uint64_t random = next_random(&seed);
        const uint64_t exponent = 1023 - 30 + random % 35;
        uint64_t bits = exponent << 52 | random >> 12;
        memcpy(&w->x64[i], &bits, sizeof bits);
        bits++;
        memcpy(&w->x64[i + 1], &bits, sizeof bits);
    }
}

static void measure_f64(worker *w, subject *s)
{
    for (int i = 0; i < BLOCK; i++) {
        const double y = w->y64[i];
        const long double wanted = tanhl((long double)w->x64[i]);
        s->worst = fmax(s->worst, (double)fabsl((long double)y - wanted) /
                                      last_place(y, 53));
        if (has_fma(s->isa) && y != reference_tanh_f64(w->x64[i]))
            note(w, s, "not the oracle's", w->x64[i], y);
    }
}

static void check_f64_results(worker *w, const subject *s)
{
    bool good = true;
    for (int i = 0; i < BLOCK; i++)
        good &= (w->z64[i] == -w->y64[i]) & (w->y64[i] <= 1) & (w->y64[i] > 0);
    /* The baseline may step back in the last place. */
    for (int i = 1; i < BLOCK && has_fma(s->isa); i += 2)
        good &= w->y64[i] >= w->y64[i - 1];
    if (!good)
        note(w, s, "in the block of", w->x64[0], w->y64[0]);
}

static void check_f64_block(worker *w, uint32_t block)
{
    bool has_first = false;
    fill_f64(w, (uint64_t)block << 32);
    for (int i = 0; i < w->count; i++) {
        subject *const s = &w->subjects[i];
        if (!has_fma(s->isa) && block % BASELINE_EVERY != 0)
            continue;
        srnn_activation_function *const tanh_of = srnn_activation__find(
            SRNN_NONLINEARITY_TANH, s->isa, SRNN_DTYPE_FLOAT64);
        memcpy(w->y64, w->x64, sizeof w->y64);
        for (int j = 0; j < BLOCK; j++)
            w->z64[j] = -w->x64[j];
        tanh_of(w->y64, BLOCK);
        tanh_of(w->z64, BLOCK);
        check_f64_results(w, s);
        if (block % MEASURED == 0)
            measure_f64(w, s);
        has_first |= check_first_f64(w, s, has_first);
    }
}

static void test_activation__tanh_of_many_float64(void **state)
{
    (void)state;
    check_blocks(check_f64_block, is_always_computed, F64_BLOCKS,
                 "tanh float64", f64_bounds);
}

static void for_each_isa(void (*check)(srnn_isa isa))
{
    subject subjects[SRNN_ISA_COUNT];
    const int count = list_subjects(subjects);
    for (int i = 0; i < count; i++)
        check(subjects[i].isa);
}

static void check_special(srnn_isa isa)
{
    float f[] = {-0.0f, 0, INFINITY, -INFINITY, NAN, 1e-45f, -1e-45f};
    double d[] = {-0.0, 0, INFINITY, -INFINITY, NAN, 5e-324, -5e-324};
    srnn_activation__find(SRNN_NONLINEARITY_TANH, isa, SRNN_DTYPE_FLOAT32)(f,
                                                                           7);
    srnn_activation__find(SRNN_NONLINEARITY_TANH, isa, SRNN_DTYPE_FLOAT64)(d,
                                                                           7);
    assert_true(f[0] == 0 && signbit(f[0]) && f[1] == 0 && !signbit(f[1]));
    assert_true(f[2] == 1 && f[3] == -1 && isnan(f[4]));
    assert_true(f[5] == 1e-45f && f[6] == -1e-45f);
    assert_true(d[0] == 0 && signbit(d[0]) && d[1] == 0 && !signbit(d[1]));
    assert_true(d[2] == 1 && d[3] == -1 && isnan(d[4]));
    assert_true(d[5] == 5e-324 && d[6] == -5e-324);
}

static void test_activation__tanh_of_special_values(void **state)
{
    (void)state;
    for_each_isa(check_special);
}

static void check_relu(srnn_isa isa)
{
    for (int count = 0; count <= 40; count++) {
        float f[41];
        double d[41];
        for (int i = 0; i <= 40; i++) {
            f[i] = i % 5 == 4 ? NAN : (float)(i % 7 - 3);
            d[i] = (double)f[i];
        }
        srnn_activation__find(SRNN_NONLINEARITY_RELU, isa,
                              SRNN_DTYPE_FLOAT32)(f, count);
        srnn_activation__find(SRNN_NONLINEARITY_RELU, isa,
                              SRNN_DTYPE_FLOAT64)(d, count);
        for (int i = 0; i <= 40; i++) {
            const double x = i % 7 - 3;
            const double wanted = i < count ? fmax(x, 0) : x;
            assert_true(i % 5 == 4 ? isnan(f[i]) : (double)f[i] == wanted);
            assert_true(i % 5 == 4 ? isnan(d[i]) : d[i] == wanted);
        }
    }
}

static void test_activation__relu_keeps_nan_and_its_range(void **state)
{
    (void)state;
    for_each_isa(check_relu);
}

static void check_identity(srnn_isa isa)
{
    float f[] = {-0.0f, 1.5f, INFINITY, -INFINITY, NAN, 1e-45f, -3};
    double d[] = {-0.0, 1.5, INFINITY, -INFINITY, NAN, 5e-324, -3};
    float f_before[7];
    double d_before[7];
    memcpy(f_before, f, sizeof f);
    memcpy(d_before, d, sizeof d);
    srnn_activation__find(SRNN_NONLINEARITY_IDENTITY, isa,
                          SRNN_DTYPE_FLOAT32)(f, 7);
    srnn_activation__find(SRNN_NONLINEARITY_IDENTITY, isa,
                          SRNN_DTYPE_FLOAT64)(d, 7);
    assert_memory_equal(f, f_before, sizeof f);
    assert_memory_equal(d, d_before, sizeof d);
}

static void test_activation__identity_changes_nothing(void **state)
{
    (void)state;
    for_each_isa(check_identity);
}

/* A value has one result, wherever it stands. */
static void check_positions_of(srnn_activation_function *function)
{
    for (int count = 1; count <= 40; count++) {
        float together[40];
        for (int i = 0; i < count; i++)
            together[i] = (float)i / 7 - 2;
        function(together, count);
        for (int i = 0; i < count; i++) {
            float alone = (float)i / 7 - 2;
            function(&alone, 1);
            assert_true(bits_of(alone) == bits_of(together[i]));
        }
    }
}

static void check_positions(srnn_isa isa)
{
#define CHECK(id, word, x)                                                     \
    check_positions_of(srnn_activation__find(SRNN_NONLINEARITY_##id, isa,      \
                                             SRNN_DTYPE_FLOAT32));
    SRNN_ACTIVATION_ROWS(CHECK, )
}

static void test_activation__bits_do_not_depend_on_position(void **state)
{
    (void)state;
    for_each_isa(check_positions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activation__tanh_of_all_float32),
        cmocka_unit_test(test_activation__tanh_of_many_float64),
        cmocka_unit_test(test_activation__tanh_of_special_values),
        cmocka_unit_test(test_activation__relu_keeps_nan_and_its_range),
        cmocka_unit_test(test_activation__identity_changes_nothing),
        cmocka_unit_test(test_activation__bits_do_not_depend_on_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
