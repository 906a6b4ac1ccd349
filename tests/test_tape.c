/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, long-qemu */
/* The life of a recording: where it lies, how long it lasts, and what may come
 * between it and its backward. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/counting.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/training.h"

static counting_allocator counts;

static srnn_tape *make_tape(const srnn_rnn *rnn, int64_t checkpoint_steps)
{
    srnn_tape *tape = NULL;
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    EXPECT_SUCCESS(
        srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, checkpoint_steps));
    return tape;
}

static srnn_context *make_context(const srnn_rnn *rnn)
{
    return small_rnn_context(rnn, 1, SRNN_SCHEDULE_SERIAL);
}

static void go_back(const char *label, const training *t, srnn_context *context,
                    const srnn_tape *tape, const trained *wanted)
{
    trained got = trained_make(t);
    memcpy(got.of[TRAINED_OUTPUT], wanted->of[TRAINED_OUTPUT],
           (size_t)got.bytes[TRAINED_OUTPUT]);
    memcpy(got.of[TRAINED_H_N], wanted->of[TRAINED_H_N],
           (size_t)got.bytes[TRAINED_H_N]);
    expect_success(
        label, training_go_back(t, context, tape, &got, SRNN_ACCUMULATION_SET));
    trained_check(label, &got, wanted);
    trained_free(&got);
}

/* A failure that leaves the results as they are. */
static void refuse_to_go_back(const char *label, const training *t,
                              srnn_context *context, const srnn_tape *tape,
                              srnn_status wanted)
{
    static const char *const texts[EXPECT_TEXTS] = {"record"};
    trained got = trained_make(t);
    trained untouched = trained_make(t);
    expect_failure(
        label, training_go_back(t, context, tape, &got, SRNN_ACCUMULATION_SET),
        wanted, texts);
    trained_check(label, &got, &untouched);
    trained_free(&got);
    trained_free(&untouched);
}

/* A block of memory at 8 bytes behind a multiple of 64, with bytes around it
 * that stay as they are. */
enum { GUARD = 72, GUARD_BYTE = 0xee };

typedef struct {
    unsigned char *all;
    unsigned char *data;
    size_t bytes;
} block;

static block block_make(size_t bytes, size_t offset)
{
    block b = {.bytes = (size_t)bytes};
    const size_t size = b.bytes + (size_t)3 * GUARD;
    b.all = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(b.all);
    memset(b.all, GUARD_BYTE, size);
    b.data = b.all + 64 + offset;
    return b;
}

static void block_check(const block *b)
{
    const size_t before = (size_t)(b->data - b->all);
    for (size_t i = 0; i < before; i++)
        assert_int_equal(b->all[i], GUARD_BYTE);
    for (size_t i = before + b->bytes; i < b->bytes + (size_t)3 * GUARD; i++)
        assert_int_equal(b->all[i], GUARD_BYTE);
}

/* From a copy of the memory, by another tape in another context. */
static void check_moved(const training *t, int64_t checkpoint_steps)
{
    size_t bytes = 0;
    trained wanted = training_run(t);
    trained got = trained_make(t);
    srnn_context *const context = make_context(t->rnn);
    srnn_context *const other = make_context(t->rnn);
    srnn_tape *const tape = make_tape(t->rnn, checkpoint_steps);
    srnn_tape *const reader = make_tape(t->rnn, 0);
    EXPECT_SUCCESS(srnn_tape_size(&bytes, tape, t->T, t->B));
    block from = block_make(bytes, 8);
    block to = block_make(bytes, 24);
    EXPECT_SUCCESS(srnn_tape_set_memory(tape, from.data, bytes));
    expect_success("record", training_record(t, context, tape, &got));
    trained_check_kind("moved", &got, &wanted, TRAINED_OUTPUT);
    trained_check_kind("moved", &got, &wanted, TRAINED_H_N);
    block_check(&from);
    memcpy(to.data, from.data, to.bytes);
    go_back("in place", t, context, tape, &wanted);
    srnn_tape_destroy(tape);
    block_check(&from);
    assert_memory_equal(to.data, from.data, to.bytes);
    memset(from.all, 0xff, from.bytes);
    free(from.all);
    EXPECT_SUCCESS(srnn_tape_set_memory(reader, to.data, bytes));
    go_back("moved", t, other, reader, &wanted);
    block_check(&to);
    srnn_tape_destroy(reader);
    srnn_context_destroy(other);
    srnn_context_destroy(context);
    trained_free(&got);
    trained_free(&wanted);
    free(to.all);
}

