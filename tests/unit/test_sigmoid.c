/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind */
/* sigmoid of every instruction set here: all float32 inputs, a great many
 * float64 ones. What must hold: in [0,1], monotone, NaN kept, subnormal results
 * as near as others, and the largest error, which is printed. All instruction
 * sets with FMA give the bits of the scalar oracle. */
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
#include "util/float_mode.h"

static const bounds f32_bounds = {1.0, 1.5};
static const bounds f64_bounds = {1.1, 2.0};

static srnn_activation_function *sigmoid_on(srnn_isa isa, srnn_dtype dtype)
{
    return srnn_activation__find(SRNN_NONLINEARITY_SIGMOID, isa, dtype);
}

/* Nearer to 0 the result is 1/2, further away 0 or 1. */
static bool is_measured(float x)
{
    return fabsf(x) >= 0x1p-26f && fabsf(x) <= 105;
}

static float plain_result(float x)
{
    return fabsf(x) < 1 ? 0.5f : x < 0 ? 0.0f : 1.0f;
}

/* Ascending numbers of one sign, and what must come of them: the double
 * reference is within 2 units of its own last place, which are 2^-28 of those
 * measured here. The last block of each sign has NaNs too. The oracle is slow,
 * and asked in some blocks. */
static void fill_f32(worker *w, uint32_t first, bool has_oracle)
{
    const bool is_negative = first >> 31 != 0;
    for (uint32_t i = 0; i < BLOCK; i++) {
        const float x = from_bits(first + (is_negative ? BLOCK - 1 - i : i));
        w->x32[i] = x;
        w->oracle32[i] = plain_result(x);
        if (!is_measured(x))
            continue;
        w->wanted32[i] = 1 / (1 + exp(-(double)x));
        if (has_oracle)
            w->oracle32[i] = reference_sigmoid_f32(x);
    }
}

/* Never down from one number to the next, so that all results lie between those
 * of the infinities, which are 0 and 1. */
static void check_order(worker *w, const subject *s, float before)
{
    for (int i = 0; i < BLOCK; i++) {
        if (isnan(w->x32[i])) {
            if (!isnan(w->y32[i]))
                note(w, s, "NaN is lost", (double)w->x32[i], (double)w->y32[i]);
            continue;
        }
        if (!(w->y32[i] >= before && w->y32[i] <= 1))
            note(w, s, "steps back", (double)w->x32[i], (double)w->y32[i]);
        before = w->y32[i];
    }
}

static void check_values(worker *w, subject *s, bool has_oracle)
{
    for (int i = 0; i < BLOCK; i++) {
        const float x = w->x32[i];
        if (isnan(x))
            continue;
        if (bits_of(w->y32[i]) != bits_of(w->oracle32[i]) &&
            (!is_measured(x) || (has_oracle && has_fma(s->isa))))
            note(w, s, "not the oracle's", (double)x, (double)w->y32[i]);
        if (is_measured(x))
            s->worst = fmax(s->worst,
                            fabs((double)w->y32[i] - w->wanted32[i]) /
                                fmax(last_place(w->wanted32[i], 24), 0x1p-149));
    }
}

/* The bits of the instruction set before; NaN for NaN, of whatever bits. */
static void check_same(worker *w, const subject *s)
{
    for (int i = 0; i < BLOCK; i++)
        if (!isnan(w->x32[i]) && bits_of(w->y32[i]) != bits_of(w->z32[i]))
            note(w, s, "other bits", (double)w->x32[i], (double)w->y32[i]);
}

/* The number before the block, or -infinity. */
static float before_block(uint32_t first)
{
    if (first == 0)
        return from_bits(0x80000000u);
    return first >> 31 == 0 ? from_bits(first - 1) : from_bits(first + BLOCK);
}

enum { ORACLE_EVERY = 8, SUBNORMAL_EVERY = 16 }; /* blocks */

/* Where all results are 0 or 1. Those that are 0 are subnormal on the way,
 * which takes x86 long, so most of these blocks are computed in the mode that
 * flushes. That changes no result here. */
static bool is_flushed(uint32_t block)
{
    const float first = from_bits(block * BLOCK);
    return !is_measured(first) && fabsf(first) > 1 &&
           block % SUBNORMAL_EVERY != 0;
}

static void apply(srnn_activation_function *sigmoid, float *x, int64_t count,
                  bool flushes)
{
    const uint64_t mode = srnn_float_mode__begin(flushes);
    sigmoid(x, count);
    srnn_float_mode__end(flushes, mode);
}

/* What an instruction set with FMA gives is looked at once: the others give the
 * same bits, or all they give is looked at, too. */
