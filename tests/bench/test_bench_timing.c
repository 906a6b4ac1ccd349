/* SPDX-License-Identifier: MIT */
/* How samples are taken and summarised, on a clock that only the work and
 * looking at it move. The linker puts __wrap_clock_gettime in place of the C
 * library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "timing.h"

enum { US = 1000, MS = 1000000, MANY = 1000 };

/* Nanoseconds: of the clock, and what a look at it takes. */
static int64_t now, look;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    assert_int_equal(clock, CLOCK_MONOTONIC);
    now += look;
    out->tv_sec = (time_t)(now / 1000000000);
    out->tv_nsec = (long)(now % 1000000000);
    return 0;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* A call takes `usual` up to the end of the warm-up, then what the list says,
 * and at its end the usual again. */
typedef struct {
    int64_t usual;
    const int64_t *list;
    int64_t count, next;
    int64_t calls;
    int64_t warm; /* the time when the first call has ended, and 50 ms */
} work;

static void do_work(void *argument)
{
    work *const w = argument;
    w->calls++;
    if (w->calls == 1)
        w->warm = now + w->usual + 50 * MS;
    now += w->calls > 1 && now >= w->warm && w->next < w->count
               ? w->list[w->next++]
               : w->usual;
}

static bench_times measure(work *w, double seconds, int64_t samples)
{
    bench_times times = {0};
    const bench_effort effort = {seconds, samples};
    now = look = 0;
    assert_true(bench_timing_measure(&times, &effort, do_work, w));
    return times;
}

static void expect_seconds(double got, double wanted)
{
    const double error = got - wanted;
    if (error > 1e-12 || error < -1e-12)
        fail_msg("%.15g s, not %.15g", got, wanted);
}

/* A call of 7 us, of which a sample has several. */
static void test_bench_timing__divides_a_sample_by_its_calls(void **state)
{
    work w = {.usual = 7 * US};
    (void)state;
    const bench_times times = measure(&w, 0, 30);
    expect_seconds(times.median, 7e-6);
    expect_seconds(times.mean, 7e-6);
    expect_seconds(times.min, 7e-6);
    assert_int_equal(times.samples, 30);
    /* The first, 50 ms of them, and 30 samples of at least 20 us. */
    assert_int_equal(w.calls, 1 + 7143 + 30 * 3);
    assert_true(times.p99 == 0 && times.max == 0);
}

static void test_bench_timing__counts_both_efforts(void **state)
{
    work w = {.usual = 100 * MS};
    (void)state;
    assert_int_equal(measure(&w, 0.95, 3).samples, 10);
    w = (work){.usual = 100 * MS};
    assert_int_equal(measure(&w, 0.05, 12).samples, 12);
    w = (work){.usual = 100 * MS};
    assert_int_equal(measure(&w, 0, 1).samples, 1);
    /* More than the samples that there is room for at first. */
    w = (work){.usual = 1 * MS};
    assert_int_equal(measure(&w, 0, 777).samples, 777);
}

/* The median is the middle one, or lies between the two in the middle. */
static void test_bench_timing__summarises(void **state)
{
    static const int64_t list[] = {50 * MS, 10 * MS, 90 * MS, 30 * MS, 2 * MS,
                                   80 * MS, 20 * MS, 40 * MS, 60 * MS, 70 * MS};
    (void)state;
    work w = {.usual = 11 * MS / 10, .list = list, .count = 9};
    bench_times times = measure(&w, 0, 9);
    expect_seconds(times.median, 40e-3);
    expect_seconds(times.mean, 382e-3 / 9);
    expect_seconds(times.min, 2e-3);
    w = (work){.usual = 11 * MS / 10, .list = list, .count = 10};
    times = measure(&w, 0, 10);
    expect_seconds(times.median, 45e-3);
    expect_seconds(times.mean, 452e-3 / 10);
    w = (work){.usual = 11 * MS / 10, .list = list, .count = 2};
    times = measure(&w, 0, 2);
    expect_seconds(times.median, 30e-3);
}

/* 1 to 1000 us in no order, on a clock that takes 10 ns to look at. */
static void test_bench_timing__of_each_call_has_percentiles(void **state)
{
    static int64_t list[MANY];
    bench_times times = {0};
    (void)state;
    for (int i = 0; i < MANY; i++)
        list[i] = (int64_t)(1 + i * 7 % MANY) * US;
    work w = {.usual = 11 * MS / 10, .list = list, .count = MANY};
    now = 0;
    look = 10;
    assert_true(bench_timing_measure_each(&times, MANY, do_work, &w));
    expect_seconds(times.p99, 990e-6);
    expect_seconds(times.max, 1000e-6);
    assert_int_equal(w.next, MANY);
}

/* Seconds and their fractions. */
static void test_bench_timing__reads_the_clock(void **state)
{
    (void)state;
    look = 0;
    now = INT64_C(12345678901234);
    expect_seconds(bench_timing_now() - 12345, 0.678901234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bench_timing__divides_a_sample_by_its_calls),
        cmocka_unit_test(test_bench_timing__counts_both_efforts),
        cmocka_unit_test(test_bench_timing__summarises),
        cmocka_unit_test(test_bench_timing__of_each_call_has_percentiles),
        cmocka_unit_test(test_bench_timing__reads_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
