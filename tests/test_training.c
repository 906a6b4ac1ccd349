/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, long-qemu */
/* What a program trains with: steps of an optimizer, truncated backpropagation,
 * frozen parameters, dropout in parts of a batch, and gradients of nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/training.h"

static void check_bytes(const void *got, const void *wanted, int64_t bytes)
{
    assert_int_equal(memcmp(got, wanted, (size_t)bytes), 0);
}

static srnn_tape *make_tape(const srnn_rnn *rnn)
{
    srnn_tape *tape = NULL;
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    return tape;
}

static srnn_context *make_context(const srnn_rnn *rnn)
{
    return small_rnn_context(rnn, 1, SRNN_SCHEDULE_SERIAL);
}

/* values -= gradients / 8, by one of two writers. */
static void descend(srnn_rnn *rnn, srnn_gradients *gradients, bool is_flat)
{
    srnn_tensor *const flat = srnn_gradients_flat(gradients);
    const int64_t count = srnn_tensor_size(flat);
    const float *const slope = srnn_tensor_const_data(flat);
    srnn_tensor *values = NULL;
    EXPECT_SUCCESS(srnn_tensor_create(&values, SRNN_DTYPE_FLOAT32, 1, &count));
    EXPECT_SUCCESS(srnn_rnn_get_flat(rnn, values));
    for (int64_t i = 0; i < count; i++)
        ((float *)srnn_tensor_data(values))[i] -= slope[i] / 8;
    if (is_flat) {
        EXPECT_SUCCESS(srnn_rnn_set_flat(rnn, values));
    } else {
        const float *data = srnn_tensor_const_data(values);
        for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
            srnn_tensor *value = NULL;
            EXPECT_SUCCESS(
                srnn_tensor_wrap_const(&value, data, SRNN_DTYPE_FLOAT32,
                                       srnn_rnn_parameter_rank(rnn, i),
                                       srnn_rnn_parameter_shape(rnn, i), NULL));
            parameter_set(rnn, i, value);
            data += srnn_tensor_size(value);
            srnn_tensor_destroy(value);
        }
    }
    srnn_tensor_destroy(values);
}

/* Of an rnn that was made with these weights, and that nothing is kept of. */
static trained train_afresh(const training *t)
{
    training fresh = *t;
    EXPECT_SUCCESS(srnn_rnn_clone(&fresh.rnn, t->rnn));
    const trained r = training_run(&fresh);
    srnn_rnn_destroy(fresh.rnn);
    return r;
}

/* Weights that a context or a tape keeps in another form follow each step. */
static void test_training__steps_of_an_optimizer(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const small_rnn of = {.I = 5, .H = 20, .L = 2, .D = 1 + i % 2};
        training t = training_make(i, &of, 9, 4);
        srnn_context *const context = make_context(t.rnn);
        srnn_tape *const tape = make_tape(t.rnn);
        trained before = trained_make(&t);
        for (int step = 0; step < 4; step++) {
            trained wanted = train_afresh(&t);
            trained got = training_run_with(&t, context, tape);
            srnn_gradients *gradients = NULL;
            trained_check("step", &got, &wanted);
            assert_memory_not_equal(got.of[TRAINED_D_H0],
                                    before.of[TRAINED_D_H0],
                                    (size_t)got.bytes[TRAINED_D_H0]);
            EXPECT_SUCCESS(srnn_gradients_wrap(&gradients, t.rnn,
                                               got.of[TRAINED_GRADIENTS]));
            descend(t.rnn, gradients, i < 2);
            srnn_gradients_destroy(gradients);
            trained_free(&before);
            trained_free(&wanted);
            before = got;
        }
        trained_free(&before);
        srnn_tape_destroy(tape);
        srnn_context_destroy(context);
        training_free(&t);
    }
}

/* Records pieces one after the other, and goes back through them from the last
 * one to the first: d_h0 of one is d_h_n of the one before it. The pieces begin
 * at `starts`, and the last one ends with T. Results of all pieces come as one.
 */
