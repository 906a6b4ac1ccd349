/* SPDX-License-Identifier: MIT */
/* Labels: long, no-valgrind */
/* No call touches a byte beside its operands, and none writes to an operand
 * that it only reads.
 *
 * qemu 7.2 cannot run this for x86-64, because its masked loads of AVX2 read
 * whole vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/element.h"
#include "support/expect.h"
#include "support/guarded_case.h"
#include "support/parameters.h"

static void check_forward(const guarded_case *c)
{
    const void *const input = guarded_operand(c, "input", c->inputs);
    const void *const h0 = guarded_operand(c, "h0", c->states);
    void *const output = guarded_result(c, "output", c->outputs);
    void *const h_n = guarded_result(c, "h_n", c->states);
    for (int i = 0; guarded_next_isa(c, &i, "forward");)
        EXPECT_SUCCESS(srnn_context_forward_contiguous(c->context, c->T, c->B,
                                                       input, h0, output, h_n));
}

/* Lengths from 0 to T. */
static const int64_t *place_lengths(const guarded_case *c)
{
    int64_t lengths[GUARDED_MOST];
    for (int64_t b = 0; b < c->B; b++)
        lengths[b] = c->T - b * 7 % (c->T + 1);
    return guarded_values(c, "lengths", c->B * (int64_t)sizeof *lengths,
                          lengths);
}

static const uint8_t *place_resets(const guarded_case *c)
{
    uint8_t resets[GUARDED_MOST * GUARDED_MOST];
    for (int64_t i = 0; i < c->T * c->B; i++)
        resets[i] = i % 5 == 3;
    return guarded_values(c, "resets", c->T * c->B, resets);
}

static srnn_tensor *wrap(const void *data, srnn_dtype dtype, int32_t rank,
                         const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(
        srnn_tensor_wrap_const(&tensor, data, dtype, rank, shape, NULL));
    return tensor;
}

static void check_sequences(const guarded_case *c)
{
    enum { OPERANDS = 7 };
    const int64_t steps[] = {c->T, c->B, c->I};
    const int64_t outputs[] = {c->T, c->B, c->D * c->H};
    const int64_t states[] = {c->L * c->D, c->B, c->H};
    srnn_tensor *const all[OPERANDS] = {
        guarded_operand_tensor(c, "input", 3, steps),
        wrap(place_lengths(c), SRNN_DTYPE_INT64, 1, &c->B),
        wrap(place_resets(c), SRNN_DTYPE_UINT8, 2, steps),
        guarded_operand_tensor(c, "h0", 3, states),
        guarded_operand_tensor(c, "fresh", 3, states),
        guarded_result_tensor(c, "output", 3, outputs),
        guarded_result_tensor(c, "h_n", 3, states)};
    for (int i = 0; guarded_next_isa(c, &i, "sequences");)
        EXPECT_SUCCESS(srnn_context_forward_sequences(c->context, all[0],
                                                      all[1], all[2], all[3],
                                                      all[4], all[5], all[6]));
    for (int i = 0; i < OPERANDS; i++)
        srnn_tensor_destroy(all[i]);
}

/* In memory of the caller, at a multiple of 8 bytes. */
static srnn_tape *make_tape(const guarded_case *c)
{
    srnn_tape *tape = NULL;
    size_t bytes = 0;
    EXPECT_SUCCESS(srnn_tape_create(&tape, c->rnn));
    EXPECT_SUCCESS(srnn_tape_size(&bytes, tape, c->T, c->B));
    void *const memory =
        guarded_result(c, "tape", (int64_t)((bytes + 7) / 8 * 8));
    EXPECT_SUCCESS(srnn_tape_set_memory(tape, memory, bytes));
    return tape;
}

static void place_gradients(const guarded_case *c, void **addresses)
{
    char name[32];
    for (int64_t i = 0; i < srnn_rnn_parameter_count(c->rnn); i++) {
        int64_t bytes = element_bytes(c->dtype);
        for (int32_t k = 0; k < srnn_rnn_parameter_rank(c->rnn, i); k++)
            bytes *= srnn_rnn_parameter_shape(c->rnn, i)[k];
        (void)snprintf(name, sizeof name, "gradient %d", (int)i);
        addresses[i] = guarded_result(c, name, bytes);
    }
}

