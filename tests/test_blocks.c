/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, long-qemu, no-valgrind */
/* Training with threads that share out the batch has the bits of one thread. So
 * it has where the hidden state is so small that each thread takes a whole
 * block of rows, and where the batch has fewer rows than there are threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/tools.h"
#include "support/training.h"

enum { CASES = TOOL_CASES(400), BLOCK = 512, MAX_THREADS = 5 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    int number;
    draws random;
    small_rnn of;
    training t;
    bool is_frozen[PARAMETERS_MOST];
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static bool maybe(subject *s, int64_t parts)
{
    return below(s, parts) == 0;
}

/* Whole blocks and parts of blocks; a step is seldom more than one. */
static void pick_sizes(subject *s, int64_t *T, int64_t *B)
{
    *B = 1 + below(s, maybe(s, 3) ? 4 : 80);
    if (maybe(s, 20))
        *B = BLOCK - 2 + below(s, 5);
    const int64_t steps = BLOCK / *B > 0 ? BLOCK / *B : 1;
    *T = steps * below(s, 4) + below(s, steps + 1);
}

static void leave_out(subject *s)
{
    training *const t = &s->t;
    void **const operands[] = {(void **)&t->h0, (void **)&t->d_output,
                               (void **)&t->d_h_n};
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++)
        if (maybe(s, 4))
            *operands[i] = NULL;
    if (!maybe(s, 10))
        t->lengths = NULL;
    if (!maybe(s, 10)) {
        t->resets = NULL;
        t->fresh = NULL;
    }
    for (int i = 0; i < PARAMETERS_MOST; i++)
        s->is_frozen[i] = maybe(s, 6);
}

static subject make(int number)
{
    subject s = {.number = number, .random = draws_of(number, 77)};
    int64_t T = 0;
    int64_t B = 0;
    pick_sizes(&s, &T, &B);
    s.of = (small_rnn){.I = 1 + below(&s, maybe(&s, 6) ? 90 : 9),
                       .H = 1 + below(&s, maybe(&s, 6) ? 60 : 31),
                       .L = 1 + below(&s, 3),
                       .direction = SRNN_DIRECTION_FORWARD +
                                    (srnn_direction)below(&s, 2),
                       .seed = (uint64_t)number};
    s.of.dtype = draws_dtype(&s.random);
    s.of.nonlinearity = draws_nonlinearity(&s.random);
    s.of.no_bias = maybe(&s, 4);
    s.of.batch_first = maybe(&s, 6);
    s.of.dropout = maybe(&s, 6) ? 0.25 : 0;
    s.t = training_make(number, &s.of, T, B);
    leave_out(&s);
    return s;
}

static void go_back(const subject *s, srnn_context *context,
                    const srnn_tape *tape, trained *r,
                    srnn_accumulation accumulation)
{
    void *addresses[PARAMETERS_MOST];
    training_addresses(&s->t, r->of[TRAINED_GRADIENTS], addresses);
    for (int i = 0; i < PARAMETERS_MOST; i++)
        if (s->is_frozen[i])
            addresses[i] = NULL;
    expect_success_of_case(
        s->number,
        srnn_context_backward_contiguous(
            context, tape, s->t.input, s->t.d_output, s->t.d_h_n, accumulation,
            addresses, s->number % 5 == 0 ? NULL : r->of[TRAINED_D_INPUT],
            r->of[TRAINED_D_H0], r->of[TRAINED_D_FRESH]));
}

/* Everything that the two calls write, after SET and after ADD. */
static void run(const subject *s, srnn_context *context, int64_t interval,
                trained *set, trained *added)
{
    srnn_tape *tape = NULL;
    EXPECT_SUCCESS(srnn_tape_create(&tape, s->t.rnn));
    EXPECT_SUCCESS(
        srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, interval));
    EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT_SEED, 3));
    *set = trained_make(&s->t);
    *added = trained_make(&s->t);
    expect_success_of_case(s->number,
                           training_record(&s->t, context, tape, set));
    go_back(s, context, tape, set, SRNN_ACCUMULATION_SET);
    for (int kind = 0; kind < TRAINED_KINDS; kind++)
        memcpy(added->of[kind], set->of[kind], (size_t)set->bytes[kind]);
    go_back(s, context, tape, added, SRNN_ACCUMULATION_ADD);
    srnn_tape_destroy(tape);
}