static trained train_in_pieces(const training *whole, const int64_t *starts,
                               int count)
{
    trained all = trained_make(whole);
    srnn_context *const context = make_context(whole->rnn);
    srnn_tape *const tape = make_tape(whole->rnn);
    const int64_t states = all.bytes[TRAINED_H_N];
    unsigned char *const h = malloc((size_t)states);
    unsigned char *const kept = malloc((size_t)(count * states));
    assert_true(h != NULL && kept != NULL);
    memcpy(h, whole->h0, (size_t)states);
    for (int i = 0; i < 2 * count; i++) {
        /* Forward first, and then each piece is recorded again. */
        const int n = i < count ? i : 2 * count - 1 - i;
        const int64_t end = n + 1 < count ? starts[n + 1] : whole->T;
        training piece = training_steps(whole, starts[n], end);
        trained part = all;
        part.of[TRAINED_OUTPUT] +=
            all.bytes[TRAINED_OUTPUT] / whole->T * starts[n];
        part.of[TRAINED_D_INPUT] +=
            all.bytes[TRAINED_D_INPUT] / whole->T * starts[n];
        if (i < count)
            memcpy(kept + n * states, h, (size_t)states);
        piece.h0 = i < count ? h : kept + n * states;
        part.of[TRAINED_H_N] = i < count ? h : all.of[TRAINED_H_N];
        expect_success("record", training_record(&piece, context, tape, &part));
        if (i < count)
            continue;
        piece.d_h_n = n + 1 < count ? all.of[TRAINED_D_H0] : whole->d_h_n;
        unsigned char *const d_h0 = malloc((size_t)states);
        assert_non_null(d_h0);
        part.of[TRAINED_D_H0] = d_h0;
        expect_success("backward",
                       training_go_back(&piece, context, tape, &part,
                                        n + 1 < count ? SRNN_ACCUMULATION_ADD
                                                      : SRNN_ACCUMULATION_SET));
        memcpy(all.of[TRAINED_D_H0], d_h0, (size_t)states);
        free(d_h0);
    }
    memcpy(all.of[TRAINED_H_N], h, (size_t)states);
    free(h);
    free(kept);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    return all;
}

/* B = 64 makes blocks of 8 steps. d_fresh of a piece is of that piece alone. */
static void test_training__pieces_of_whole_blocks(void **state)
{
    (void)state;
    static const int64_t starts[] = {0, 8, 24, 40};
    for (int i = 0; i < 4; i++) {
        const small_rnn of = {.I = 5,
                              .H = 6,
                              .L = 2,
                              .dtype = i < 2 ? SRNN_DTYPE_FLOAT32
                                             : SRNN_DTYPE_FLOAT64};
        training t = training_make(i, &of, 45, 64);
        t.lengths = NULL;
        t.resets = i % 2 == 0 ? NULL : t.resets;
        trained wanted = training_run(&t);
        trained got = train_in_pieces(&t, starts, 4);
        for (trained_kind kind = 0; kind < TRAINED_KINDS; kind++)
            if (kind != TRAINED_D_FRESH)
                trained_check_kind("pieces", &got, &wanted, kind);
        trained_free(&got);
        trained_free(&wanted);
        training_free(&t);
    }
}

static void test_training__pieces_of_any_steps(void **state)
{
    (void)state;
    static const int64_t starts[] = {0, 1, 12, 13, 31};
    const small_rnn of = {.I = 5, .H = 6, .L = 2};
    training t = training_make(1, &of, 45, 64);
    t.lengths = NULL;
    trained wanted = training_run(&t);
    trained got = train_in_pieces(&t, starts, 5);
    for (trained_kind kind = 0; kind < TRAINED_D_FRESH; kind++)
        trained_check_kind("pieces", &got, &wanted, kind);
    const double distance = trained_distance(&got, &wanted, TRAINED_GRADIENTS);
    if (!(distance < 3e-6)) /* 1.05e-6 was measured */
        fail_msg("gradients are %g off", distance);
    trained_free(&got);
    trained_free(&wanted);
    training_free(&t);
}

/* Every second parameter, from `kept` on: what its gradient must be, and
 * untouched bytes for the others. The wanted gradients are changed so. */
static void keep_some(const training *t, trained *wanted, int kept)
{
    trained untouched = trained_make(t);
    void *to[PARAMETERS_MOST];
    void *from[PARAMETERS_MOST];
    const int64_t count = srnn_rnn_parameter_count(t->rnn);
    training_addresses(t, wanted->of[TRAINED_GRADIENTS], to);
    training_addresses(t, untouched.of[TRAINED_GRADIENTS], from);
    to[count] =
        wanted->of[TRAINED_GRADIENTS] + wanted->bytes[TRAINED_GRADIENTS];
    for (int64_t i = 0; i < count; i++)
        if (i % 2 != kept)
            memcpy(
                to[i], from[i],
                (size_t)((unsigned char *)to[i + 1] - (unsigned char *)to[i]));
    trained_free(&untouched);
}

