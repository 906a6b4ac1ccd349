/* SPDX-License-Identifier: MIT */
/* How rates are measured, with a product that takes as long as a test says, on
 * a clock that nothing else moves. The linker lets src/stack/rates.c call the
 * functions __wrap_... here. What was measured stays for the whole process, so
 * each test has an instruction set or a rate of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "stack/rates.h"

/* An L2 that holds two blocks of a float32 weight with K columns. */
enum { H = 1024, K = 1024, L2 = 1 << 20, MOST_CALLS = 64 };

/* Rates that are not to be measured are set. */
static const int64_t only[SRNN_RATE_COUNT][SRNN_RATE_COUNT] = {
    {0, 1, 1}, {1, 0, 1}, {1, 1, 0}};
static const int64_t none_set[SRNN_RATE_COUNT] = {0};
static const double long_call = 1e9;

static int64_t now;
static int64_t costs[MOST_CALLS]; /* of each product, in nanoseconds */
static struct {
    int64_t rows, columns, first;
} calls[MOST_CALLS];
static int call_count;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap___clock_gettime64(clockid_t clock, struct timespec *out);
int64_t __wrap_srnn_os__l2_bytes(void);

/* A static cmocka reads another clock here. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    if (clock != CLOCK_MONOTONIC)
        return __real_clock_gettime(clock, out);
    out->tv_sec = (time_t)(now / 1000000000);
    out->tv_nsec = (long)(now % 1000000000);
    return 0;
}

/* The name of clock_gettime for a time_t that is longer than a long. */
int __wrap___clock_gettime64(clockid_t clock, struct timespec *out)
{
    assert_int_equal(clock, CLOCK_MONOTONIC);
    return __wrap_clock_gettime(clock, out);
}

