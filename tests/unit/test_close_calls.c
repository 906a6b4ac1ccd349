/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-qemu */
/* Recordings and backwards that are not worth waking helpers are shared out
 * where the pace of calls says so, with the same bits. The linker lets the
 * library call the functions __wrap_... here in place of those of pace.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "stack/pace.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "util/team.h"

enum { T = 20, B = 64, I = 2, H = 16, PARAMETERS = 4, ASKS = 8 };

typedef struct {
    float output[T * B * H];
    float d_input[T * B * I];
    float gradients[H * (I + H + 2)];
} results;

static srnn_rnn *rnn;
static srnn_context *context;
static srnn_tape *tape;
static results got, wanted;
static float ones[T * B * H];

/* What the library asked, and what it is told. */
static bool is_shared;
static srnn_pace_kind asked[ASKS];
static int asked_count, ended_count;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
bool __wrap_srnn_pace__begin(srnn_pace *pace, srnn_pace_kind kind, int64_t now);
void __wrap_srnn_pace__end(srnn_pace *pace, srnn_pace_kind kind, int64_t now);

bool __wrap_srnn_pace__begin(srnn_pace *pace, srnn_pace_kind kind, int64_t now)
{
    (void)pace;
    assert_true(now > 0);
    assert_int_equal(asked_count, ended_count);
    assert_true(asked_count < ASKS);
    asked[asked_count++] = kind;
    return is_shared;
}

void __wrap_srnn_pace__end(srnn_pace *pace, srnn_pace_kind kind, int64_t now)
{
    (void)pace;
    assert_true(now > 0);
    assert_int_equal(kind, asked[ended_count]);
    ended_count++;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void make(int64_t threads, srnn_schedule schedule)
{
    asked_count = ended_count = 0;
    rnn = small_rnn_create(&(small_rnn){.I = I, .H = H, .seed = 1});
    context = small_rnn_context(rnn, threads, schedule);
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    for (int64_t i = 0; i < T * B * H; i++)
        ones[i] = 1;
}

static void destroy(void)
{
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

static int64_t last_threads(void)
{
    int64_t threads = 0;
    EXPECT_SUCCESS(
        srnn_context_get_int(&threads, context, SRNN_CONTEXT_LAST_THREADS));
    return threads;
}

/* A recording and its backward, each on so many threads. */
static void train(int64_t steps, int64_t batch, int64_t threads)
{
    float *const g = got.gradients;
    void *const gradients[PARAMETERS] = {g, g + H * I, g + H * (I + H),
                                         g + H * (I + H + 1)};
    memset(&got, 0, sizeof got);
    EXPECT_SUCCESS(srnn_context_record_contiguous(context, tape, steps, batch,
                                                  ones, NULL, NULL, NULL, NULL,
                                                  got.output, NULL));
    assert_int_equal(last_threads(), threads);
    EXPECT_SUCCESS(srnn_context_backward_contiguous(
        context, tape, ones, ones, NULL, SRNN_ACCUMULATION_SET, gradients,
        got.d_input, NULL, NULL));
    assert_int_equal(last_threads(), threads);
}

static void expect_asks(int count)
{
    assert_int_equal(asked_count, count);
    assert_int_equal(ended_count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(asked[i],
                         i % 2 == 0 ? SRNN_PACE_RECORD : SRNN_PACE_BACKWARD);
}

static void test_close_calls__are_shared_with_the_same_bits(void **state)
{
    (void)state;
    if (srnn_team__available() < 2)
        skip();
    make(2, SRNN_SCHEDULE_AUTO);
    is_shared = false;
    train(T, B, 1);
    wanted = got;
    is_shared = true;
    train(T, B, 2);
    assert_memory_equal(&got, &wanted, sizeof got);
    train(T, B, 2);
    is_shared = false;
    train(T, B, 1);
    assert_memory_equal(&got, &wanted, sizeof got);
    expect_asks(8);
    destroy();
}

/* One row of one step ends before even a helper that spins would begin. */
static void test_close_calls__may_be_too_short_for_that(void **state)
{
    (void)state;
    make(2, SRNN_SCHEDULE_AUTO);
    is_shared = true;
    train(1, 1, 1);
    train(1, 1, 1);
    expect_asks(0);
    destroy();
}

static void test_close_calls__are_alone_on_one_thread(void **state)
{
    (void)state;
    make(1, SRNN_SCHEDULE_AUTO);
    is_shared = true;
    train(T, B, 1);
    expect_asks(0);
    destroy();
}

/* With more threads than cores no helper spins. */
static void test_close_calls__need_cores(void **state)
{
    (void)state;
    make(srnn_team__available() + 1, SRNN_SCHEDULE_AUTO);
    is_shared = true;
    train(T, B, 1);
    expect_asks(0);
    destroy();
}

static void test_close_calls__leave_a_set_schedule_alone(void **state)
{
    (void)state;
    make(2, SRNN_SCHEDULE_SERIAL);
    is_shared = true;
    train(T, B, 1);
    EXPECT_SUCCESS(srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE,
                                        SRNN_SCHEDULE_BATCH));
    train(T, B, 2);
    EXPECT_SUCCESS(srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE,
                                        SRNN_SCHEDULE_SERIAL));
    train(T, B, 1);
    expect_asks(0);
    destroy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close_calls__are_shared_with_the_same_bits),
        cmocka_unit_test(test_close_calls__may_be_too_short_for_that),
        cmocka_unit_test(test_close_calls__are_alone_on_one_thread),
        cmocka_unit_test(test_close_calls__need_cores),
        cmocka_unit_test(test_close_calls__leave_a_set_schedule_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