static void test_tape__may_be_moved(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        const small_rnn of = {.I = 3 + i,
                              .H = 5 + 3 * i,
                              .L = 1 + i % 3,
                              .D = 1 + i / 3 % 2,
                              .dtype = i % 2 == 0 ? SRNN_DTYPE_FLOAT32
                                                  : SRNN_DTYPE_FLOAT64,
                              .seed = 5};
        training t = training_make(i, &of, 300, 3);
        check_moved(&t, i % 4 < 2 ? 0 : 90);
        training_free(&t);
    }
}

/* A tape frees the memory of its own as soon as it gets another, and takes it
 * again when that is taken away. */
static void test_tape__has_one_memory(void **state)
{
    (void)state;
    const small_rnn of = {.I = 4, .H = 6, .L = 2};
    size_t bytes = 0;
    training t = training_make(1, &of, 7, 3);
    trained wanted = training_run(&t);
    srnn_context *const context = make_context(t.rnn);
    srnn_tape *const tape = make_tape(t.rnn, 0);
    EXPECT_SUCCESS(srnn_tape_size(&bytes, tape, t.T, t.B));
    block given = block_make(bytes, 8);
    refuse_to_go_back("new", &t, context, tape, SRNN_ERROR_STATE);
    trained first = training_run_with(&t, context, tape);
    trained_check("own memory", &first, &wanted);
    const size_t before = counts.living;
    EXPECT_SUCCESS(srnn_tape_set_memory(tape, given.data, bytes));
    assert_int_equal(before - counts.living, bytes);
    refuse_to_go_back("given", &t, context, tape, SRNN_ERROR_STATE);
    trained second = training_run_with(&t, context, tape);
    trained_check("given memory", &second, &wanted);
    assert_int_equal(before - counts.living, bytes);
    EXPECT_SUCCESS(srnn_tape_set_memory(tape, NULL, 0));
    refuse_to_go_back("taken", &t, context, tape, SRNN_ERROR_STATE);
    trained third = training_run_with(&t, context, tape);
    trained_check("own memory again", &third, &wanted);
    assert_int_equal(counts.living, before);
    block_check(&given);
    trained_free(&first);
    trained_free(&second);
    trained_free(&third);
    trained_free(&wanted);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    training_free(&t);
    free(given.all);
}

/* The memory of larger recordings stays for smaller ones. */
static void test_tape__keeps_its_memory(void **state)
{
    (void)state;
    const small_rnn of = {.I = 4, .H = 6, .L = 2};
    training large = training_make(1, &of, 30, 3);
    training small = training_steps(&large, 0, 10);
    small.lengths = large.lengths = NULL;
    trained wanted = training_run(&small);
    srnn_context *const context = make_context(large.rnn);
    srnn_tape *const tape = make_tape(large.rnn, 0);
    trained first = training_run_with(&large, context, tape);
    small.rnn = large.rnn;
    const size_t before = counts.living;
    counts.peak = before;
    trained second = training_run_with(&small, context, tape);
    trained_check("smaller", &second, &wanted);
    assert_int_equal(counts.peak, before);
    trained_free(&first);
    trained_free(&second);
    trained_free(&wanted);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    training_free(&large);
}

static srnn_status write_one(srnn_rnn *rnn, const parameters *p)
{
    return srnn_rnn_set_parameter(rnn, srnn_rnn_parameter_name(rnn, 1),
                                  p->values[1]);
}

/* Each way to write parameters, even with the values that they have. */
static void test_tape__is_stale_after_writes(void **state)
{
    (void)state;
    srnn_status (*const writers[])(srnn_rnn *, const parameters *) = {
        write_one, parameters_set, parameters_set_flat};
    const small_rnn of = {.I = 4, .H = 6, .L = 2, .D = 2};
    training t = training_make(1, &of, 7, 3);
    parameters same = parameters_copy(t.rnn);
    trained wanted = training_run(&t);
    srnn_context *const context = make_context(t.rnn);
    srnn_tape *const tape = make_tape(t.rnn, 0);
    for (int i = 0; i < 3; i++) {
        trained got = training_run_with(&t, context, tape);
        trained_check("before", &got, &wanted);
        expect_success("write", writers[i](t.rnn, &same));
        refuse_to_go_back("written", &t, context, tape, SRNN_ERROR_STALE);
        trained_free(&got);
    }
    trained again = training_run_with(&t, context, tape);
    trained_check("again", &again, &wanted);
    trained_free(&again);
    trained_free(&wanted);
    parameters_free(&same);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    training_free(&t);
}