static void check_training(const guarded_case *c)
{
    const int64_t *const lengths = place_lengths(c);
    const uint8_t *const resets = place_resets(c);
    const void *const input = guarded_operand(c, "input", c->inputs);
    const void *const h0 = guarded_operand(c, "h0", c->states);
    const void *const fresh = guarded_operand(c, "fresh", c->states);
    const void *const dy = guarded_operand(c, "d_output", c->outputs);
    const void *const d_h_n = guarded_operand(c, "d_h_n", c->states);
    void *const output = guarded_result(c, "output", c->outputs);
    void *const h_n = guarded_result(c, "h_n", c->states);
    void *const d_input = guarded_result(c, "d_input", c->inputs);
    void *const d_h0 = guarded_result(c, "d_h0", c->states);
    void *const d_fresh = guarded_result(c, "d_fresh", c->states);
    void *gradients[PARAMETERS_MOST];
    place_gradients(c, gradients);
    srnn_tape *const tape = make_tape(c);
    for (int i = 0; guarded_next_isa(c, &i, "training");) {
        EXPECT_SUCCESS(srnn_context_record_contiguous(
            c->context, tape, c->T, c->B, input, lengths, resets, h0, fresh,
            output, h_n));
        EXPECT_SUCCESS(srnn_context_backward_contiguous(
            c->context, tape, input, dy, d_h_n,
            i % 2 == 0 ? SRNN_ACCUMULATION_ADD : SRNN_ACCUMULATION_SET,
            gradients, d_input, d_h0, d_fresh));
    }
    srnn_tape_destroy(tape);
}

static void check_sequences_of_any_kind(const guarded_case *c)
{
    check_forward(c);
    check_sequences(c);
    check_training(c);
}

static void test_guarded__sequences(void **state)
{
    (void)state;
    guarded_cases(check_sequences_of_any_kind, false);
}

/* A stream has the kernels that its context has when it is made. */
static void check_stream(const guarded_case *c)
{
    if (c->B == 0)
        return; /* no stream has that */
    const int64_t states[] = {c->L, c->B, c->H};
    const int64_t size = element_bytes(c->dtype);
    const void *const input = guarded_operand(c, "input", c->B * c->I * size);
    const void *const rows = guarded_operand(c, "rows", c->B);
    const void *const fresh = guarded_operand(c, "fresh", c->states);
    void *const output = guarded_result(c, "output", c->B * c->H * size);
    srnn_tensor *const before = guarded_operand_tensor(c, "h0", 3, states);
    srnn_tensor *const after = guarded_result_tensor(c, "h_n", 3, states);
    for (int i = 0; guarded_next_isa(c, &i, "stream");) {
        srnn_stream *stream = NULL;
        EXPECT_SUCCESS(srnn_stream_create(&stream, c->context, c->B));
        EXPECT_SUCCESS(srnn_stream_set_state(stream, before));
        EXPECT_SUCCESS(srnn_stream_step(stream, input, output));
        EXPECT_SUCCESS(srnn_stream_reset(stream, rows, fresh, c->B));
        EXPECT_SUCCESS(srnn_stream_get_state(stream, after));
        srnn_stream_destroy(stream);
    }
    srnn_tensor_destroy(before);
    srnn_tensor_destroy(after);
}

static void check_linear(const guarded_case *c)
{
    const int64_t in[] = {c->B, c->I};
    const int64_t out[] = {c->B, c->H};
    srnn_linear *linear = NULL;
    srnn_gradients *gradients = NULL;
    srnn_tensor *const x = guarded_operand_tensor(c, "input", 2, in);
    srnn_tensor *const dy = guarded_operand_tensor(c, "d_output", 2, out);
    srnn_tensor *const y = guarded_result_tensor(c, "output", 2, out);
    srnn_tensor *const dx = guarded_result_tensor(c, "d_input", 2, in);
    EXPECT_SUCCESS(
        srnn_linear_create(&linear, c->dtype, c->I, c->H, c->number % 2, 0));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
    for (int i = 0; guarded_next_isa(c, &i, "linear layer");) {
        EXPECT_SUCCESS(srnn_linear_forward(linear, c->context, x, y));
        EXPECT_SUCCESS(srnn_linear_backward(
            linear, c->context, x, dy, SRNN_ACCUMULATION_SET, gradients, dx));
    }
    srnn_gradients_destroy(gradients);
    srnn_linear_destroy(linear);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(dy);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(dx);
}

