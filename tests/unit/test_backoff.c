/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* After a team gave up at its barriers, a context does without them for a
 * while: 1, 2, 4, ... and at most 128 calls, also where all of them are alike
 * and the plan could be kept. If a team has too few members, the next call asks
 * for them again. The linker lets the library call the functions __wrap_...
 * here, which say that a team gave up, or how many members it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "util/team.h"

enum { T = 30, B = 4, I = 16, H = 256, MOST = 128 };

static bool gives_up;
static bool is_small; /* the team, of one member */
static srnn_rnn *rnn;
static srnn_context *context;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
bool __wrap_srnn_team__gave_up(const srnn_team *team);

bool __wrap_srnn_team__gave_up(const srnn_team *team)
{
    (void)team;
    return gives_up;
}

int64_t __real_srnn_team__members(const srnn_team *team);
int64_t __wrap_srnn_team__members(const srnn_team *team);

int64_t __wrap_srnn_team__members(const srnn_team *team)
{
    return is_small ? 1 : __real_srnn_team__members(team);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Rates of a machine whose memory is slow: two threads are to read half of the
 * weights each. */
static int make_context(void **state)
{
    static const struct {
        srnn_context_option option;
        int64_t value;
    } options[] = {{SRNN_CONTEXT_GFLOPS, 100},
                   {SRNN_CONTEXT_L2_GBPS, 1},
                   {SRNN_CONTEXT_L3_GBPS, 1}};
    (void)state;
    rnn = small_rnn_create(&(small_rnn){.I = I, .H = H, .seed = 1});
    context = small_rnn_context(rnn, 2, SRNN_SCHEDULE_AUTO);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        EXPECT_SUCCESS(
            srnn_context_set_int(context, options[i].option, options[i].value));
    return 0;
}

static int free_context(void **state)
{
    (void)state;
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    return 0;
}

/* Does the next call, which is like all others, have a barrier a step? */
static bool has_barriers(void)
{
    static const float input[T * B * I];
    static float output[T * B * H];
    int64_t schedule = 0;
    EXPECT_SUCCESS(srnn_context_forward_contiguous(context, T, B, input, NULL,
                                                   output, NULL));
    EXPECT_SUCCESS(
        srnn_context_get_int(&schedule, context, SRNN_CONTEXT_LAST_SCHEDULE));
    return schedule == SRNN_SCHEDULE_COLUMNS;
}

/* A call with barriers comes after so many without. */
static void expect_calls_without(int wanted)
{
    int count = 0;
    while (!has_barriers() && count <= MOST)
        count++;
    assert_int_equal(count, wanted);
}

static void test_backoff__doubles_up_to_a_limit(void **state)
{
    (void)state;
    gives_up = true;
    expect_calls_without(0);
    for (int wanted = 1; wanted <= MOST; wanted *= 2)
        expect_calls_without(wanted);
    expect_calls_without(MOST);
}

static void test_backoff__begins_anew_after_a_success(void **state)
{
    (void)state;
    gives_up = true;
    expect_calls_without(0);
    expect_calls_without(1);
    gives_up = false;
    expect_calls_without(2);
    expect_calls_without(0);
    gives_up = true;
    expect_calls_without(0);
    expect_calls_without(1);
    expect_calls_without(2);
}

/* Who insists on barriers has them. */
static void test_backoff__is_for_the_choice_of_the_library(void **state)
{
    (void)state;
    gives_up = true;
    EXPECT_SUCCESS(srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE,
                                        SRNN_SCHEDULE_COLUMNS));
    for (int i = 0; i < 4; i++)
        assert_true(has_barriers());
}

static int64_t threads_of_recording(srnn_tape *tape)
{
    static const float input[T * B * I];
    int64_t threads = 0;
    EXPECT_SUCCESS(srnn_context_record_contiguous(
        context, tape, T, B, input, NULL, NULL, NULL, NULL, NULL, NULL));
    EXPECT_SUCCESS(
        srnn_context_get_int(&threads, context, SRNN_CONTEXT_LAST_THREADS));
    return threads;
}

static void test_backoff__asks_again_for_members(void **state)
{
    srnn_tape *tape = NULL;
    (void)state;
    gives_up = false;
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    is_small = true;
    assert_int_equal(threads_of_recording(tape), 1);
    is_small = false;
    assert_int_equal(threads_of_recording(tape), 2);
    srnn_tape_destroy(tape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_backoff__doubles_up_to_a_limit,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(
            test_backoff__begins_anew_after_a_success, make_context,
            free_context),
        cmocka_unit_test_setup_teardown(
            test_backoff__is_for_the_choice_of_the_library, make_context,
            free_context),
        cmocka_unit_test_setup_teardown(test_backoff__asks_again_for_members,
                                        make_context, free_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