/* Forwards and steps of the same context, of any sizes. */
static void use_context(srnn_context *context, const training *t)
{
    static float x[64], y[64];
    srnn_stream *stream = NULL;
    EXPECT_SUCCESS(srnn_context_forward_contiguous(context, t->T, t->B,
                                                   t->input, NULL, NULL, NULL));
    EXPECT_SUCCESS(
        srnn_context_forward_contiguous(context, 2, 1, x, NULL, y, NULL));
    EXPECT_SUCCESS(srnn_stream_create(&stream, context, 1));
    EXPECT_SUCCESS(srnn_stream_step(stream, x, y));
    srnn_stream_destroy(stream);
}

static void test_tape__outlasts_forwards_and_backwards(void **state)
{
    (void)state;
    const small_rnn of = {.I = 4, .H = 6, .L = 2};
    for (int64_t checkpoint_steps = 0; checkpoint_steps < 8;
         checkpoint_steps += 7) {
        training t = training_make(1, &of, 400, 3);
        trained wanted = training_run(&t);
        srnn_context *const context = make_context(t.rnn);
        srnn_tape *const tape = make_tape(t.rnn, checkpoint_steps);
        trained got = training_run_with(&t, context, tape);
        trained_check("first", &got, &wanted);
        go_back("second", &t, context, tape, &wanted);
        use_context(context, &t);
        go_back("after forwards", &t, context, tape, &wanted);
        EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, 50));
        EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT_SEED, 50));
        go_back("after options", &t, context, tape, &wanted);
        for (int64_t threads = 1; threads < 4; threads++)
            for (srnn_schedule schedule = SRNN_SCHEDULE_AUTO;
                 schedule <= SRNN_SCHEDULE_COLUMNS; schedule++) {
                srnn_context *const other =
                    small_rnn_context(t.rnn, threads, schedule);
                go_back("another context", &t, other, tape, &wanted);
                srnn_context_destroy(other);
            }
        trained_free(&got);
        trained_free(&wanted);
        srnn_tape_destroy(tape);
        srnn_context_destroy(context);
        training_free(&t);
    }
}

/* Two tapes in one context, the first one last. */
static void test_tape__shares_a_context(void **state)
{
    (void)state;
    const small_rnn of = {.I = 4, .H = 6, .L = 2, .D = 2};
    training large = training_make(1, &of, 30, 3);
    training small = training_steps(&large, 20, 30);
    small.lengths = NULL;
    trained wanted[] = {training_run(&large), training_run(&small)};
    trained got[] = {trained_make(&large), trained_make(&small)};
    srnn_context *const context = make_context(large.rnn);
    srnn_tape *const tapes[] = {make_tape(large.rnn, 0),
                                make_tape(large.rnn, 0)};
    const training *const all[] = {&large, &small};
    for (int i = 0; i < 2; i++)
        expect_success("record",
                       training_record(all[i], context, tapes[i], &got[i]));
    for (int i = 0; i < 4; i++)
        go_back("two tapes", all[i % 2], context, tapes[i % 2], &wanted[i % 2]);
    for (int i = 0; i < 2; i++) {
        trained_free(&wanted[i]);
        trained_free(&got[i]);
        srnn_tape_destroy(tapes[i]);
    }
    srnn_context_destroy(context);
    training_free(&large);
}

/* All operands and results of the recording except the input. */
static void test_tape__keeps_what_backward_needs(void **state)
{
    (void)state;
    const small_rnn of = {.I = 4, .H = 6, .L = 2, .D = 2};
    training t = training_make(1, &of, 9, 3);
    trained wanted = training_run(&t);
    trained got = trained_make(&t);
    srnn_context *const context = make_context(t.rnn);
    srnn_tape *const tape = make_tape(t.rnn, 0);
    /* h_n in the place of h0 */
    unsigned char *const h_n = got.of[TRAINED_H_N];
    got.of[TRAINED_H_N] = t.h0;
    expect_success("record", training_record(&t, context, tape, &got));
    trained_check_kind("in place", &got, &wanted, TRAINED_OUTPUT);
    trained_check_kind("in place", &got, &wanted, TRAINED_H_N);
    got.of[TRAINED_H_N] = h_n;
    memset(t.h0, 0xff, (size_t)wanted.bytes[TRAINED_H_N]);
    memset(t.fresh, 0xff, (size_t)wanted.bytes[TRAINED_H_N]);
    memset(t.lengths, 0xff, (size_t)t.B * sizeof *t.lengths);
    memset(t.resets, 0xff, (size_t)(t.T * t.B));
    memset(got.of[TRAINED_OUTPUT], 0xff, (size_t)got.bytes[TRAINED_OUTPUT]);
    go_back("overwritten", &t, context, tape, &wanted);
    trained_free(&got);
    trained_free(&wanted);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    training_free(&t);
}

