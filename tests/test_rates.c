/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind, no-qemu */
/* The rates that schedules are chosen by: set, assumed, measured. The library
 * takes clock_gettime() from here, so that a machine that is too busy, or made
 * slow by a sanitizer, ends every measurement in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"

/* Large enough for two of the rates, on any instruction set. */
enum { T = 100, B = 32, I = 512, H = 512 };

/* Each look at the clock takes as long as a product on a fast core. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    enum { LOOK = 5000 };
    static atomic_int_least64_t now;
    const int64_t then = atomic_fetch_add(&now, LOOK);
    (void)clock;
    out->tv_sec = (time_t)(then / 1000000000);
    out->tv_nsec = (long)(then % 1000000000);
    return 0;
}

static srnn_rnn *rnn;
static float *input, *output, *before;

static const srnn_context_option rates[] = {
    SRNN_CONTEXT_GFLOPS, SRNN_CONTEXT_L2_GBPS, SRNN_CONTEXT_L3_GBPS};
enum { RATES = sizeof rates / sizeof *rates };

static int make_all(void **state)
{
    (void)state;
    EXPECT_SUCCESS(srnn_rnn_create(&rnn, I, H, NULL, 1));
    input = malloc(sizeof *input * T * B * I);
    output = malloc(sizeof *output * T * B * H);
    before = malloc(sizeof *before * T * B * H);
    if (input == NULL || output == NULL || before == NULL)
        return -1;
    for (int64_t i = 0; i < T * B * I; i++)
        input[i] = (float)(i % 13 - 6) / 8;
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    srnn_rnn_destroy(rnn);
    free(input);
    free(output);
    free(before);
    return 0;
}

static srnn_context *make_context(int64_t threads)
{
    srnn_context *context = NULL;
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    EXPECT_SUCCESS(
        srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, threads));
    return context;
}

static void set(srnn_context *context, srnn_context_option option, int64_t v)
{
    EXPECT_SUCCESS(srnn_context_set_int(context, option, v));
}

static int64_t get(srnn_context *context, srnn_context_option option)
{
    int64_t value = -1;
    EXPECT_SUCCESS(srnn_context_get_int(&value, context, option));
    return value;
}

/* Runs some steps and says how many rates were measured. */
static int64_t run(srnn_context *context, int64_t steps)
{
    EXPECT_SUCCESS(srnn_context_forward_contiguous(context, steps, B, input,
                                                   NULL, output, NULL));
    return get(context, SRNN_CONTEXT_MEASURED_RATES);
}

static void test_rates__set_and_assumed(void **state)
{
    (void)state;
    srnn_context *const context = make_context(2);
    for (int i = 0; i < RATES; i++) {
        const int64_t assumed = get(context, rates[i]);
        assert_true(assumed >= 1 && assumed <= 1000);
        set(context, rates[i], 1000000);
        assert_int_equal(get(context, rates[i]), 1000000);
        set(context, rates[i], 0);
        assert_int_equal(get(context, rates[i]), assumed);
    }
    srnn_context_destroy(context);
}

static void test_rates__short_calls_do_not_measure(void **state)
{
    (void)state;
    srnn_context *const context = make_context(2);
    for (int64_t steps = 1; steps < 6; steps++)
        assert_int_equal(run(context, steps), 0);
    srnn_context_destroy(context);
}

static void test_rates__what_is_decided_does_not_measure(void **state)
{
    (void)state;
    srnn_context *const alone = make_context(1);
    assert_int_equal(run(alone, T), 0);
    srnn_context_destroy(alone);
    srnn_context *const context = make_context(2);
    set(context, SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_BATCH);
    assert_int_equal(run(context, T), 0);
    set(context, SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_AUTO);
    for (int i = 0; i < RATES; i++)
        set(context, rates[i], 50);
    assert_int_equal(run(context, T), 0);
    for (int i = 0; i < RATES; i++)
        set(context, rates[i], 0);
    assert_int_equal(get(context, SRNN_CONTEXT_MEASURED_RATES), 0);
    srnn_context_destroy(context);
}

static void test_rates__streams_do_not_measure(void **state)
{
    const int64_t in_shape[] = {T, B, I};
    const int64_t out_shape[] = {T, B, H};
    srnn_tensor *x = NULL;
    srnn_tensor *y = NULL;
    srnn_stream *stream = NULL;
    (void)state;
    srnn_context *const context = make_context(2);
    EXPECT_SUCCESS(srnn_tensor_wrap_const(&x, input, SRNN_DTYPE_FLOAT32, 3,
                                          in_shape, NULL));
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&y, output, SRNN_DTYPE_FLOAT32, 3, out_shape, NULL));
    EXPECT_SUCCESS(srnn_stream_create(&stream, context, B));
    EXPECT_SUCCESS(srnn_stream_advance(stream, context, x, NULL, NULL, y));
    assert_int_equal(get(context, SRNN_CONTEXT_MEASURED_RATES), 0);
    srnn_stream_destroy(stream);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_context_destroy(context);
}

