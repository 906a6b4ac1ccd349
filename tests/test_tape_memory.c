/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* What a recording and its backward take, through the allocator, is what
 * srnn_tape_size and srnn_context_tape_size say, and a second turn takes
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/counting.h"
#include "support/expect.h"
#include "support/training.h"

typedef struct {
    small_rnn of;
    int64_t T, B, checkpoint_steps, threads;
    srnn_schedule schedule;
} subject;

static counting_allocator counts;

/* Bytes that are promised for a tape, and beyond it. */
typedef struct {
    int64_t tape, context;
} sizes;

static sizes sizes_of(const srnn_context *context, const srnn_tape *tape,
                      int64_t T, int64_t B)
{
    size_t of_tape = 0;
    size_t of_context = 0;
    EXPECT_SUCCESS(srnn_tape_size(&of_tape, tape, T, B));
    EXPECT_SUCCESS(srnn_context_tape_size(&of_context, context, tape, T, B));
    return (sizes){(int64_t)of_tape, (int64_t)of_context};
}

static void check_close(const char *what, int64_t got, int64_t wanted,
                        int64_t parts)
{
    if (got > wanted + wanted / parts || got < wanted - wanted / parts)
        fail_msg("%s: %lld bytes, expected %lld", what, (long long)got,
                 (long long)wanted);
}

/* The most that is taken at one time by a first turn; a second takes nothing.
 */
static void check(const subject *s)
{
    training t = training_make(1, &s->of, s->T, s->B);
    trained got = trained_make(&t);
    srnn_tape *tape = NULL;
    srnn_context *const context =
        small_rnn_context(t.rnn, s->threads, s->schedule);
    EXPECT_SUCCESS(srnn_tape_create(&tape, t.rnn));
    EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS,
                                     s->checkpoint_steps));
    const sizes promised = sizes_of(context, tape, s->T, s->B);
    const size_t before = counts.living;
    for (int turn = 0; turn < 2; turn++) {
        const size_t start = counts.living;
        counts.peak = start;
        expect_success("record", training_record(&t, context, tape, &got));
        expect_success("backward", training_go_back(&t, context, tape, &got,
                                                    SRNN_ACCUMULATION_SET));
        if (turn == 0)
            assert_int_equal(counts.peak - before,
                             promised.tape + promised.context);
        else
            assert_int_equal(counts.peak, start);
    }
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    trained_free(&got);
    training_free(&t);
}

static void test_tape_memory__is_as_promised(void **state)
{
    (void)state;
    static const int64_t lengths[] = {0, 30, 260};
    static const int64_t batches[] = {2, 17, 600};
    for (int i = 0; i < 3 * 3 * 2 * 2 * 2; i++) {
        const int64_t D = 1 + i / 9 % 2;
        const subject s = {
            .of = {.I = i % 5 == 0 ? 60 : 20,
                   .H = 30,
                   .L = 1 + i % 3,
                   .direction = D == 2       ? SRNN_DIRECTION_BIDIRECTIONAL
                                : i % 4 == 0 ? SRNN_DIRECTION_REVERSE
                                             : SRNN_DIRECTION_FORWARD,
                   .dtype =
                       i % 7 < 4 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64},
            .T = lengths[i % 3] / (i / 3 % 3 == 2 ? 20 : 1) + 1,
            .B = batches[i / 3 % 3],
            .threads = 1 + i / 18 % 2,
            .checkpoint_steps = i / 36 % 2 * 9,
            .schedule = SRNN_SCHEDULE_BATCH};
        check(&s);
    }
}

/* States of T/k checkpoints in the tape, and of k steps in the context, in the
 * place of those of T steps. */
static void test_tape_memory__of_checkpoints(void **state)
{
    (void)state;
    enum { T = 4000, K = 64, B = 8, H = 32, L = 2 };
    const int64_t step = L * B * H * (int64_t)sizeof(float);
    const small_rnn of = {.I = 8, .H = H, .L = L};
    srnn_tape *tape = NULL;
    srnn_rnn *const rnn = small_rnn_create(&of);
    srnn_context *const context =
        small_rnn_context(rnn, 1, SRNN_SCHEDULE_SERIAL);
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    const sizes whole = sizes_of(context, tape, T, B);
    EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, K));
    const sizes cut = sizes_of(context, tape, T, B);
    /* Rows, lengths, resets and fresh states stay. */
    check_close("checkpoints", whole.tape - cut.tape, (T - T / K) * step, 1000);
    check_close("window", cut.context - whole.context, K * step, 50);
    check_close("tape", cut.tape, (T / K + 2) * step + T * (B + 8), 100);
    assert_true(cut.tape + cut.context < (whole.tape + whole.context) / 5);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    const subject s = {.of = of,
                       .T = T,
                       .B = B,
                       .checkpoint_steps = K,
                       .threads = 1,
                       .schedule = SRNN_SCHEDULE_SERIAL};
    check(&s);
}

/* k is rounded up to whole blocks of steps, here of 64, and an rnn in both
 * directions ignores it, as does one whose T is not larger. */
static void test_tape_memory__rounds_checkpoints_up(void **state)
{
    (void)state;
    enum { B = 8, BLOCK = 512 / B, T = 5 * BLOCK };
    static const struct {
        int64_t steps, as, D;
    } rows[] = {{1, BLOCK, 1},
                {BLOCK, BLOCK, 1},
                {BLOCK + 1, 2 * BLOCK, 1},
                {4 * BLOCK + 1, 0, 1},
                {T, 0, 1},
                {INT64_MAX, 0, 1},
                {1, 0, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        srnn_tape *tape = NULL;
        size_t size = 0;
        size_t wanted = 0;
        srnn_rnn *const rnn =
            small_rnn_create(&(small_rnn){.I = 3, .H = 16, .D = rows[i].D});
        EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
        EXPECT_SUCCESS(
            srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, rows[i].steps));
        EXPECT_SUCCESS(srnn_tape_size(&size, tape, T, B));
        EXPECT_SUCCESS(
            srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, rows[i].as));
        EXPECT_SUCCESS(srnn_tape_size(&wanted, tape, T, B));
        assert_int_equal(size, wanted);
        srnn_tape_destroy(tape);
        srnn_rnn_destroy(rnn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tape_memory__is_as_promised),
        cmocka_unit_test(test_tape_memory__of_checkpoints),
        cmocka_unit_test(test_tape_memory__rounds_checkpoints_up),
    };
    counts.limit = UINT32_MAX;
    if (srnn_allocator_set(counting_allocate, counting_free, &counts) !=
        SRNN_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
