/* SPDX-License-Identifier: MIT */
/* When short calls are given helpers. The clock is an argument, so the times
 * are made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stack/pace.h"

enum {
    LEAST = SRNN_PACE_LEAST,
    WINDOW = SRNN_PACE_WINDOW,
    ALONE = 8000, /* what a call takes without helpers */
    SAVES = 7500, /* and with them, just enough */
    SAVES_LITTLE = SAVES + 1,
    NEAR = 1000 /* between calls */
};

static srnn_pace pace;
static int64_t now;

static int start(void **state)
{
    (void)state;
    srnn_pace__init(&pace);
    now = INT64_C(1) << 40;
    return 0;
}

/* A call after so long. Did helpers take part? */
static bool call(srnn_pace_kind kind, int64_t gap, int64_t alone,
                 int64_t shared)
{
    now += gap;
    const bool is_shared = srnn_pace__begin(&pace, kind, now);
    now += is_shared ? shared : alone;
    srnn_pace__end(&pace, kind, now);
    return is_shared;
}

/* Calls without helpers, up to the first one with them. */
static int64_t count_alone(int64_t shared)
{
    int64_t count = 0;
    while (!call(SRNN_PACE_RECORD, NEAR, ALONE, shared))
        count++;
    return count;
}

/* Calls with helpers, up to the first one without, which is made too. */
static int64_t count_shared(int64_t shared)
{
    int64_t count = 0;
    while (count < 100 * WINDOW && call(SRNN_PACE_RECORD, NEAR, ALONE, shared))
        count++;
    return count;
}

static void test_pace__helpers_stay_if_they_save_a_sixteenth(void **state)
{
    (void)state;
    assert_int_equal(count_alone(SAVES), LEAST);
    assert_int_equal(count_shared(SAVES), 100 * WINDOW);
}

/* One of the window is the first, which only wakes them. */
static void test_pace__helpers_that_save_less_are_left_out(void **state)
{
    (void)state;
    assert_int_equal(count_alone(SAVES_LITTLE), LEAST);
    for (int64_t needed = 2 * LEAST; needed <= 4 * SRNN_PACE_MOST;
         needed *= 2) {
        const int64_t most = needed < SRNN_PACE_MOST ? needed : SRNN_PACE_MOST;
        assert_int_equal(count_shared(SAVES_LITTLE), WINDOW - 1);
        assert_int_equal(count_alone(SAVES_LITTLE), most - 1);
    }
}

/* The least time of a window counts: others may have been interrupted. */
static void test_pace__one_fast_call_keeps_a_window(void **state)
{
    (void)state;
    (void)count_alone(SAVES);
    for (int window = 0; window < 3; window++)
        for (int i = window == 0; i < WINDOW; i++)
            assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE,
                             i == 5 ? SAVES : 3 * ALONE));
    for (int i = 0; i < WINDOW; i++)
        assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES_LITTLE));
    assert_false(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES_LITTLE));
}

/* The least time alone is that since the calls are close. */
static void test_pace__times_alone_are_new_ones(void **state)
{
    (void)state;
    (void)call(SRNN_PACE_RECORD, NEAR, 10, 10);
    (void)call(SRNN_PACE_RECORD, SRNN_PACE_GAP, ALONE, SAVES);
    (void)count_alone(SAVES);
    assert_int_equal(count_shared(SAVES), 100 * WINDOW);
}

static void test_pace__a_stall_ends_it_at_once(void **state)
{
    (void)state;
    (void)count_alone(SRNN_PACE_STALL + 1); /* to wake them may take so long */
    assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE, SRNN_PACE_STALL));
    assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE, SRNN_PACE_STALL + 1));
    assert_int_equal(count_alone(SAVES), 2 * LEAST);
}

/* Calls that failed before they ended say nothing, but helpers that were never
 * compared do not stay. */
static void test_pace__calls_may_not_end(void **state)
{
    (void)state;
    (void)call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES);
    srnn_pace__restart(&pace);
    for (int i = 0; i < LEAST; i++)
        assert_false(srnn_pace__begin(&pace, SRNN_PACE_RECORD, now));
    assert_int_equal(count_shared(SAVES), WINDOW);
    assert_int_equal(count_alone(SAVES), 2 * LEAST - 1);
    assert_true(srnn_pace__begin(&pace, SRNN_PACE_RECORD, now));
    assert_int_equal(count_shared(SAVES), 100 * WINDOW);
}

