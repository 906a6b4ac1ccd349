/* SPDX-License-Identifier: MIT */
/* Where one size of a tensor is 0, there is nothing to do, however large the
 * others are: no call may count up to them or take memory for them. A test that
 * does ends by a signal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* A loop of so many rounds does not end within the limit, and no array of so
 * many elements can be had. */
#define HUGE_SIZE ((int64_t)1 << 56)

enum { I = 1, H = 1, SECONDS = 20, FAR = 1024 };

typedef struct {
    int64_t T, B;
} sizes;

static const sizes empty[] = {{0, HUGE_SIZE}, {HUGE_SIZE, 0}, {0, 0}};

enum { CASES = sizeof empty / sizeof *empty };

static srnn_rnn *rnn;
static srnn_context *context;

static srnn_tensor *sequence(const sizes *s, int64_t features)
{
    return view(0, F32, SHAPE(s->T, s->B, features));
}

/* One length, or one state, for all rows of a batch. */
static srnn_tensor *shared(srnn_dtype dtype, int64_t B)
{
    static const int64_t zero = 0;
    static const float one = 1;
    srnn_tensor *tensor = NULL;
    const srnn_status status =
        dtype == I64
            ? srnn_tensor_wrap_const(&tensor, &zero, I64, SHAPE(B), LIST(0))
            : srnn_tensor_wrap_const(&tensor, &one, F32, SHAPE(1, B, H),
                                     LIST(0, 0, 0));
    expect_success("shared", status);
    return tensor;
}

static void test_empty__forward_does_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const sizes *const s = &empty[i];
        srnn_tensor *const x = sequence(s, I);
        srnn_tensor *const y = sequence(s, H);
        srnn_tensor *const lengths = shared(I64, s->B);
        srnn_tensor *const resets = view(0, U8, SHAPE(s->T, s->B));
        expect_success("forward",
                       srnn_context_forward(context, x, NULL, y, NULL));
        expect_success("plain",
                       srnn_context_forward_sequences(context, x, NULL, NULL,
                                                      NULL, NULL, y, NULL));
        expect_success("lengths",
                       srnn_context_forward_sequences(context, x, lengths, NULL,
                                                      NULL, NULL, y, NULL));
        expect_success("resets",
                       srnn_context_forward_sequences(context, x, NULL, resets,
                                                      NULL, NULL, y, NULL));
        expect_success("contiguous",
                       srnn_context_forward_contiguous(context, s->T, s->B,
                                                       NULL, NULL, NULL, NULL));
        srnn_tensor_destroy(lengths);
    }
}

static void record(srnn_tape *tape, const sizes *s)
{
    srnn_tensor *const x = sequence(s, I);
    srnn_tensor *const y = sequence(s, H);
    srnn_tensor *const lengths = shared(I64, s->B);
    srnn_tensor *const resets = view(0, U8, SHAPE(s->T, s->B));
    expect_success("plain", srnn_context_record(context, tape, x, NULL, NULL,
                                                NULL, NULL, y, NULL));
    expect_success("all", srnn_context_record(context, tape, x, lengths, resets,
                                              NULL, NULL, y, NULL));
    srnn_tensor_destroy(lengths);
}

static void test_empty__training_does_nothing(void **state)
{
    srnn_gradients *gradients = NULL;
    (void)state;
    expect_success("gradients", srnn_gradients_create(&gradients, rnn));
    for (int64_t every = 0; every <= 1; every++) {
        for (int i = 0; i < CASES; i++) {
            const sizes *const s = &empty[i];
            srnn_tensor *const x = sequence(s, I);
            srnn_tensor *const y = sequence(s, H);
            srnn_tensor *const all = shared(F32, s->B);
            srnn_tensor *const one = view(0, F32, SHAPE(1, 1, H));
            srnn_tensor *const other = view(FAR, F32, SHAPE(1, 1, H));
            srnn_tape *tape = NULL;
            *(float *)srnn_tensor_data(one) = 1;
            *(float *)srnn_tensor_data(other) = 1;
            expect_success("tape", srnn_tape_create(&tape, rnn));
            expect_success(
                "every",
                srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, every));
            record(tape, s);
            expect_success("backward",
                           srnn_context_backward(context, tape, x, y, NULL,
                                                 SRNN_ACCUMULATION_SET,
                                                 gradients, NULL, NULL, NULL));
            expect_success("d_h_n",
                           srnn_context_backward(context, tape, x, y, all,
                                                 SRNN_ACCUMULATION_ADD,
                                                 gradients, NULL, NULL, NULL));
            expect_success("d_h0",
                           srnn_context_backward(context, tape, x, NULL, NULL,
                                                 SRNN_ACCUMULATION_ADD,
                                                 gradients, NULL, one, other));
            assert_true(*(const float *)srnn_tensor_const_data(one) == 0);
            assert_true(*(const float *)srnn_tensor_const_data(other) == 0);
            srnn_tape_destroy(tape);
            srnn_tensor_destroy(all);
        }
    }
    srnn_gradients_destroy(gradients);
}

