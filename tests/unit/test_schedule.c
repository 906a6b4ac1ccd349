/* SPDX-License-Identifier: MIT */
/* The model of schedule.c with given rates: no clock is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simplernn.h"
#include "stack/schedule.h"

/* Operations, L2 and L3 of one core, and the size of its L2. */
static const srnn_rates zen4 = {{110, 80, 89}, 1 << 20};
static const srnn_rates xeon = {{175, 90, 32}, 2 << 20};
static const srnn_rates assumed = {{110, 80, 25}, 1 << 20};

/* T, B, I, H, L, D, as the rows of the benchmark. */
typedef struct {
    int64_t T, B, I, H, L, D;
} row;

static srnn_options options_of(row r)
{
    return (srnn_options){.input_size = r.I,
                          .hidden_size = r.H,
                          .num_layers = r.L,
                          .direction = r.D == 2 ? SRNN_DIRECTION_BIDIRECTIONAL
                                                : SRNN_DIRECTION_FORWARD,
                          .dtype = SRNN_DTYPE_FLOAT32};
}

static srnn_workload work_of(const srnn_options *options, row r,
                             srnn_rates rates)
{
    return (srnn_workload){.options = options,
                           .rates = rates,
                           .T = r.T,
                           .B = r.B,
                           .threads = 2,
                           .schedule = SRNN_SCHEDULE_AUTO,
                           .may_use_barriers = true};
}

static srnn_schedule choose(row r, srnn_rates rates)
{
    const srnn_options options = options_of(r);
    const srnn_workload work = work_of(&options, r, rates);
    return srnn_schedule__choose(&work).schedule;
}

static double time_of(row r, srnn_rates rates)
{
    const srnn_options options = options_of(r);
    const srnn_workload work = work_of(&options, r, rates);
    return srnn_schedule__time(&work);
}

static const struct {
    row row;
    srnn_schedule schedule;
} rows[] = {
    {{3, 2, 4, 2, 1, 1}, SRNN_SCHEDULE_SERIAL},
    {{100, 1, 16, 32, 1, 1}, SRNN_SCHEDULE_SERIAL},
    {{100, 1, 64, 64, 1, 1}, SRNN_SCHEDULE_SERIAL},
    {{20, 64, 2, 16, 1, 1}, SRNN_SCHEDULE_SERIAL},
    {{100, 1, 256, 256, 1, 1}, SRNN_SCHEDULE_COLUMNS},
    {{100, 1, 512, 512, 1, 1}, SRNN_SCHEDULE_COLUMNS},
    {{50, 1, 1024, 1024, 1, 1}, SRNN_SCHEDULE_COLUMNS},
    {{25, 1, 2048, 2048, 1, 1}, SRNN_SCHEDULE_COLUMNS},
    {{100, 32, 16, 32, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{100, 8, 256, 256, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{100, 32, 128, 128, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{100, 32, 256, 256, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{500, 64, 3, 100, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{784, 64, 1, 128, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{50, 64, 512, 512, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{50, 128, 1760, 1760, 1, 1}, SRNN_SCHEDULE_BATCH},
    {{50, 16, 512, 512, 4, 1}, SRNN_SCHEDULE_BATCH},
    {{100, 32, 256, 256, 2, 2}, SRNN_SCHEDULE_DIRECTIONS},
    {{100, 1, 256, 256, 2, 2}, SRNN_SCHEDULE_DIRECTIONS},
};

static void test_schedule__usual_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(choose(rows[i].row, zen4), rows[i].schedule);
        assert_int_equal(choose(rows[i].row, xeon), rows[i].schedule);
    }
}

/* By rows of the batch, each thread would read all weights from L3. */
static void test_schedule__weights_beyond_l2(void **state)
{
    const row large = {50, 16, 1760, 1760, 1, 1};
    (void)state;
    assert_int_equal(choose(large, xeon), SRNN_SCHEDULE_COLUMNS);
    assert_int_equal(choose(large, assumed), SRNN_SCHEDULE_COLUMNS);
    assert_int_equal(choose(large, zen4), SRNN_SCHEDULE_BATCH);
    srnn_rates all_in_l2 = xeon;
    all_in_l2.l2_bytes = 1 << 25;
    assert_int_equal(choose(large, all_in_l2), SRNN_SCHEDULE_BATCH);
    /* One step is one pass over the input weights too. */
    const row one_step = {1, 2, 16384, 256, 1, 1};
    assert_int_equal(choose(one_step, xeon), SRNN_SCHEDULE_COLUMNS);
}

/* Columns are faster than the batch here, but by little. */
static void test_schedule__near_ties_change_nothing(void **state)
{
    const row near = {50, 64, 1760, 1760, 1, 1};
    (void)state;
    for (int percent = 95; percent <= 140; percent++) {
        srnn_rates rates = xeon;
        rates.of[SRNN_RATE_L3] *= percent / 100.0;
        assert_int_equal(choose(near, rates), SRNN_SCHEDULE_BATCH);
        rates = xeon;
        rates.of[SRNN_RATE_OPERATIONS] *= 100.0 / percent;
        assert_int_equal(choose(near, rates), SRNN_SCHEDULE_BATCH);
    }
    srnn_rates slow = xeon;
    slow.of[SRNN_RATE_L3] /= 2;
    assert_int_equal(choose(near, slow), SRNN_SCHEDULE_COLUMNS);
}

/* A wavefront and columns need more barriers than a team can count. */
static void test_schedule__too_many_steps_are_serial(void **state)
{
    static const srnn_schedule schedules[] = {SRNN_SCHEDULE_LAYERS,
                                              SRNN_SCHEDULE_COLUMNS};
    const row small = {100, 1, 256, 256, 2, 1};
    const srnn_options options = options_of(small);
    (void)state;
    for (int i = 0; i < 2; i++) {
        srnn_workload work = work_of(&options, small, zen4);
        work.schedule = schedules[i];
        assert_int_equal(srnn_schedule__choose(&work).schedule, schedules[i]);
        work.T = INT64_C(1) << 28;
        assert_int_equal(srnn_schedule__choose(&work).schedule,
                         SRNN_SCHEDULE_SERIAL);
    }
}

static void test_schedule__time_follows_rates(void **state)
{
    const row computes = {100, 32, 256, 256, 1, 1};
    const row reads_l2 = {100, 1, 256, 256, 1, 1};
    const row reads_l3 = {25, 1, 2048, 2048, 1, 1};
    (void)state;
    srnn_rates twice = xeon;
    twice.of[SRNN_RATE_OPERATIONS] *= 2;
    assert_true(time_of(computes, twice) < 0.6 * time_of(computes, xeon));
    twice = xeon;
    twice.of[SRNN_RATE_L2] *= 2;
    assert_true(time_of(reads_l2, twice) < 0.8 * time_of(reads_l2, xeon));
    assert_true(time_of(computes, twice) > 0.99 * time_of(computes, xeon));
    twice = xeon;
    twice.of[SRNN_RATE_L3] *= 2;
    assert_true(time_of(reads_l3, twice) < 0.7 * time_of(reads_l3, xeon));
    assert_true(time_of(reads_l2, twice) > 0.99 * time_of(reads_l2, xeon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedule__usual_rows),
        cmocka_unit_test(test_schedule__weights_beyond_l2),
        cmocka_unit_test(test_schedule__near_ties_change_nothing),
        cmocka_unit_test(test_schedule__too_many_steps_are_serial),
        cmocka_unit_test(test_schedule__time_follows_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
