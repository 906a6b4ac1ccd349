/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind, native */
/* One rnn under many threads, each with a context, a tape and gradients of its
 * own, which trains and reads while others do: the bits of one thread. A tape
 * may go from thread to thread. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/training.h"

enum { THREADS = 6, TURNS = 20 };

/* A thread: whatever fails in it is counted, as cmocka may not jump there. */
typedef struct {
    const training *t;
    const trained *wanted;
    int64_t helpers;
    int number;
    int wrong;
    pthread_t thread;
} job;

static int differs(const trained *got, const trained *wanted)
{
    for (int kind = 0; kind < TRAINED_KINDS; kind++)
        if (memcmp(got->of[kind], wanted->of[kind], (size_t)got->bytes[kind]) !=
            0)
            return 1;
    return 0;
}

static void *train(void *argument)
{
    job *const j = argument;
    srnn_context *context = NULL;
    srnn_tape *tape = NULL;
    trained got = *j->wanted;
    for (int kind = 0; kind < TRAINED_KINDS; kind++)
        got.of[kind] = calloc((size_t)got.bytes[kind] + 1, 1);
    j->wrong += srnn_context_create(&context, j->t->rnn) != SRNN_OK ||
                srnn_tape_create(&tape, j->t->rnn) != SRNN_OK ||
                srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS,
                                     j->helpers) != SRNN_OK ||
                srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS,
                                  j->number % 2) != SRNN_OK;
    for (int turn = 0; turn < TURNS && j->wrong == 0; turn++) {
        for (int kind = 0; kind < TRAINED_KINDS; kind++)
            memset(got.of[kind], 0x5a, (size_t)got.bytes[kind]);
        j->wrong += training_record(j->t, context, tape, &got) != SRNN_OK ||
                    training_go_back(j->t, context, tape, &got,
                                     SRNN_ACCUMULATION_SET) != SRNN_OK ||
                    differs(&got, j->wanted);
    }
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    for (int kind = 0; kind < TRAINED_KINDS; kind++)
        free(got.of[kind]);
    return NULL;
}

static void check_all(const small_rnn *of, int64_t helpers)
{
    training t = training_make(1, of, 40, 40);
    trained wanted = training_run(&t);
    job jobs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] =
            (job){.t = &t, .wanted = &wanted, .helpers = helpers, .number = i};
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, train, &jobs[i]),
                         0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
        assert_int_equal(jobs[i].wrong, 0);
    }
    trained_free(&wanted);
    training_free(&t);
}

static void test_tape_threads__have_the_bits_of_one(void **state)
{
    (void)state;
    check_all(&(small_rnn){.I = 5, .H = 12, .L = 2, .D = 2}, 1);
    check_all(&(small_rnn){.I = 5, .H = 12, .L = 2, .dropout = 0.25}, 1);
    check_all(&(small_rnn){.I = 5, .H = 12, .L = 2}, 2);
}

/* A tape that one thread recorded, in a context that it uses on. */
typedef struct {
    const training *t;
    const trained *wanted;
    srnn_tape *tape;
    int wrong;
} handover;

static void *go_back_elsewhere(void *argument)
{
    handover *const h = argument;
    srnn_context *context = NULL;
    trained got = trained_make(h->t);
    memcpy(got.of[TRAINED_OUTPUT], h->wanted->of[TRAINED_OUTPUT],
           (size_t)got.bytes[TRAINED_OUTPUT]);
    memcpy(got.of[TRAINED_H_N], h->wanted->of[TRAINED_H_N],
           (size_t)got.bytes[TRAINED_H_N]);
    h->wrong += srnn_context_create(&context, h->t->rnn) != SRNN_OK ||
                training_go_back(h->t, context, h->tape, &got,
                                 SRNN_ACCUMULATION_SET) != SRNN_OK ||
                differs(&got, h->wanted);
    trained_free(&got);
    srnn_context_destroy(context);
    return NULL;
}

static void test_tape_threads__hand_a_tape_over(void **state)
{
    (void)state;
    training t =
        training_make(1, &(small_rnn){.I = 5, .H = 12, .L = 2}, 40, 40);
    trained wanted = training_run(&t);
    srnn_context *const context =
        small_rnn_context(t.rnn, 2, SRNN_SCHEDULE_BATCH);
    handover h = {.t = &t, .wanted = &wanted};
    EXPECT_SUCCESS(srnn_tape_create(&h.tape, t.rnn));
    for (int turn = 0; turn < 10; turn++) {
        pthread_t thread;
        trained got = trained_make(&t);
        expect_success("record", training_record(&t, context, h.tape, &got));
        assert_int_equal(pthread_create(&thread, NULL, go_back_elsewhere, &h),
                         0);
        for (int i = 0; i < 5; i++)
            EXPECT_SUCCESS(srnn_context_forward_contiguous(
                context, t.T, t.B, t.input, NULL, got.of[TRAINED_OUTPUT],
                NULL));
        assert_int_equal(pthread_join(thread, NULL), 0);
        trained_free(&got);
    }
    assert_int_equal(h.wrong, 0);
    srnn_tape_destroy(h.tape);
    srnn_context_destroy(context);
    trained_free(&wanted);
    training_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tape_threads__have_the_bits_of_one),
        cmocka_unit_test(test_tape_threads__hand_a_tape_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