static void test_empty__layers_and_losses_do_nothing(void **state)
{
    srnn_linear *layer = NULL;
    srnn_gradients *gradients = NULL;
    double sum = 1;
    int64_t count = 1;
    (void)state;
    expect_success("layer", srnn_linear_create(&layer, F32, I, H, 1, 1));
    expect_success("gradients",
                   srnn_gradients_create_linear(&gradients, layer));
    for (int i = 0; i < CASES; i++) {
        const sizes *const s = &empty[i];
        srnn_tensor *const x = sequence(s, I);
        srnn_tensor *const y = sequence(s, H);
        srnn_tensor *const targets = view(0, I64, SHAPE(s->T, s->B));
        srnn_tensor *const none = view(0, F32, SHAPE(s->B, s->T));
        expect_success("forward", srnn_linear_forward(layer, context, x, y));
        expect_success("backward", srnn_linear_backward(layer, context, x, y,
                                                        SRNN_ACCUMULATION_SET,
                                                        gradients, NULL));
        expect_success("cross entropy",
                       srnn_loss_cross_entropy(&sum, &count, y, y, targets, 0));
        assert_int_equal(count, 0);
        expect_success(
            "squared error",
            srnn_loss_squared_error(&sum, &count, none, none, none, NULL, 0));
        assert_int_equal(count, 0);
        assert_true(sum == 0);
    }
    srnn_gradients_destroy(gradients);
    srnn_linear_destroy(layer);
}

static void test_empty__steps_and_streams_do_nothing(void **state)
{
    srnn_cell *cell = NULL;
    srnn_stream *stream = NULL;
    srnn_tensor *joint = NULL;
    const sizes rows = {0, 2};
    srnn_tensor *const none = view(0, F32, SHAPE(HUGE_SIZE, 0));
    const srnn_tensor *const two[] = {none, none};
    (void)state;
    expect_success(
        "cell", srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    srnn_tensor *const batch = view(0, F32, SHAPE(0, 1));
    expect_success("step", srnn_cell_forward(cell, batch, NULL, batch));
    srnn_cell_destroy(cell);
    expect_success("stream", srnn_stream_create(&stream, context, rows.B));
    expect_success("advance",
                   srnn_stream_advance(stream, context, sequence(&rows, I),
                                       NULL, NULL, sequence(&rows, H)));
    srnn_stream_destroy(stream);
    expect_success("join", srnn_tensor_concatenate(&joint, two, 2, 1));
    srnn_tensor_destroy(joint);
}

/* h_n is h0, and so are their gradients, where there is no step. */
static void test_empty__sequences_pass_states_on(void **state)
{
    enum { B = 3 };
    static const float first[B] = {1, 2, 3};
    float last[B] = {0};
    float d_shared = 0;
    srnn_tape *tape = NULL;
    srnn_tensor *h0 = NULL;
    srnn_tensor *h_n = NULL;
    srnn_tensor *d_h0 = NULL;
    const sizes s = {0, B};
    srnn_tensor *const x = sequence(&s, I);
    (void)state;
    expect_success(
        "h0", srnn_tensor_wrap_const(&h0, first, F32, SHAPE(1, B, H), NULL));
    expect_success("h_n",
                   srnn_tensor_wrap(&h_n, last, F32, SHAPE(1, B, H), NULL));
    expect_success(
        "d_h0", srnn_tensor_wrap(&d_h0, &d_shared, F32, SHAPE(1, 1, H), NULL));
    expect_success("tape", srnn_tape_create(&tape, rnn));
    expect_success("forward", srnn_context_forward_sequences(
                                  context, x, NULL, NULL, h0, NULL, NULL, h_n));
    assert_memory_equal(last, first, sizeof first);
    memset(last, 0, sizeof last);
    expect_success("record", srnn_context_record(context, tape, x, NULL, NULL,
                                                 h0, NULL, NULL, h_n));
    assert_memory_equal(last, first, sizeof first);
    expect_success("backward", srnn_context_backward(context, tape, x, NULL, h0,
                                                     SRNN_ACCUMULATION_SET,
                                                     NULL, NULL, d_h0, NULL));
    assert_true(d_shared == 6);
    memset(last, 0, sizeof last);
    expect_success("backward", srnn_context_backward(context, tape, x, NULL, h0,
                                                     SRNN_ACCUMULATION_SET,
                                                     NULL, NULL, h_n, NULL));
    assert_memory_equal(last, first, sizeof first);
    srnn_tape_destroy(tape);
    srnn_tensor_destroy(d_h0);
    srnn_tensor_destroy(h_n);
    srnn_tensor_destroy(h0);
}

static int setup(void **state)
{
    if (misuse_setup(state) != 0)
        return 1;
    rnn = small_rnn_create(&(small_rnn){.I = I, .H = H, .seed = 1});
    context = small_rnn_context(rnn, 2, SRNN_SCHEDULE_AUTO);
    (void)alarm(SECONDS);
    return 0;
}

static int teardown(void **state)
{
    (void)alarm(0);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    return misuse_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty__forward_does_nothing),
        cmocka_unit_test(test_empty__training_does_nothing),
        cmocka_unit_test(test_empty__layers_and_losses_do_nothing),
        cmocka_unit_test(test_empty__steps_and_streams_do_nothing),
        cmocka_unit_test(test_empty__sequences_pass_states_on),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, setup, teardown));
}
