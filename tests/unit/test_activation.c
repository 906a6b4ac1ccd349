/* SPDX-License-Identifier: MIT */
/* tanh and relu of every instruction set here: all float32 inputs, a great many
 * float64 ones. What must hold of tanh: odd, monotone, at most 1, -0 and
 * subnormals themselves, NaN kept, and the largest error, which is printed. All
 * instruction sets with FMA give the bits of the scalar oracle. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pointwise/activation.h"
#include "support/reference_tanh.h"
#include "tensor/dtype.h"

/* Under a sanitizer a sample of the blocks has to do. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW 1
#endif
#endif
#ifdef SLOW
enum { EVERY = 499 };
#else
enum { EVERY = 1 };
#endif

enum { BLOCK = 1 << 14 };

/* In units in the last place of the result. */
static const double f32_bound = 1.0;
static const double f64_bound = 1.5;
static const double baseline_bound = 2.0; /* both dtypes: rounds twice */

static bool has_fma(srnn_isa isa)
{
    return isa != SRNN_ISA_BASELINE;
}

static uint32_t bits_of(float x)
{
    uint32_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float x = 0;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^(exponent of x - digits + 1): the last place of a result like x. */
static double last_place(double x, int digits)
{
    uint64_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    bits = ((bits >> 52) - (uint64_t)(digits - 1)) << 52;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The instruction sets that are here, and what was seen of each. */
typedef struct {
    srnn_isa isa;
    float last; /* result so far: the next is not smaller */
    double worst;
} subject;

static int list_subjects(subject *subjects)
{
    int count = 0;
    for (srnn_isa isa = SRNN_ISA_BASELINE; isa <= SRNN_ISA_NEON; isa++)
        if (srnn_isa__check(isa) == SRNN_OK)
            subjects[count++] = (subject){isa, 0, 0};
    assert_true(count > 0);
    return count;
}

static void report(const subject *subjects, int count, const char *dtype,
                   double bound)
{
    for (int i = 0; i < count; i++) {
        const subject *const s = &subjects[i];
        print_message("tanh %s %s: largest error %.4f ulp\n", dtype,
                      srnn_isa__name(s->isa), s->worst);
        assert_true(s->worst > 0.5);
        assert_true(s->worst <= (has_fma(s->isa) ? bound : baseline_bound));
    }
}

static float x32[BLOCK], y32[BLOCK], z32[BLOCK];
static float oracle32[BLOCK];
static double wanted32[BLOCK];

/* From 2^-12 on x is not its own result, above 9.02 the result is 1. */
static bool is_measured(float x)
{
    return x >= 0x1p-12f && x <= 9.02f;
}

/* Consecutive positive numbers. glibc's double tanh is within 2 units of its
 * own last place, which are 2^-28 of those measured here. */
static void fill_f32(uint32_t first)
{
    for (uint32_t i = 0; i < BLOCK; i++) {
        x32[i] = from_bits(first + i);
        oracle32[i] = x32[i] > 9 ? 1 : x32[i];
        if (!is_measured(x32[i]))
            continue;
        wanted32[i] = tanh((double)x32[i]);
        oracle32[i] = reference_tanh_f32(x32[i]);
    }
}

/* All that must hold of one result, but for its error. */
static bool is_good_f32(const subject *s, int i)
{
    const float x = x32[i];
    const float y = y32[i];
    if (isnan(x))
        return isnan(y) && isnan(z32[i]);
    return bits_of(z32[i]) == (bits_of(y) ^ 0x80000000u) && y >= s->last &&
           y <= 1 && (is_measured(x) || bits_of(y) == bits_of(x < 1 ? x : 1));
}

static void measure_f32_block(subject *s)
{
    for (int i = 0; i < BLOCK; i++)
        if (is_measured(x32[i]))
            s->worst = fmax(s->worst, fabs((double)y32[i] - wanted32[i]) /
                                          last_place(wanted32[i], 24));
}

static void check_f32_block(subject *s)
{
    srnn_activation__function *const tanh_of = srnn_activation__find(
        SRNN_NONLINEARITY_TANH, s->isa, SRNN_DTYPE_FLOAT32);
    memcpy(y32, x32, sizeof y32);
    for (int i = 0; i < BLOCK; i++)
        z32[i] = -x32[i];
    tanh_of(y32, BLOCK);
    tanh_of(z32, BLOCK);
    for (int i = 0; i < BLOCK; i++) {
        if (!is_good_f32(s, i))
            fail_msg("%s: tanh(%.9g) is %.9g", srnn_isa__name(s->isa),
                     (double)x32[i], (double)y32[i]);
        s->last = y32[i];
    }
    measure_f32_block(s);
    if (has_fma(s->isa) && !isnan(x32[BLOCK - 1])) /* a NaN may be any NaN */
        assert_memory_equal(y32, oracle32, sizeof y32);
}

static void test_activation__tanh_of_all_float32(void **state)
{
    subject subjects[SRNN_ISA_COUNT];
    const int count = list_subjects(subjects);
    (void)state;
    for (uint32_t block = 0; block < 0x80000000u / BLOCK; block += EVERY) {
        fill_f32(block * BLOCK);
        for (int i = 0; i < count; i++)
            check_f32_block(&subjects[i]);
    }
    report(subjects, count, "float32", f32_bound);
}

/* Sebastiano Vigna's splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* 10^9 inputs; every MEASURED-th block is held against the oracle and tanhl. */
enum { F64_BLOCKS = 1000000000 / BLOCK, MEASURED = 100 };

static double x64[BLOCK], y64[BLOCK], z64[BLOCK];

/* Pairs of neighbours between 2^-30 and 32, in all bits. */
static void fill_f64(uint64_t seed)
{
    for (int i = 0; i < BLOCK; i += 2) {
        const uint64_t random = next_random(&seed);
        const uint64_t exponent = 1023 - 30 + random % 35;
        uint64_t bits = exponent << 52 | random >> 12;
        memcpy(&x64[i], &bits, sizeof bits);
        bits++;
        memcpy(&x64[i + 1], &bits, sizeof bits);
    }
}

static void measure_f64_block(subject *s)
{
    for (int i = 0; i < BLOCK; i++) {
        const long double wanted = tanhl((long double)x64[i]);
        s->worst = fmax(s->worst, (double)fabsl((long double)y64[i] - wanted) /
                                      last_place(y64[i], 53));
        if (has_fma(s->isa))
            assert_true(y64[i] == reference_tanh_f64(x64[i]));
    }
}

static void check_f64_block(subject *s)
{
    srnn_activation__function *const tanh_of = srnn_activation__find(
        SRNN_NONLINEARITY_TANH, s->isa, SRNN_DTYPE_FLOAT64);
    memcpy(y64, x64, sizeof y64);
    for (int i = 0; i < BLOCK; i++)
        z64[i] = -x64[i];
    tanh_of(y64, BLOCK);
    tanh_of(z64, BLOCK);
    bool good = true;
    for (int i = 0; i < BLOCK; i++)
        good &= (z64[i] == -y64[i]) & (y64[i] <= 1) & (y64[i] > 0);
    /* The baseline may step back in the last place. */
    for (int i = 1; i < BLOCK && has_fma(s->isa); i += 2)
        good &= y64[i] >= y64[i - 1];
    assert_true(good);
}

static void test_activation__tanh_of_many_float64(void **state)
{
    static double first[BLOCK]; /* of those with FMA */
    subject subjects[SRNN_ISA_COUNT];
    const int count = list_subjects(subjects);
    (void)state;
    for (uint64_t block = 0; block < F64_BLOCKS; block += EVERY) {
        bool has_first = false;
        fill_f64(block << 32);
        for (int i = 0; i < count; i++) {
            check_f64_block(&subjects[i]);
            if (block % MEASURED == 0)
                measure_f64_block(&subjects[i]);
            if (!has_fma(subjects[i].isa))
                continue;
            if (has_first)
                assert_memory_equal(y64, first, sizeof first);
            memcpy(first, y64, sizeof first);
            has_first = true;
        }
    }
    report(subjects, count, "float64", f64_bound);
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

/* A value has one result, wherever it stands. */
static void check_positions(srnn_isa isa)
{
    srnn_activation__function *const tanh_of =
        srnn_activation__find(SRNN_NONLINEARITY_TANH, isa, SRNN_DTYPE_FLOAT32);
    for (int count = 1; count <= 40; count++) {
        float together[40];
        for (int i = 0; i < count; i++)
            together[i] = (float)i / 7 - 2;
        tanh_of(together, count);
        for (int i = 0; i < count; i++) {
            float alone = (float)i / 7 - 2;
            tanh_of(&alone, 1);
            assert_true(bits_of(alone) == bits_of(together[i]));
        }
    }
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
        cmocka_unit_test(test_activation__bits_do_not_depend_on_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