static void test_training__addresses_that_are_null(void **state)
{
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        const small_rnn of = {.I = 5, .H = 6, .L = 2, .D = 2};
        training t = training_make(1, &of, 9, 4);
        trained wanted = training_run(&t);
        trained got = trained_make(&t);
        srnn_context *const context = make_context(t.rnn);
        srnn_tape *const tape = make_tape(t.rnn);
        void *addresses[PARAMETERS_MOST];
        training_addresses(&t, got.of[TRAINED_GRADIENTS], addresses);
        for (int64_t i = 0; i < srnn_rnn_parameter_count(t.rnn); i++)
            addresses[i] = i % 2 == kept ? addresses[i] : NULL;
        expect_success("record", training_record(&t, context, tape, &got));
        EXPECT_SUCCESS(srnn_context_backward_contiguous(
            context, tape, t.input, t.d_output, t.d_h_n, SRNN_ACCUMULATION_SET,
            addresses, NULL, NULL, NULL));
        keep_some(&t, &wanted, kept);
        trained_check_kind("addresses", &got, &wanted, TRAINED_GRADIENTS);
        srnn_tape_destroy(tape);
        srnn_context_destroy(context);
        trained_free(&got);
        trained_free(&wanted);
        training_free(&t);
    }
}

static srnn_tensor *wrap(const training *t, srnn_role role, void *data)
{
    int64_t shape[3];
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(srnn_rnn_shape(shape, t->rnn, role, t->T, t->B));
    EXPECT_SUCCESS(srnn_tensor_wrap_const(&tensor, data, SRNN_DTYPE_FLOAT32, 3,
                                          shape, NULL));
    return tensor;
}

static void check_frozen(const training *t, srnn_gradients *gradients,
                         trained *got, const trained *wanted)
{
    srnn_context *const context = make_context(t->rnn);
    srnn_tape *const tape = make_tape(t->rnn);
    srnn_tensor *const x = wrap(t, SRNN_ROLE_INPUT, t->input);
    srnn_tensor *const dy = wrap(t, SRNN_ROLE_OUTPUT, t->d_output);
    srnn_tensor *const dh_n = wrap(t, SRNN_ROLE_HIDDEN, t->d_h_n);
    expect_success("record", training_record(t, context, tape, got));
    EXPECT_SUCCESS(srnn_context_backward(context, tape, x, dy, dh_n,
                                         SRNN_ACCUMULATION_SET, gradients, NULL,
                                         NULL, NULL));
    trained_check_kind("frozen", got, wanted, TRAINED_GRADIENTS);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(dy);
    srnn_tensor_destroy(dh_n);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
}

static void test_training__parameters_that_are_frozen(void **state)
{
    (void)state;
    for (int kept = 0; kept < 3; kept++) { /* 2: none */
        const small_rnn of = {.I = 5, .H = 6, .L = 2, .D = 2};
        training t = training_make(1, &of, 9, 4);
        trained wanted = training_run(&t);
        trained got = trained_make(&t);
        srnn_gradients *gradients = NULL;
        EXPECT_SUCCESS(
            srnn_gradients_wrap(&gradients, t.rnn, got.of[TRAINED_GRADIENTS]));
        for (int64_t i = 0; i < srnn_rnn_parameter_count(t.rnn); i++)
            if (i % 2 != kept)
                EXPECT_SUCCESS(srnn_gradients_set_trained(
                    gradients, srnn_rnn_parameter_name(t.rnn, i), 0));
        keep_some(&t, &wanted, kept);
        check_frozen(&t, gradients, &got, &wanted);
        srnn_gradients_destroy(gradients);
        trained_free(&got);
        trained_free(&wanted);
        training_free(&t);
    }
}

/* With dropout, from row `first` on; without states, which are not side by side
 * for a part of a batch. */
static trained drop_out(const training *t, int64_t first_row, int64_t first,
                        int64_t rows, int64_t seed, bool drops)
{
    training part = *t;
    part.B = rows;
    part.input += first * t->T * t->of.I * t->size;
    part.d_output += first * t->T * t->of.H * t->size;
    part.lengths = NULL;
    part.resets = NULL;
    part.h0 = part.fresh = part.d_h_n = NULL;
    srnn_context *const context = make_context(t->rnn);
    srnn_tape *const tape = make_tape(t->rnn);
    EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_FIRST_ROW, first_row));
    EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT_SEED, seed));
    EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT, drops));
    const trained r = training_run_with(&part, context, tape);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    return r;
}

static bool equal(const trained *a, const trained *b, trained_kind kind)
{
    return memcmp(a->of[kind], b->of[kind], (size_t)a->bytes[kind]) == 0;
}

