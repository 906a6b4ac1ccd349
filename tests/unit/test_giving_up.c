/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-qemu, no-valgrind */
/* A team that gives up at a barrier, at each one in turn: forwards, recordings
 * and backward have the bits of one thread. CMake lets the linker put the
 * barrier of this file in the place of the team's. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/tools.h"
#include "support/training.h"
#include "util/team.h"

/* So many rows that gradients of weights are sums of several blocks. */
enum { MEMBERS = 2, T = 9, B = 128 };

/* One call: the barrier at which the team gives up, 0 for none, and how many
 * each member has been at. */
static struct {
    pthread_barrier_t barrier;
    int at;
    int passed[MEMBERS];
} call;

/* By the name that the linker looks for. */
bool wait_or_give_up(srnn_team *team,
                     int64_t member) __asm__("__wrap_srnn_team__barrier");

bool wait_or_give_up(srnn_team *team, int64_t member)
{
    (void)team;
    (void)pthread_barrier_wait(&call.barrier);
    return ++call.passed[member] != call.at;
}

static void begin_call(int at)
{
    assert_int_equal(pthread_barrier_init(&call.barrier, NULL, MEMBERS), 0);
    call.at = at;
    call.passed[0] = 0;
    call.passed[1] = 0;
}

/* How many barriers there were. */
static int end_call(srnn_context *context, srnn_schedule schedule)
{
    int64_t used = 0;
    EXPECT_SUCCESS(
        srnn_context_get_int(&used, context, SRNN_CONTEXT_LAST_SCHEDULE));
    assert_int_equal(used, schedule);
    assert_int_equal(pthread_barrier_destroy(&call.barrier), 0);
    return call.passed[0];
}

typedef struct {
    const training *t;
    srnn_context *context;
    srnn_tape *tape;
    srnn_schedule schedule;
    const trained *wanted;
} job;

/* Each of these gives up at the barriers of that number, and returns how many
 * there were. */
typedef int job_function(const job *j, int at);

static int go_forward(const job *j, int at)
{
    const training *const t = j->t;
    trained got = trained_make(t);
    begin_call(at);
    EXPECT_SUCCESS(srnn_context_forward_contiguous(
        j->context, t->T, t->B, t->input, t->h0, got.of[TRAINED_OUTPUT],
        got.of[TRAINED_H_N]));
    const int barriers = end_call(j->context, j->schedule);
    trained_check_kind("output", &got, j->wanted, TRAINED_OUTPUT);
    trained_check_kind("h_n", &got, j->wanted, TRAINED_H_N);
    trained_free(&got);
    return barriers;
}

/* The recording, and backward after one in which no team gives up. */
static int record(const job *j, int at)
{
    trained got = trained_make(j->t);
    begin_call(at);
    EXPECT_SUCCESS(training_record(j->t, j->context, j->tape, &got));
    const int barriers = end_call(j->context, j->schedule);
    begin_call(0);
    EXPECT_SUCCESS(training_go_back(j->t, j->context, j->tape, &got,
                                    SRNN_ACCUMULATION_SET));
    (void)end_call(j->context, j->schedule);
    trained_check("record", &got, j->wanted);
    trained_free(&got);
    return barriers;
}

static int go_back(const job *j, int at)
{
    trained got = trained_make(j->t);
    begin_call(0);
    EXPECT_SUCCESS(training_record(j->t, j->context, j->tape, &got));
    (void)end_call(j->context, j->schedule);
    begin_call(at);
    EXPECT_SUCCESS(training_go_back(j->t, j->context, j->tape, &got,
                                    SRNN_ACCUMULATION_SET));
    const int barriers = end_call(j->context, j->schedule);
    trained_check("backward", &got, j->wanted);
    trained_free(&got);
    return barriers;
}

/* At each barrier; under a sanitizer, which takes long, at some. */
static void sweep(const job *j, job_function *function)
{
    const int distance = IS_SANITIZED ? 7 : 1;
    const int barriers = function(j, 0);
    assert_int_not_equal(barriers, 0);
    for (int at = 1; at <= barriers; at += distance)
        (void)function(j, at);
}

static void check(const training *t, srnn_schedule schedule,
                  int64_t checkpoint_steps, bool goes_forward)
{
    trained wanted = training_run(t);
    job j = {.t = t,
             .context = small_rnn_context(t->rnn, MEMBERS, schedule),
             .schedule = schedule,
             .wanted = &wanted};
    EXPECT_SUCCESS(srnn_tape_create(&j.tape, t->rnn));
    EXPECT_SUCCESS(srnn_tape_set_int(j.tape, SRNN_TAPE_CHECKPOINT_STEPS,
                                     checkpoint_steps));
    if (goes_forward)
        sweep(&j, go_forward);
    sweep(&j, record);
    sweep(&j, go_back);
    srnn_tape_destroy(j.tape);
    srnn_context_destroy(j.context);
    trained_free(&wanted);
}

/* Hidden sizes of more than one panel of packed weights. With the batch first,
 * rows are gathered, and members meet around that. */
static const small_rnn rnns[] = {
    {.I = 3, .H = 70, .L = 2},
    {.I = 3, .H = 70, .L = 2, .batch_first = true},
    {.I = 3, .H = 70, .L = 2, .D = 2, .dtype = SRNN_DTYPE_FLOAT64}};

static training make_plain(int number, const small_rnn *of)
{
    training t = training_make(number, of, T, B);
    t.lengths = NULL;
    t.resets = NULL;
    t.fresh = NULL;
    return t;
}

static void test_giving_up__leaves_the_bits_of_plain_batches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rnns / sizeof *rnns; i++) {
        training t = make_plain(1, &rnns[i]);
        check(&t, SRNN_SCHEDULE_COLUMNS, 0, true);
        if (rnns[i].D == 2)
            check(&t, SRNN_SCHEDULE_DIRECTIONS, 0, true);
        training_free(&t);
    }
}

/* Their rows alone are shared out. */
static void test_giving_up__leaves_the_bits_of_sequences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rnns / sizeof *rnns; i++) {
        training t = training_make(2, &rnns[i], T, B);
        check(&t, SRNN_SCHEDULE_BATCH, 0, false);
        training_free(&t);
    }
}

static void test_giving_up__leaves_the_bits_of_checkpoints(void **state)
{
    (void)state;
    training t = make_plain(3, &rnns[0]);
    check(&t, SRNN_SCHEDULE_COLUMNS, 4, false);
    training_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_giving_up__leaves_the_bits_of_plain_batches),
        cmocka_unit_test(test_giving_up__leaves_the_bits_of_sequences),
        cmocka_unit_test(test_giving_up__leaves_the_bits_of_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