static void check_f32_block(worker *w, uint32_t block)
{
    const uint32_t first = block * BLOCK;
    const float before = before_block(first);
    const bool has_oracle = block % ORACLE_EVERY == 0;
    const bool flushes = is_flushed(block);
    const subject *seen = NULL; /* z32 is of it */
    float seen_least = 0;
    fill_f32(w, first, has_oracle);
    for (int i = 0; i < w->count; i++) {
        subject *const s = &w->subjects[i];
        srnn_activation_function *const sigmoid =
            sigmoid_on(s->isa, SRNN_DTYPE_FLOAT32);
        memcpy(w->y32, w->x32, sizeof w->y32);
        apply(sigmoid, w->y32, BLOCK, flushes);
        float least = before;
        apply(sigmoid, &least, 1, flushes);
        if (seen != NULL && least == seen_least &&
            memcmp(w->y32, w->z32, sizeof w->y32) == 0) {
            s->worst = fmax(s->worst, seen->worst);
            continue;
        }
        check_order(w, s, isnan(before) ? 0 : least);
        check_values(w, s, has_oracle);
        if (!has_fma(s->isa))
            continue;
        if (seen != NULL)
            check_same(w, s);
        memcpy(w->z32, w->y32, sizeof w->z32);
        seen = s;
        seen_least = least;
    }
}

static void test_sigmoid__of_all_float32(void **state)
{
    (void)state;
    check_blocks(check_f32_block, is_computed,
                 (uint32_t)((UINT64_C(1) << 32) / BLOCK), "sigmoid float32",
                 f32_bounds);
}

/* 10^8 inputs; every MEASURED-th block is held against the oracle and expl. */
enum { F64_BLOCKS = 100000000 / BLOCK, MEASURED = 20 };

/* Pairs of ascending neighbours of either sign between 2^-30 and 1024. */
static void fill_f64(worker *w, uint64_t seed)
{
    for (int i = 0; i < BLOCK; i += 2) {
        const uint64_t random = next_random(&seed);
        const uint64_t exponent = 1023 - 30 + random % 40;
        const uint64_t bits = exponent << 52 | random >> 12;
        memcpy(&w->x64[i], &bits, sizeof bits);
        if (random >> 6 & 1)
            w->x64[i] = -w->x64[i];
        w->x64[i + 1] = nextafter(w->x64[i], INFINITY);
    }
}

static void measure_f64(worker *w, subject *s)
{
    for (int i = 0; i < BLOCK; i++) {
        const double x = w->x64[i];
        const double y = w->y64[i];
        const long double wanted = 1 / (1 + expl(-(long double)x));
        const double place = fmax(ldexp(1, ilogbl(wanted) - 52), 0x1p-1074);
        s->worst =
            fmax(s->worst, (double)fabsl((long double)y - wanted) / place);
        if (has_fma(s->isa) && y != reference_sigmoid_f64(x))
            note(w, s, "not the oracle's", x, y);
    }
}

static void check_f64_block(worker *w, uint32_t block)
{
    bool has_first = false;
    fill_f64(w, (uint64_t)block << 32);
    for (int i = 0; i < w->count; i++) {
        subject *const s = &w->subjects[i];
        memcpy(w->y64, w->x64, sizeof w->y64);
        sigmoid_on(s->isa, SRNN_DTYPE_FLOAT64)(w->y64, BLOCK);
        for (int j = 0; j < BLOCK; j += 2)
            /* The baseline may step back in the last place. */
            if (!(w->y64[j] >= 0 && w->y64[j + 1] <= 1) ||
                (has_fma(s->isa) && !(w->y64[j] <= w->y64[j + 1])))
                note(w, s, "in the pair of", w->x64[j], w->y64[j]);
        if (block % MEASURED == 0)
            measure_f64(w, s);
        has_first |= check_first_f64(w, s, has_first);
    }
}

static void test_sigmoid__of_many_float64(void **state)
{
    (void)state;
    check_blocks(check_f64_block, is_always_computed, F64_BLOCKS,
                 "sigmoid float64", f64_bounds);
}

/* Of float64, where not all can be tried. */
static void test_sigmoid__of_special_values(void **state)
{
    (void)state;
    subject subjects[SRNN_ISA_COUNT];
    const int count = list_subjects(subjects);
    for (int i = 0; i < count; i++) {
        double d[] = {-0.0,   0,       INFINITY, -INFINITY, NAN,
                      5e-324, -5e-324, -746,     746,       -745};
        sigmoid_on(subjects[i].isa, SRNN_DTYPE_FLOAT64)(d, 10);
        assert_true(d[0] == 0.5 && d[1] == 0.5 && d[5] == 0.5 && d[6] == 0.5);
        assert_true(d[2] == 1 && d[3] == 0 && isnan(d[4]));
        assert_true(d[7] == 0 && d[8] == 1);
        assert_true(d[9] == 5e-324); /* e^-745 is 1.01 of it */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigmoid__of_all_float32),
        cmocka_unit_test(test_sigmoid__of_many_float64),
        cmocka_unit_test(test_sigmoid__of_special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