static void check_losses(const guarded_case *c)
{
    const int64_t shape[] = {c->B, c->H};
    double sum = 0;
    int64_t count = 0;
    int64_t classes[GUARDED_MOST];
    for (int64_t b = 0; b < c->B; b++)
        classes[b] = b % c->H;
    srnn_tensor *const logits = guarded_operand_tensor(c, "logits", 2, shape);
    srnn_tensor *const target = guarded_operand_tensor(c, "target", 2, shape);
    srnn_tensor *const gradient = guarded_result_tensor(c, "d_loss", 2, shape);
    srnn_tensor *const targets = wrap(
        guarded_values(c, "targets", c->B * (int64_t)sizeof *classes, classes),
        SRNN_DTYPE_INT64, 1, &c->B);
    srnn_tensor *const counted =
        wrap(guarded_operand(c, "counted", c->B), SRNN_DTYPE_UINT8, 1, &c->B);
    guarded_say("case %d: losses of [%d,%d]", c->number, (int)c->B, (int)c->H);
    EXPECT_SUCCESS(
        srnn_loss_cross_entropy(&sum, &count, gradient, logits, targets, 0));
    EXPECT_SUCCESS(srnn_loss_squared_error(&sum, &count, gradient, logits,
                                           target, counted, 0));
    srnn_tensor_destroy(logits);
    srnn_tensor_destroy(target);
    srnn_tensor_destroy(gradient);
    srnn_tensor_destroy(targets);
    srnn_tensor_destroy(counted);
}

/* Parameters are copied and packed. */
static void check_parameters(const guarded_case *c)
{
    const int64_t count = srnn_rnn_flat_size(c->rnn);
    const int64_t shape[] = {c->H, c->I};
    srnn_tensor *const flat = guarded_operand_tensor(c, "flat", 1, &count);
    srnn_tensor *const copy = guarded_result_tensor(c, "copy", 1, &count);
    srnn_tensor *const weight = guarded_operand_tensor(c, "weight", 2, shape);
    guarded_say("case %d: parameters of I=%d, H=%d", c->number, (int)c->I,
                (int)c->H);
    EXPECT_SUCCESS(srnn_rnn_set_flat(c->rnn, flat));
    EXPECT_SUCCESS(srnn_rnn_get_flat(c->rnn, copy));
    EXPECT_SUCCESS(srnn_rnn_set_parameter(c->rnn, "weight_ih_l0", weight));
    srnn_tensor_destroy(flat);
    srnn_tensor_destroy(copy);
    srnn_tensor_destroy(weight);
}

static void check_steps_and_layers(const guarded_case *c)
{
    check_stream(c);
    check_linear(c);
    check_losses(c);
    check_parameters(c);
}

static void test_guarded__steps_and_layers(void **state)
{
    (void)state;
    guarded_cases(check_steps_and_layers, true);
}

static jmp_buf back;
static char reported[200];

static void note(const char *text)
{
    (void)snprintf(reported, sizeof reported, "%s", text);
    longjmp(back, 1);
}

static volatile unsigned char byte;

static void expect_report(unsigned char *at, bool writes, const char *text)
{
    volatile unsigned char *const touched = at;
    reported[0] = '\0';
    if (setjmp(back) == 0) {
        if (writes)
            *touched = 1;
        else
            byte = *touched;
    }
    assert_string_equal(reported, text);
}

/* Else the tests above would prove nothing. */
static void test_guarded__accesses_are_reported(void **state)
{
    guarded x = guarded_create("x", 1);
    (void)state;
    guarded_watch(note);
    guarded_say("the test");
    unsigned char *const first = guarded_place(&x, 3, GUARDED_BEGINNING);
    expect_report(first, true, "");
    expect_report(first - 1, false, "the test touches byte 1 before x");
    unsigned char *const last = guarded_place(&x, 3, GUARDED_END);
    expect_report(last + 2, true, "");
    expect_report(last + 3, true, "the test touches byte 1 behind x");
    expect_report(last + 4, false, "the test touches byte 2 behind x");
    guarded_allow_writes(&x, false);
    expect_report(last, false, "");
    expect_report(last, true, "the test writes to x");
    guarded_destroy(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guarded__accesses_are_reported),
        cmocka_unit_test(test_guarded__sequences),
        cmocka_unit_test(test_guarded__steps_and_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