static void check_half(const trained *whole, const trained *half, int number,
                       trained_kind kind)
{
    assert_int_equal(whole->bytes[kind], 2 * half->bytes[kind]);
    check_bytes(whole->of[kind] + number * half->bytes[kind], half->of[kind],
                half->bytes[kind]);
}

static void test_training__dropout_of_parts_of_a_batch(void **state)
{
    (void)state;
    const small_rnn of = {
        .I = 5, .H = 20, .L = 3, .batch_first = true, .dropout = 0.5};
    training t = training_make(1, &of, 7, 6);
    trained whole = drop_out(&t, 100, 0, 6, 9, true);
    trained same = drop_out(&t, 100, 0, 6, 9, true);
    trained other_seed = drop_out(&t, 100, 0, 6, 10, true);
    trained other_rows = drop_out(&t, 101, 0, 6, 9, true);
    trained_check("same seed", &same, &whole);
    for (trained_kind kind = 0; kind <= TRAINED_D_INPUT; kind++) {
        assert_false(equal(&other_seed, &whole, kind));
        assert_false(equal(&other_rows, &whole, kind));
    }
    for (int i = 0; i < 2; i++) {
        trained half = drop_out(&t, 100 + 3 * i, 3 * (int64_t)i, 3, 9, true);
        check_half(&whole, &half, i, TRAINED_OUTPUT);
        check_half(&whole, &half, i, TRAINED_D_INPUT);
        trained_free(&half);
    }
    trained_free(&other_rows);
    trained_free(&other_seed);
    trained_free(&same);
    trained_free(&whole);
    training_free(&t);
}

/* Then a recording has the bits of a forward. */
static void test_training__without_dropout(void **state)
{
    (void)state;
    const small_rnn of = {.I = 5, .H = 20, .L = 3, .dropout = 0.5};
    training t = training_make(1, &of, 7, 6);
    trained forward = trained_make(&t);
    trained got = drop_out(&t, 0, 0, 6, 9, false);
    trained dropped = drop_out(&t, 0, 0, 6, 9, true);
    srnn_context *const context = make_context(t.rnn);
    EXPECT_SUCCESS(srnn_context_forward_contiguous(
        context, t.T, t.B, t.input, NULL, forward.of[TRAINED_OUTPUT],
        forward.of[TRAINED_H_N]));
    trained_check_kind("forward", &got, &forward, TRAINED_OUTPUT);
    trained_check_kind("forward", &got, &forward, TRAINED_H_N);
    assert_false(equal(&dropped, &forward, TRAINED_OUTPUT));
    srnn_context_destroy(context);
    trained_free(&dropped);
    trained_free(&got);
    trained_free(&forward);
    training_free(&t);
}

/* The second layer reads zeros, and nothing comes back to the first. */
static void test_training__dropout_of_everything(void **state)
{
    (void)state;
    enum { H = 20, STEPS = 7, ROWS = 6 };
    static const float zeros[STEPS * ROWS * H];
    const small_rnn of = {.I = 5, .H = H, .L = 2, .dropout = 1};
    training t = training_make(1, &of, STEPS, ROWS);
    trained got = drop_out(&t, 0, 0, ROWS, 9, true);
    parameters all = parameters_copy(t.rnn);
    parameters top = {.count = 4};
    for (int i = 0; i < 4; i++)
        top.values[i] = all.values[4 + i];
    const small_rnn of_top = {.I = H, .H = H, .L = 1};
    srnn_rnn *const second = parameters_create(&top, &of_top);
    srnn_context *const context = make_context(second);
    float wanted[STEPS * ROWS * H];
    EXPECT_SUCCESS(srnn_context_forward_contiguous(context, STEPS, ROWS, zeros,
                                                   NULL, wanted, NULL));
    check_bytes(got.of[TRAINED_OUTPUT], wanted, sizeof wanted);
    check_bytes(got.of[TRAINED_D_INPUT], zeros, got.bytes[TRAINED_D_INPUT]);
    srnn_context_destroy(context);
    srnn_rnn_destroy(second);
    parameters_free(&all);
    trained_free(&got);
    training_free(&t);
}

/* No step: states go through. No row: nothing is there. Gradients of parameters
 * are 0, or stay. */