/* Each kind of failure, of checks before and after the tape is entered. */
static srnn_status fail_to_record(int kind, const training *t,
                                  srnn_context *context, srnn_tape *tape,
                                  srnn_context *foreign)
{
    static const int64_t lengths[] = {-1, -1, -1};
    void *const input = t->input;
    void *const y = t->d_output;
    const srnn_tensor *const no_tensor =
        (const srnn_tensor *)(const void *)t->rnn;
    switch (kind) {
    case 0:
        return srnn_context_record(context, tape, NULL, NULL, NULL, NULL, NULL,
                                   NULL, NULL);
    case 1:
        return srnn_context_record(context, tape, no_tensor, NULL, NULL, NULL,
                                   NULL, NULL, NULL);
    case 2:
        return srnn_context_record_contiguous(context, tape, t->T, t->B, input,
                                              lengths, NULL, NULL, NULL, NULL,
                                              NULL);
    case 3:
        return srnn_context_record_contiguous(
            context, tape, -1, t->B, input, NULL, NULL, NULL, NULL, NULL, NULL);
    case 4:
        return srnn_context_record_contiguous(foreign, tape, t->T, t->B, input,
                                              NULL, NULL, NULL, NULL, NULL,
                                              NULL);
    case 5:
        return srnn_context_record_contiguous(context, tape, t->T, t->B, input,
                                              NULL, NULL, NULL, NULL, y, y);
    case 6:
        return srnn_context_record_contiguous(context, tape, INT64_MAX, t->B,
                                              input, NULL, NULL, NULL, NULL,
                                              NULL, NULL);
    case 7:
        return srnn_context_record_contiguous(
            NULL, tape, t->T, t->B, input, NULL, NULL, NULL, NULL, NULL, NULL);
    default: /* beyond the limit of the allocator */
        return srnn_context_record_contiguous(context, tape, INT64_C(1) << 40,
                                              t->B, input, NULL, NULL, NULL,
                                              NULL, NULL, NULL);
    }
}

static void test_tape__is_empty_after_a_failure(void **state)
{
    (void)state;
    const small_rnn of = {.I = 4, .H = 6, .L = 2};
    training t = training_make(1, &of, 9, 3);
    trained wanted = training_run(&t);
    srnn_rnn *const other = small_rnn_create(&of);
    srnn_context *const foreign = make_context(other);
    srnn_context *const context = make_context(t.rnn);
    srnn_tape *const tape = make_tape(t.rnn, 0);
    for (int kind = 0; kind < 9; kind++) {
        trained got = training_run_with(&t, context, tape);
        trained_check("before", &got, &wanted);
        assert_int_not_equal(fail_to_record(kind, &t, context, tape, foreign),
                             SRNN_OK);
        refuse_to_go_back("failed", &t, context, tape, SRNN_ERROR_STATE);
        trained_free(&got);
    }
    trained_free(&wanted);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    srnn_context_destroy(foreign);
    srnn_rnn_destroy(other);
    training_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tape__may_be_moved),
        cmocka_unit_test(test_tape__has_one_memory),
        cmocka_unit_test(test_tape__keeps_its_memory),
        cmocka_unit_test(test_tape__is_stale_after_writes),
        cmocka_unit_test(test_tape__outlasts_forwards_and_backwards),
        cmocka_unit_test(test_tape__shares_a_context),
        cmocka_unit_test(test_tape__keeps_what_backward_needs),
        cmocka_unit_test(test_tape__is_empty_after_a_failure),
    };
    counts.limit = UINT32_MAX;
    if (srnn_allocator_set(counting_allocate, counting_free, &counts) !=
        SRNN_OK)
        return 1;
    const int failures = cmocka_run_group_tests(tests, NULL, NULL);
    return failures + (counts.living != 0);
}