/* A slow machine, or a backward of many steps. */
static void test_pace__what_takes_long_alone_is_no_stall(void **state)
{
    enum { LONG = 2 * SRNN_PACE_STALL, HALF_MORE = LONG / 2 * 3 };
    (void)state;
    for (int i = 0; i < LEAST; i++)
        assert_false(call(SRNN_PACE_RECORD, NEAR, LONG, LONG / 2));
    for (int i = 0; i < 3 * WINDOW; i++)
        assert_true(call(SRNN_PACE_RECORD, NEAR, LONG,
                         i % WINDOW == 1 ? HALF_MORE : LONG / 2));
    assert_true(call(SRNN_PACE_RECORD, NEAR, LONG, 2 * LONG + 2));
    assert_false(call(SRNN_PACE_RECORD, NEAR, LONG, LONG / 2));
}

static void test_pace__stalls_count_for_longer(void **state)
{
    (void)state;
    assert_int_equal(count_alone(SAVES), LEAST);
    for (int64_t needed = 2 * LEAST; needed <= 4 * SRNN_PACE_MOST_STALLED;
         needed *= 2) {
        const int64_t most =
            needed < SRNN_PACE_MOST_STALLED ? needed : SRNN_PACE_MOST_STALLED;
        (void)call(SRNN_PACE_RECORD, NEAR, ALONE, SRNN_PACE_STALL + 1);
        assert_int_equal(count_alone(SAVES), most);
    }
    assert_int_equal(count_shared(SAVES_LITTLE), WINDOW - 1);
    assert_int_equal(count_alone(SAVES), SRNN_PACE_MOST_STALLED - 1);
}

static void test_pace__a_gap_puts_helpers_to_sleep(void **state)
{
    (void)state;
    (void)count_alone(SAVES);
    assert_true(call(SRNN_PACE_RECORD, SRNN_PACE_GAP - 1, ALONE, SAVES));
    assert_false(call(SRNN_PACE_RECORD, SRNN_PACE_GAP, ALONE, SAVES));
    assert_int_equal(count_alone(SAVES), LEAST - 1);
    for (int i = 0; i < 10 * LEAST; i++)
        assert_false(call(SRNN_PACE_RECORD, SRNN_PACE_GAP, ALONE, SAVES));
}

static void test_pace__good_calls_take_back_a_stall(void **state)
{
    (void)state;
    (void)count_alone(SAVES);
    (void)call(SRNN_PACE_RECORD, NEAR, ALONE, SRNN_PACE_STALL + 1);
    assert_int_equal(count_alone(SAVES), 2 * LEAST);
    for (int i = 0; i < 8 * 2 * LEAST - 1; i++)
        assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES));
    (void)call(SRNN_PACE_RECORD, SRNN_PACE_GAP, ALONE, SAVES);
    assert_int_equal(count_alone(SAVES), 2 * LEAST - 1);
    (void)call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES);
    (void)call(SRNN_PACE_RECORD, SRNN_PACE_GAP, ALONE, SAVES);
    assert_int_equal(count_alone(SAVES), LEAST - 1);
}

static void be_good(int64_t calls)
{
    for (int64_t i = 0; i < calls; i++)
        assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES));
}

/* How many calls are needed now, found out by a gap. */
static int64_t find_needed(void)
{
    (void)call(SRNN_PACE_RECORD, SRNN_PACE_GAP, ALONE, SAVES);
    return count_alone(SAVES) + 1;
}

static void stall(void)
{
    (void)call(SRNN_PACE_RECORD, NEAR, ALONE, SRNN_PACE_STALL + 1);
    (void)count_alone(SAVES);
}

/* Of two stalls, one after the other, and never more than there were. */
static void test_pace__needs_are_halved_step_by_step(void **state)
{
    (void)state;
    (void)count_alone(SAVES);
    be_good(8 * LEAST - 1);
    stall();
    stall();
    be_good(8 * 4 * LEAST - 1);
    assert_int_equal(find_needed(), 4 * LEAST);
    be_good(1);
    assert_int_equal(find_needed(), 2 * LEAST);
    be_good(8 * 2 * LEAST - 1);
    assert_int_equal(find_needed(), 2 * LEAST);
    be_good(1);
    assert_int_equal(find_needed(), LEAST);
    be_good(8 * 2 * LEAST);
    assert_int_equal(find_needed(), LEAST);
}