static void check_empty(int64_t T, int64_t B, int64_t D)
{
    const small_rnn of = {.I = 5, .H = 6, .L = 2, .D = D};
    training t = training_make(1, &of, T, B);
    srnn_context *const context = make_context(t.rnn);
    srnn_tape *const tape = make_tape(t.rnn);
    trained untouched = trained_make(&t);
    trained got = training_run_with(&t, context, tape);
    check_bytes(got.of[TRAINED_H_N], t.h0, got.bytes[TRAINED_H_N]);
    check_bytes(got.of[TRAINED_D_H0], t.d_h_n, got.bytes[TRAINED_D_H0]);
    for (int64_t i = 0; i < got.bytes[TRAINED_D_FRESH]; i++)
        assert_int_equal(got.of[TRAINED_D_FRESH][i], 0);
    for (int64_t i = 0; i < got.bytes[TRAINED_GRADIENTS]; i++)
        assert_int_equal(got.of[TRAINED_GRADIENTS][i], 0);
    memset(got.of[TRAINED_GRADIENTS], 0xa5,
           (size_t)got.bytes[TRAINED_GRADIENTS]);
    expect_success("add", training_go_back(&t, context, tape, &got,
                                           SRNN_ACCUMULATION_ADD));
    trained_check_kind("add", &got, &untouched, TRAINED_GRADIENTS);
    trained_free(&got);
    trained_free(&untouched);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    training_free(&t);
}

static void test_training__of_nothing(void **state)
{
    (void)state;
    for (int64_t D = 1; D <= 2; D++) {
        check_empty(0, 3, D);
        check_empty(4, 0, D);
        check_empty(0, 0, D);
    }
}

/* Sequences without steps beside others, and all of them without. */
static void test_training__of_lengths_of_zero(void **state)
{
    (void)state;
    const small_rnn of = {.I = 5, .H = 6, .L = 2, .D = 2};
    training t = training_make(1, &of, 9, 3);
    t.lengths[0] = t.lengths[1] = t.lengths[2] = 0;
    trained got = training_run(&t);
    check_bytes(got.of[TRAINED_H_N], t.h0, got.bytes[TRAINED_H_N]);
    check_bytes(got.of[TRAINED_D_H0], t.d_h_n, got.bytes[TRAINED_D_H0]);
    for (int64_t i = 0; i < got.bytes[TRAINED_GRADIENTS]; i++)
        assert_int_equal(got.of[TRAINED_GRADIENTS][i], 0);
    for (int64_t i = 0; i < got.bytes[TRAINED_D_INPUT]; i++)
        assert_int_equal(got.of[TRAINED_D_INPUT][i], 0);
    trained_free(&got);
    training_free(&t);
}

#if SRNN_HAVE_OPENBLAS
/* 4.4e-7 and 8.2e-16 were measured. */
static void test_training__openblas(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        const small_rnn of = {.I = 40,
                              .H = 70,
                              .L = 2,
                              .D = 1 + i % 2,
                              .dtype = i < 4 ? SRNN_DTYPE_FLOAT32
                                             : SRNN_DTYPE_FLOAT64};
        training t = training_make(i, &of, 12, 9);
        trained wanted = training_run(&t);
        srnn_context *const context =
            small_rnn_context(t.rnn, 1 + i / 2 % 2, SRNN_SCHEDULE_BATCH);
        srnn_tape *const tape = make_tape(t.rnn);
        EXPECT_SUCCESS(srnn_context_set_int(context, SRNN_CONTEXT_GEMM,
                                            SRNN_GEMM_OPENBLAS));
        trained got = training_run_with(&t, context, tape);
        for (trained_kind kind = 0; kind < TRAINED_KINDS; kind++) {
            const double distance = trained_distance(&got, &wanted, kind);
            if (!(distance < (i < 4 ? 2e-6 : 1e-14)))
                fail_msg("case %d: kind %d is %g off", i, (int)kind, distance);
        }
        trained_free(&got);
        trained_free(&wanted);
        srnn_tape_destroy(tape);
        srnn_context_destroy(context);
        training_free(&t);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training__steps_of_an_optimizer),
        cmocka_unit_test(test_training__pieces_of_whole_blocks),
        cmocka_unit_test(test_training__pieces_of_any_steps),
        cmocka_unit_test(test_training__addresses_that_are_null),
        cmocka_unit_test(test_training__parameters_that_are_frozen),
        cmocka_unit_test(test_training__dropout_of_parts_of_a_batch),
        cmocka_unit_test(test_training__without_dropout),
        cmocka_unit_test(test_training__dropout_of_everything),
        cmocka_unit_test(test_training__of_nothing),
        cmocka_unit_test(test_training__of_lengths_of_zero),
#if SRNN_HAVE_OPENBLAS
        cmocka_unit_test(test_training__openblas),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