static void check_case(int number)
{
    subject s = make(number);
    char label[40];
    trained wanted[2];
    trained got[2];
    srnn_context *context = small_rnn_context(s.t.rnn, 1, SRNN_SCHEDULE_SERIAL);
    run(&s, context, 0, &wanted[0], &wanted[1]);
    srnn_context_destroy(context);
    context = small_rnn_context(s.t.rnn, 2 + below(&s, MAX_THREADS - 1),
                                SRNN_SCHEDULE_BATCH);
    run(&s, context, maybe(&s, 3) ? 1 + below(&s, 20) : 0, &got[0], &got[1]);
    srnn_context_destroy(context);
    (void)snprintf(label, sizeof label, "case %d", number);
    for (int i = 0; i < 2; i++) {
        trained_check(label, &got[i], &wanted[i]);
        trained_free(&got[i]);
        trained_free(&wanted[i]);
    }
    training_free(&s.t);
}

static void test_blocks__have_the_bits_of_one_thread(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++)
        check_case(number);
}

enum { STEPS = 40, ROWS = 40, INPUTS = 3, HIDDEN = 8, LAYERS = 2, GAP = 1 };

/* [STEPS,ROWS,features], with a gap behind every row or without one. */
static srnn_tensor *wrap(float *data, int64_t features, int64_t gap)
{
    const int64_t shape[] = {STEPS, ROWS, features};
    const int64_t strides[] = {ROWS * (features + gap), features + gap, 1};
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&tensor, data, SRNN_DTYPE_FLOAT32, 3, shape, strides));
    return tensor;
}

static void check_gaps(const training *t, const trained *wanted,
                       int64_t output_gap, int64_t input_gap)
{
    static float d_output[STEPS * ROWS * (HIDDEN + GAP)];
    static float d_input[STEPS * ROWS * (INPUTS + GAP)];
    srnn_context *const context =
        small_rnn_context(t->rnn, 3, SRNN_SCHEDULE_BATCH);
    srnn_tape *tape = NULL;
    srnn_gradients *gradients = NULL;
    trained got = trained_make(t);
    srnn_tensor *const input = wrap((float *)t->input, INPUTS, 0);
    srnn_tensor *const from = wrap(d_output, HIDDEN, output_gap);
    srnn_tensor *const to = wrap(d_input, INPUTS, input_gap);
    for (int64_t row = 0; row < STEPS * ROWS; row++)
        memcpy(d_output + row * (HIDDEN + output_gap),
               (const float *)t->d_output + row * HIDDEN,
               HIDDEN * sizeof *d_output);
    EXPECT_SUCCESS(srnn_tape_create(&tape, t->rnn));
    EXPECT_SUCCESS(srnn_gradients_create(&gradients, t->rnn));
    EXPECT_SUCCESS(training_record(t, context, tape, &got));
    EXPECT_SUCCESS(srnn_context_backward(context, tape, input, from, NULL,
                                         SRNN_ACCUMULATION_SET, gradients, to,
                                         NULL, NULL));
    assert_memory_equal(srnn_tensor_const_data(srnn_gradients_flat(gradients)),
                        wanted->of[TRAINED_GRADIENTS],
                        (size_t)wanted->bytes[TRAINED_GRADIENTS]);
    for (int64_t row = 0; row < STEPS * ROWS; row++)
        assert_memory_equal(d_input + row * (INPUTS + input_gap),
                            (const float *)wanted->of[TRAINED_D_INPUT] +
                                row * INPUTS,
                            INPUTS * sizeof *d_input);
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(from);
    srnn_tensor_destroy(to);
    srnn_gradients_destroy(gradients);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    trained_free(&got);
}

/* Rows that cannot stay where they are pass through buffers. */
static void test_blocks__leave_gaps_between_rows(void **state)
{
    (void)state;
    training t = training_make(
        1, &(small_rnn){.I = INPUTS, .H = HIDDEN, .L = LAYERS}, STEPS, ROWS);
    t.lengths = NULL;
    t.resets = NULL;
    t.fresh = NULL;
    t.d_h_n = NULL;
    trained wanted = training_run(&t);
    for (int gaps = 0; gaps < 4; gaps++)
        for (int turn = 0; turn < 5; turn++)
            check_gaps(&t, &wanted, gaps % 2 * GAP, gaps / 2 * GAP);
    trained_free(&wanted);
    training_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks__have_the_bits_of_one_thread),
        cmocka_unit_test(test_blocks__leave_gaps_between_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