int64_t __wrap_srnn_os__l2_bytes(void)
{
    return L2;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void product(srnn_matrix a, const srnn_gemm_weight *w, int64_t first,
                    const void *start, srnn_matrix c)
{
    assert_true(call_count < MOST_CALLS);
    assert_null(start);
    assert_int_equal(a.rows, c.rows);
    assert_int_equal(a.columns, w->matrix.columns);
    assert_ptr_equal(a.data, w->matrix.data);
    assert_in_range(first + c.columns, 1, w->matrix.rows);
    calls[call_count].rows = a.rows;
    calls[call_count].columns = c.columns;
    calls[call_count].first = first;
    now += costs[call_count++];
}

static void set_costs(int64_t cost)
{
    for (int i = 0; i < MOST_CALLS; i++)
        costs[i] = cost;
}

typedef struct {
    srnn_isa isa;
    int64_t rows, columns; /* of the weight; 0: H and K */
    srnn_dtype dtype;      /* 0: float32 */
    srnn_gemm gemm;        /* 0: native */
} machine;

/* Returns how many products were timed or not. */
static int measure(const machine *m, const int64_t *set, double call_time)
{
    static float data[1];
    const srnn_cell_kernels kernels = {.gemm = m->gemm == 0 ? SRNN_GEMM_NATIVE
                                                            : m->gemm,
                                       .isa = m->isa,
                                       .product = product};
    const int64_t columns = m->columns == 0 ? K : m->columns;
    const srnn_gemm_weight weight = {
        .matrix = {data, m->rows == 0 ? H : m->rows, columns, columns}};
    call_count = 0;
    memset(calls, 0, sizeof calls);
    srnn_rates__measure(&kernels, &weight,
                        m->dtype == 0 ? SRNN_DTYPE_FLOAT32 : m->dtype, set,
                        call_time);
    return call_count;
}

static double rate_of(srnn_isa isa, srnn_rate rate)
{
    return srnn_rates__get(isa, none_set).of[rate];
}

static int64_t count(srnn_isa isa)
{
    return srnn_rates__count_measured(isa, none_set);
}

static void assert_rate(srnn_isa isa, srnn_rate rate, double amount,
                        int64_t cost)
{
    assert_true(rate_of(isa, rate) == amount / (double)cost);
}

/* Of operations three products of one panel are timed, and one before is not.
 * The blocks of L2 fill half of it: one. Those of L3 are more than 1.5 of it:
 * four, each once. */
static void test_measured_rates__are_amount_by_time(void **state)
{
    enum { COST = 10000 };
    const machine m = {.isa = SRNN_ISA_BASELINE};
    const int64_t block = 2 * SRNN_GEMM_PANEL * K * 4;
    (void)state;
    set_costs(COST);
    assert_int_equal(measure(&m, only[SRNN_RATE_OPERATIONS], long_call), 4);
    const int64_t rows = calls[0].rows;
    assert_true(rows > 1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(calls[i].rows, rows);
        assert_int_equal(calls[i].columns, SRNN_GEMM_PANEL);
        assert_int_equal(calls[i].first, 0);
    }
    assert_int_equal(count(m.isa), 1);
    assert_rate(m.isa, SRNN_RATE_OPERATIONS,
                2.0 * (double)rows * SRNN_GEMM_PANEL * K, COST);

    assert_int_equal(measure(&m, only[SRNN_RATE_L3], long_call), 8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(calls[i].rows, 1);
        assert_int_equal(calls[i].columns, 2 * SRNN_GEMM_PANEL);
        assert_int_equal(calls[i].first, i % 4 * 2 * SRNN_GEMM_PANEL);
    }
    assert_int_equal(count(m.isa), 2);
    assert_rate(m.isa, SRNN_RATE_L3, (double)block, COST);

    set_costs(2 * COST);
    assert_int_equal(measure(&m, none_set, long_call), 4);
    assert_int_equal(calls[3].rows, 1);
    assert_int_equal(calls[3].first, 0);
    assert_int_equal(count(m.isa), 3);
    assert_rate(m.isa, SRNN_RATE_L2, (double)block, 2 * COST);
    assert_int_equal(measure(&m, none_set, long_call), 0);
    assert_int_equal(srnn_rates__count_measured(m.isa, only[SRNN_RATE_L2]), 1);
    assert_true(srnn_rates__get(m.isa, only[SRNN_RATE_L2]).of[SRNN_RATE_L3] ==
                1);
    assert_true(srnn_rates__get(m.isa, none_set).l2_bytes == L2);
}

/* The operations of a float64 product count twice. */
static void test_measured_rates__of_doubles(void **state)
{
    const machine m = {.isa = SRNN_ISA_AVX2, .dtype = SRNN_DTYPE_FLOAT64};
    (void)state;
    set_costs(50000);
    assert_int_equal(measure(&m, only[SRNN_RATE_OPERATIONS], long_call), 4);
    assert_rate(m.isa, SRNN_RATE_OPERATIONS,
                4.0 * (double)calls[0].rows * SRNN_GEMM_PANEL * K, 50000);
}

/* Neither the first round counts nor the slower half of the others. */
static void test_measured_rates__ignore_what_was_interrupted(void **state)
{
    static const int64_t of_calls[] = {90000, 90000, 90000, 90000,
                                       90000, 9000,  9000,  90001};
    const machine m = {.isa = SRNN_ISA_AVX2};
    (void)state;
    memcpy(costs, of_calls, sizeof of_calls);
    assert_int_equal(measure(&m, only[SRNN_RATE_L3], long_call), 8);
    assert_rate(m.isa, SRNN_RATE_L3, 2.0 * SRNN_GEMM_PANEL * K * 4, 9000);
}

/* 1 % of the call, and at most a millisecond. What would take longer is not
 * begun, and what does take longer is given up, four times at most. */
static void test_measured_rates__have_a_budget(void **state)
{
    const machine m = {.isa = SRNN_ISA_AVX512};
    const machine large = {.isa = SRNN_ISA_AVX512, .columns = 2 * K};
    const double assumed = rate_of(m.isa, SRNN_RATE_L2);
    const double least = 100 * 4 * 2.0 * SRNN_GEMM_PANEL * K * 4 / assumed;
    (void)state;
    set_costs(5000);
    assert_int_equal(measure(&m, only[SRNN_RATE_L2], 0.999 * least), 0);
    set_costs((int64_t)(least / 100 / 4) + 1);
    assert_int_equal(measure(&m, only[SRNN_RATE_L2], 1.001 * least / 2), 0);
    for (int i = 0; i < 4; i++) { /* the fourth product ends too late */
        set_costs((int64_t)(least / 100 / 3) - 10);
        assert_int_equal(measure(&m, only[SRNN_RATE_L2], 1.001 * least), 4);
        assert_int_equal(count(m.isa), 0);
    }
    set_costs(5000);
    assert_int_equal(measure(&m, only[SRNN_RATE_L2], long_call), 0);
    assert_true(rate_of(m.isa, SRNN_RATE_L2) == assumed);

    set_costs(300000);
    assert_int_equal(measure(&large, only[SRNN_RATE_OPERATIONS], 1e12), 4);
    assert_int_equal(count(m.isa), 0);
    set_costs(200000);
    assert_int_equal(measure(&large, only[SRNN_RATE_OPERATIONS], 1e12), 4);
    assert_int_equal(count(m.isa), 1);
}

/* The first measurement takes of what the others have. */
static void test_measured_rates__share_the_budget(void **state)
{
    const machine m = {.isa = SRNN_ISA_NEON};
    (void)state;
    set_costs(245000);
    assert_int_equal(measure(&m, none_set, long_call), 4);
    assert_int_equal(calls[3].rows, calls[0].rows);
}

/* A sixteenth to sixteen times of what is assumed. */
static void test_measured_rates__are_plausible(void **state)
{
    const machine m = {.isa = SRNN_ISA_NEON};
    const machine other = {.isa = SRNN_ISA_AVX2};
    const double block = 2.0 * SRNN_GEMM_PANEL * K * 4;
    const double assumed = rate_of(m.isa, SRNN_RATE_L2);
    const int64_t high = (int64_t)(block / (16 * assumed));
    const int64_t low = (int64_t)(block / (assumed / 16));
    const int64_t before = count(m.isa);
    const int64_t of_other = count(other.isa);
    (void)state;
    set_costs(high);
    assert_int_equal(measure(&m, only[SRNN_RATE_L2], long_call), 4);
    assert_int_equal(count(m.isa), before);
    set_costs(high + 1);
    assert_int_equal(measure(&m, only[SRNN_RATE_L2], long_call), 4);
    assert_int_equal(count(m.isa), before + 1);
    set_costs(low + 1);
    assert_int_equal(measure(&other, only[SRNN_RATE_L2], long_call), 4);
    assert_int_equal(count(other.isa), of_other);
    set_costs(low);
    assert_int_equal(measure(&other, only[SRNN_RATE_L2], long_call), 4);
    assert_int_equal(count(other.isa), of_other + 1);
}

/* Too small for a block, or for an L3, or of another provider. */
static void test_measured_rates__need_a_weight_of_some_size(void **state)
{
    const machine small = {.isa = SRNN_ISA_NEON,
                           .columns = 4 * SRNN_GEMM_PANEL - 1};
    const machine foreign = {.isa = SRNN_ISA_NEON, .gemm = SRNN_GEMM_OPENBLAS};
    const machine flat = {.isa = SRNN_ISA_NEON, .rows = 6 * SRNN_GEMM_PANEL};
    const machine large = {.isa = SRNN_ISA_NEON, .columns = 2 * K};
    (void)state;
    set_costs(20000);
    assert_int_equal(measure(&small, none_set, long_call), 0);
    assert_int_equal(measure(&foreign, none_set, long_call), 0);
    assert_int_equal(measure(&flat, only[SRNN_RATE_L3], long_call), 0);
    assert_int_equal(measure(&large, only[SRNN_RATE_L2], long_call), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measured_rates__need_a_weight_of_some_size),
        cmocka_unit_test(test_measured_rates__are_amount_by_time),
        cmocka_unit_test(test_measured_rates__of_doubles),
        cmocka_unit_test(test_measured_rates__ignore_what_was_interrupted),
        cmocka_unit_test(test_measured_rates__have_a_budget),
        cmocka_unit_test(test_measured_rates__share_the_budget),
        cmocka_unit_test(test_measured_rates__are_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