/* The least of the times alone counts, not the last one. */
static void test_pace__one_fast_call_alone_counts(void **state)
{
    (void)state;
    for (int i = 0; i < LEAST; i++)
        assert_false(call(SRNN_PACE_RECORD, NEAR, i == 3 ? SAVES : ALONE, 0));
    assert_int_equal(count_shared(SAVES), WINDOW);
}

static void test_pace__both_ways_are_timed_again(void **state)
{
    (void)state;
    (void)count_alone(SAVES);
    be_good(SRNN_PACE_RENEWAL - 1);
    assert_int_equal(count_alone(SAVES), LEAST);
    be_good(1);
}

static void test_pace__restarts_with_what_is_known_of_helpers(void **state)
{
    (void)state;
    (void)count_alone(SAVES);
    stall();
    be_good(3);
    srnn_pace__restart(&pace);
    assert_int_equal(count_alone(SAVES), 2 * LEAST);
}

/* A backward between two recordings is no gap, however long it takes, and is
 * judged by itself. */
static void test_pace__kinds_take_turns(void **state)
{
    enum { LONG = SRNN_PACE_GAP + ALONE };
    (void)state;
    for (int i = 0; i < LEAST; i++) {
        assert_false(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES));
        assert_false(call(SRNN_PACE_BACKWARD, NEAR, LONG, LONG));
    }
    for (int i = 0; i < WINDOW; i++) {
        assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES));
        assert_true(call(SRNN_PACE_BACKWARD, NEAR, LONG, LONG));
    }
    assert_true(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES));
    assert_false(call(SRNN_PACE_BACKWARD, NEAR, LONG, LONG));
    assert_false(call(SRNN_PACE_BACKWARD, SRNN_PACE_GAP, LONG, LONG));
    assert_false(call(SRNN_PACE_RECORD, NEAR, ALONE, SAVES));
}

static void test_pace__a_gap_is_one_for_all_kinds(void **state)
{
    static const srnn_pace_kind kinds[] = {SRNN_PACE_RECORD, SRNN_PACE_BACKWARD,
                                           SRNN_PACE_RECORD};
    (void)state;
    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < 2 * LEAST; n++)
            (void)call(kinds[n % 2], NEAR, ALONE, SAVES);
        assert_true(call(kinds[0], NEAR, ALONE, SAVES));
        assert_true(call(kinds[1], NEAR, ALONE, SAVES));
        assert_false(call(kinds[i], SRNN_PACE_GAP, ALONE, SAVES));
        assert_false(call(kinds[i + 1], NEAR, ALONE, SAVES));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pace__helpers_stay_if_they_save_a_sixteenth,
                               start),
        cmocka_unit_test_setup(test_pace__helpers_that_save_less_are_left_out,
                               start),
        cmocka_unit_test_setup(test_pace__one_fast_call_keeps_a_window, start),
        cmocka_unit_test_setup(test_pace__times_alone_are_new_ones, start),
        cmocka_unit_test_setup(test_pace__a_stall_ends_it_at_once, start),
        cmocka_unit_test_setup(test_pace__stalls_count_for_longer, start),
        cmocka_unit_test_setup(test_pace__a_gap_puts_helpers_to_sleep, start),
        cmocka_unit_test_setup(test_pace__good_calls_take_back_a_stall, start),
        cmocka_unit_test_setup(test_pace__calls_may_not_end, start),
        cmocka_unit_test_setup(test_pace__what_takes_long_alone_is_no_stall,
                               start),
        cmocka_unit_test_setup(test_pace__needs_are_halved_step_by_step, start),
        cmocka_unit_test_setup(test_pace__one_fast_call_alone_counts, start),
        cmocka_unit_test_setup(test_pace__both_ways_are_timed_again, start),
        cmocka_unit_test_setup(
            test_pace__restarts_with_what_is_known_of_helpers, start),
        cmocka_unit_test_setup(test_pace__a_gap_is_one_for_all_kinds, start),
        cmocka_unit_test_setup(test_pace__kinds_take_turns, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