/* A schedule follows from the rates, which are a slow memory's or a fast one's;
 * the bits do not. */
static void test_rates__decide_the_schedule_and_no_bit(void **state)
{
    (void)state;
    srnn_context *const context = make_context(2);
    set(context, SRNN_CONTEXT_GFLOPS, 100);
    set(context, SRNN_CONTEXT_L2_GBPS, 1);
    set(context, SRNN_CONTEXT_L3_GBPS, 1);
    (void)run(context, T);
    assert_int_equal(get(context, SRNN_CONTEXT_LAST_SCHEDULE),
                     SRNN_SCHEDULE_COLUMNS);
    memcpy(before, output, sizeof *output * T * B * H);
    set(context, SRNN_CONTEXT_L2_GBPS, 1000);
    set(context, SRNN_CONTEXT_L3_GBPS, 1000);
    (void)run(context, T);
    assert_int_equal(get(context, SRNN_CONTEXT_LAST_SCHEDULE),
                     SRNN_SCHEDULE_BATCH);
    assert_memory_equal(output, before, sizeof *output * T * B * H);
    srnn_context_destroy(context);
}

static srnn_schedule schedule_of(srnn_context *context, srnn_tape *tape,
                                 int64_t steps, int64_t batch)
{
    EXPECT_SUCCESS(srnn_context_record_contiguous(context, tape, steps, batch,
                                                  input, NULL, NULL, NULL, NULL,
                                                  output, NULL));
    return (srnn_schedule)get(context, SRNN_CONTEXT_LAST_SCHEDULE);
}

/* No helper would be awake in time for a recording of a row or of a step. That
 * says nothing about one of more rows or steps. */
static void test_rates__decide_about_each_recording(void **state)
{
    static const int64_t sizes[][3] = {
        {1, 1, SRNN_SCHEDULE_SERIAL}, {1, T * B, SRNN_SCHEDULE_BATCH},
        {1, B, SRNN_SCHEDULE_SERIAL}, {T, B, SRNN_SCHEDULE_BATCH},
        {1, B, SRNN_SCHEDULE_SERIAL}, {1, B, SRNN_SCHEDULE_SERIAL}};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    srnn_tape *tape = NULL;
    (void)state;
    srnn_context *const context = make_context(2);
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    for (int i = 0; i < RATES; i++)
        set(context, rates[i], 1000000);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(schedule_of(context, tape, sizes[i][0], sizes[i][1]),
                         sizes[i][2]);
    for (int i = 0; i < RATES; i++)
        set(context, rates[i], 1);
    assert_int_equal(schedule_of(context, tape, 1, B), SRNN_SCHEDULE_BATCH);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
}

/* The last test: what one context measures is there for all. */
static void test_rates__long_calls_measure(void **state)
{
    (void)state;
    srnn_context *const context = make_context(2);
    srnn_context *const other = make_context(1);
    (void)run(other, T);
    memcpy(before, output, sizeof *output * T * B * H);
    const int64_t count = run(context, T);
    assert_in_range(count, 2, RATES);
    assert_memory_equal(output, before, sizeof *output * T * B * H);
    assert_int_equal(get(other, SRNN_CONTEXT_MEASURED_RATES), count);
    for (int i = 0; i < RATES; i++) {
        const int64_t rate = get(context, rates[i]);
        assert_int_equal(get(other, rates[i]), rate);
        assert_true(rate >= 1 && rate <= 10000);
        set(context, rates[i], 7);
    }
    assert_int_equal(get(context, SRNN_CONTEXT_MEASURED_RATES), 0);
    srnn_context_destroy(context);
    srnn_context_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates__set_and_assumed),
        cmocka_unit_test(test_rates__short_calls_do_not_measure),
        cmocka_unit_test(test_rates__what_is_decided_does_not_measure),
        cmocka_unit_test(test_rates__streams_do_not_measure),
        cmocka_unit_test(test_rates__decide_the_schedule_and_no_bit),
        cmocka_unit_test(test_rates__decide_about_each_recording),
        cmocka_unit_test(test_rates__long_calls_measure),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
