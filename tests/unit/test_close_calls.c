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
#include <sys/wait.h>
#include <unistd.h>

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
static int asked_count, ended_count, restarts;
static bool is_small; /* the team, of one member */
static bool gives_up; /* the team, at its barriers */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
bool __wrap_srnn_pace__begin(srnn_pace *pace, srnn_pace_kind kind, int64_t now);
void __wrap_srnn_pace__end(srnn_pace *pace, srnn_pace_kind kind, int64_t now);
void __wrap_srnn_pace__restart(srnn_pace *pace);
int64_t __real_srnn_team__members(const srnn_team *team);
int64_t __wrap_srnn_team__members(const srnn_team *team);
bool __wrap_srnn_team__gave_up(const srnn_team *team);

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

void __wrap_srnn_pace__restart(srnn_pace *pace)
{
    (void)pace;
    restarts++;
}

int64_t __wrap_srnn_team__members(const srnn_team *team)
{
    return is_small ? 1 : __real_srnn_team__members(team);
}

bool __wrap_srnn_team__gave_up(const srnn_team *team)
{
    (void)team;
    return gives_up;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void set(srnn_context_option option, int64_t value)
{
    EXPECT_SUCCESS(srnn_context_set_int(context, option, value));
}

/* With rates of a machine on which a call takes less than to wake a helper. */
static void make_with(int64_t hidden_size, srnn_direction direction,
                      int64_t threads, srnn_schedule schedule)
{
    static const srnn_context_option rates[] = {
        SRNN_CONTEXT_GFLOPS, SRNN_CONTEXT_L2_GBPS, SRNN_CONTEXT_L3_GBPS};
    asked_count = ended_count = restarts = 0;
    rnn = small_rnn_create(&(small_rnn){
        .I = I, .H = hidden_size, .direction = direction, .seed = 1});
    context = small_rnn_context(rnn, threads, schedule);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        set(rates[i], 100);
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    for (int64_t i = 0; i < T * B * H; i++)
        ones[i] = 1;
}

static void make(int64_t threads, srnn_schedule schedule)
{
    make_with(H, SRNN_DIRECTION_FORWARD, threads, schedule);
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

/* What is known of the times is known of these sizes alone. */
static void test_close_calls__restart_with_other_sizes(void **state)
{
    (void)state;
    if (srnn_team__available() < 2)
        skip();
    make(2, SRNN_SCHEDULE_AUTO);
    is_shared = false;
    train(T, B, 1);
    train(T, B, 1);
    assert_int_equal(restarts, 1);
    train(T - 1, B, 1);
    assert_int_equal(restarts, 2);
    train(T - 1, B - 1, 1);
    assert_int_equal(restarts, 3);
    expect_asks(8);
    destroy();
}

static void record_one_row(const srnn_tensor *lengths)
{
    const int64_t shape[] = {T, 1, I};
    srnn_tensor *input = NULL;
    EXPECT_SUCCESS(srnn_tensor_wrap_const(&input, ones, SRNN_DTYPE_FLOAT32, 3,
                                          shape, NULL));
    EXPECT_SUCCESS(srnn_context_record(context, tape, input, lengths, NULL,
                                       NULL, NULL, NULL, NULL));
    srnn_tensor_destroy(input);
}

static int64_t last_schedule(void)
{
    int64_t schedule = 0;
    EXPECT_SUCCESS(
        srnn_context_get_int(&schedule, context, SRNN_CONTEXT_LAST_SCHEDULE));
    return schedule;
}

/* One row is shared by directions. With a length of its own, only products of
 * its steps are. */
static void test_close_calls__may_have_lengths(void **state)
{
    static const int64_t length = T - 3;
    const int64_t shape[] = {1};
    srnn_tensor *lengths = NULL;
    (void)state;
    if (srnn_team__available() < 2)
        skip();
    make_with(H, SRNN_DIRECTION_BIDIRECTIONAL, 2, SRNN_SCHEDULE_AUTO);
    EXPECT_SUCCESS(srnn_tensor_wrap_const(&lengths, &length, SRNN_DTYPE_INT64,
                                          1, shape, NULL));
    set(SRNN_CONTEXT_GFLOPS, 1);
    is_shared = true;
    record_one_row(NULL);
    assert_int_equal(last_schedule(), SRNN_SCHEDULE_DIRECTIONS);
    record_one_row(lengths);
    assert_int_equal(last_schedule(), SRNN_SCHEDULE_BATCH);
    record_one_row(NULL);
    assert_int_equal(last_schedule(), SRNN_SCHEDULE_DIRECTIONS);
    assert_int_equal(asked_count, 3);
    assert_int_equal(restarts, 3);
    srnn_tensor_destroy(lengths);
    destroy();
}

/* The child has no helpers, and makes some. TSan cannot follow a child that
 * starts threads. */
#ifndef __SANITIZE_THREAD__
static void test_close_calls__survive_a_fork(void **state)
{
    (void)state;
    if (srnn_team__available() < 2)
        skip();
    make(2, SRNN_SCHEDULE_AUTO);
    is_shared = true;
    train(T, B, 2);
    wanted = got;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)alarm(20);
        train(T, B, 2);
        _exit(memcmp(&got, &wanted, sizeof got) == 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    train(T, B, 2);
    expect_asks(4);
    destroy();
}
#endif

/* Only while the team is too small. */
static void test_close_calls__are_alone_without_helpers(void **state)
{
    (void)state;
    if (srnn_team__available() < 2)
        skip();
    make(2, SRNN_SCHEDULE_AUTO);
    is_shared = is_small = true;
    train(T, B, 1);
    is_small = false;
    train(T, B, 2);
    expect_asks(4);
    destroy();
}

static void record_large_state(srnn_schedule expected)
{
    enum { STEPS = 4 };
    EXPECT_SUCCESS(srnn_context_record_contiguous(
        context, tape, STEPS, 1, ones, NULL, NULL, NULL, NULL, NULL, NULL));
    assert_int_equal(last_schedule(), expected);
}

/* After a team gave up, the next call has no barrier a step. The times of the
 * calls are as good as before. */
static void test_close_calls__back_off_from_barriers(void **state)
{
    (void)state;
    if (srnn_team__available() < 2)
        skip();
    make_with(256, SRNN_DIRECTION_FORWARD, 2, SRNN_SCHEDULE_AUTO);
    is_shared = gives_up = true;
    record_large_state(SRNN_SCHEDULE_COLUMNS);
    record_large_state(SRNN_SCHEDULE_BATCH);
    gives_up = false;
    record_large_state(SRNN_SCHEDULE_COLUMNS);
    record_large_state(SRNN_SCHEDULE_COLUMNS);
    assert_int_equal(restarts, 1);
    assert_int_equal(asked_count, 4);
    destroy();
}

/* Where products of many steps take long enough. */
static void test_close_calls__share_the_products_of_one_row(void **state)
{
    (void)state;
    if (srnn_team__available() < 2)
        skip();
    make(2, SRNN_SCHEDULE_AUTO);
    is_shared = true;
    train(T, 1, 1);
    wanted = got;
    expect_asks(0);
    set(SRNN_CONTEXT_GFLOPS, 1);
    train(T - 1, 1, 2);
    train(T, 1, 2);
    assert_int_equal(last_schedule(), SRNN_SCHEDULE_BATCH);
    assert_memory_equal(&got, &wanted, sizeof got);
    expect_asks(4);
    destroy();
}

/* With OpenBLAS the bits would depend on it. */
static void test_close_calls__need_the_native_kernels(void **state)
{
    (void)state;
    if (!srnn_supports(SRNN_GEMM_OPENBLAS))
        skip();
    make(2, SRNN_SCHEDULE_AUTO);
    const bool has_openblas =
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_OPENBLAS) ==
        SRNN_OK;
    is_shared = true;
    if (has_openblas)
        train(T, B, 1);
    expect_asks(0);
    destroy();
    if (!has_openblas)
        skip();
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

/* With more threads than cores no helper would spin. So there are as many as
 * cores, unless a call has made a larger team. */
static void test_close_calls__need_cores(void **state)
{
    const int64_t cores = srnn_team__available();
    (void)state;
    if (cores < 2 || cores >= B)
        skip();
    make(cores + 1, SRNN_SCHEDULE_AUTO);
    is_shared = true;
    train(T, B, cores);
    set(SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_BATCH);
    train(T, B, cores + 1);
    set(SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_AUTO);
    train(T, B, 1);
    expect_asks(4);
    destroy();
}

static void test_close_calls__leave_a_set_schedule_alone(void **state)
{
    (void)state;
    make(2, SRNN_SCHEDULE_SERIAL);
    is_shared = true;
    train(T, B, 1);
    set(SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_BATCH);
    train(T, B, 2);
    set(SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_SERIAL);
    train(T, B, 1);
    expect_asks(0);
    destroy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close_calls__are_shared_with_the_same_bits),
        cmocka_unit_test(test_close_calls__restart_with_other_sizes),
        cmocka_unit_test(test_close_calls__may_have_lengths),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(test_close_calls__survive_a_fork),
#endif
        cmocka_unit_test(test_close_calls__are_alone_without_helpers),
        cmocka_unit_test(test_close_calls__back_off_from_barriers),
        cmocka_unit_test(test_close_calls__share_the_products_of_one_row),
        cmocka_unit_test(test_close_calls__need_the_native_kernels),
        cmocka_unit_test(test_close_calls__may_be_too_short_for_that),
        cmocka_unit_test(test_close_calls__are_alone_on_one_thread),
        cmocka_unit_test(test_close_calls__need_cores),
        cmocka_unit_test(test_close_calls__leave_a_set_schedule_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
