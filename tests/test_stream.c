/* SPDX-License-Identifier: MIT */
/* Labels: compiler, uses-threads, no-valgrind, no-qemu */
/* Streams: however a sequence is cut into advances, through any context of the
 * rnn, and steps, with states kept, set back and carried to other streams and
 * to rnns of the same weights in between, the bytes are those of one forward
 * over sequences with resets; and a step takes no memory. */
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
#include "support/draws.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum { CASES = TOOL_CASES(12000), MAX_STEPS = 30, MAX_ROWS = 5 };

static counting_allocator counts;

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t T, B, I, H, L, size;
    srnn_dtype dtype;
    bool batch_first, has_resets, has_fresh;
    int64_t fresh_batch;                  /* B, or 1 */
    uint8_t resets[MAX_STEPS * MAX_ROWS]; /* as the input is laid out */
    srnn_rnn *rnn;
    srnn_context *context; /* of rnn */
    srnn_stream *stream;
    unsigned char *input, *output, *h_n; /* of one forward */
    unsigned char *fresh;                /* [L,fresh_batch,H] */
    unsigned char *got;
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static srnn_context *make_context(subject *s)
{
    return draws_context(&s->random, s->rnn, 2);
}

static srnn_stream *make_stream(const subject *s)
{
    int64_t batch = 0;
    srnn_stream *stream = NULL;
    expect_success("stream", srnn_stream_create(&stream, s->context, s->B));
    expect_success("batch",
                   srnn_stream_get_int(&batch, stream, SRNN_STREAM_BATCH));
    assert_int_equal(batch, s->B);
    assert_ptr_equal(srnn_stream_rnn(stream), s->rnn);
    return stream;
}

static unsigned char *make_values(subject *s, int64_t count)
{
    return draws_values(&s->random, s->dtype, count);
}

/* Steps [t, t + steps), whatever the layout of the whole. */
static srnn_tensor *wrap(const subject *s, unsigned char *data, int64_t width,
                         int64_t t, int64_t steps)
{
    srnn_tensor *tensor = NULL;
    const int64_t time = s->batch_first ? width : s->B * width;
    const int64_t row = s->batch_first ? s->T * width : width;
    const int64_t shape[] = {s->batch_first ? s->B : steps,
                             s->batch_first ? steps : s->B, width};
    const int64_t strides[] = {s->batch_first ? row : time,
                               s->batch_first ? time : row, 1};
    expect_success("wrap", srnn_tensor_wrap(&tensor, data + t * time * s->size,
                                            s->dtype, 3, shape, strides));
    return tensor;
}

/* The flags of the same steps; NULL for none. */
static srnn_tensor *wrap_resets(subject *s, int64_t t, int64_t steps)
{
    srnn_tensor *tensor = NULL;
    const int64_t time = s->batch_first ? 1 : s->B;
    const int64_t shape[] = {s->batch_first ? s->B : steps,
                             s->batch_first ? steps : s->B};
    const int64_t strides[] = {s->batch_first ? s->T : s->B, 1};
    if (s->has_resets)
        expect_success("wrap",
                       srnn_tensor_wrap(&tensor, s->resets + t * time,
                                        SRNN_DTYPE_UINT8, 2, shape, strides));
    return tensor;
}

static srnn_tensor *wrap_states(const subject *s, unsigned char *data,
                                int64_t batch)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[] = {s->L, batch, s->H};
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, 3, shape, NULL));
    return tensor;
}

static srnn_tensor *wrap_fresh(const subject *s)
{
    return s->has_fresh ? wrap_states(s, s->fresh, s->fresh_batch) : NULL;
}

/* One forward over all of it. */
static void run_at_once(subject *s)
{
    srnn_tensor *const x = wrap(s, s->input, s->I, 0, s->T);
    srnn_tensor *const y = wrap(s, s->output, s->H, 0, s->T);
    srnn_tensor *const h = wrap_states(s, s->h_n, s->B);
    srnn_tensor *const resets = wrap_resets(s, 0, s->T);
    srnn_tensor *const fresh = wrap_fresh(s);
    expect_success("forward",
                   srnn_context_forward_sequences(s->context, x, NULL, resets,
                                                  NULL, fresh, y, h));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h);
    srnn_tensor_destroy(resets);
    srnn_tensor_destroy(fresh);
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 5), .number = number};
    s.T = 1 + below(&s, MAX_STEPS);
    s.B = 1 + below(&s, MAX_ROWS);
    s.I = draws_size(&s.random);
    s.H = draws_size(&s.random);
    s.L = 1 + below(&s, 3);
    s.dtype = draws_dtype(&s.random);
    s.size = element_bytes(s.dtype);
    s.batch_first = below(&s, 3) == 0;
    s.has_resets = below(&s, 2) == 0;
    s.has_fresh = below(&s, 3) > 0;
    s.fresh_batch = below(&s, 2) == 0 ? 1 : s.B;
    for (int64_t i = 0; i < s.T * s.B; i++)
        s.resets[i] = (uint8_t)(below(&s, 4) == 0 ? 1 + below(&s, 255) : 0);
    s.rnn = small_rnn_create(
        &(small_rnn){.I = s.I,
                     .H = s.H,
                     .L = s.L,
                     .dtype = s.dtype,
                     .nonlinearity = draws_nonlinearity(&s.random),
                     .batch_first = s.batch_first,
                     .seed = (uint64_t)number});
    s.input = make_values(&s, s.T * s.B * s.I);
    s.output = make_values(&s, s.T * s.B * s.H);
    s.h_n = make_values(&s, s.L * s.B * s.H);
    s.fresh = make_values(&s, s.L * s.B * s.H);
    s.got = make_values(&s, s.T * s.B * s.H);
    s.context = make_context(&s);
    s.stream = make_stream(&s);
    run_at_once(&s);
    return s;
}

static void free_subject(subject *s)
{
    srnn_stream_destroy(s->stream);
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
    free(s->input);
    free(s->output);
    free(s->h_n);
    free(s->fresh);
    free(s->got);
}

/* Without an output the stream goes on all the same. */
static void advance(subject *s, int64_t t, int64_t steps, bool has_output)
{
    srnn_tensor *const x = wrap(s, s->input, s->I, t, steps);
    srnn_tensor *const y = has_output ? wrap(s, s->got, s->H, t, steps) : NULL;
    srnn_tensor *const resets = wrap_resets(s, t, steps);
    srnn_tensor *const fresh = wrap_fresh(s);
    expect_success("advance", srnn_stream_advance(s->stream, s->context, x,
                                                  resets, fresh, y));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(resets);
    srnn_tensor_destroy(fresh);
}

/* Time first: a step's rows lie side by side. */
static void step(subject *s, int64_t t, bool has_output)
{
    unsigned char *const output = s->got + t * s->B * s->H * s->size;
    if (s->has_resets)
        expect_success("reset",
                       srnn_stream_reset(s->stream, s->resets + t * s->B,
                                         s->has_fresh ? s->fresh : NULL,
                                         s->fresh_batch));
    expect_success("step", srnn_stream_step(
                               s->stream, s->input + t * s->B * s->I * s->size,
                               has_output ? output : NULL));
}

/* An rnn of the same weights takes the place of the rnn, which goes. */
static void change_rnn(subject *s)
{
    srnn_rnn *const before = s->rnn;
    expect_success("clone", srnn_rnn_clone(&s->rnn, before));
    expect_success("set_rnn", srnn_stream_set_rnn(s->stream, s->rnn));
    srnn_rnn_destroy(before);
    srnn_context_destroy(s->context);
    assert_ptr_equal(srnn_stream_rnn(s->stream), s->rnn);
    s->context = make_context(s);
}

/* Another stream, or another context for the same one. */
static void go_elsewhere(subject *s)
{
    if (below(s, 2) == 0) {
        srnn_stream_destroy(s->stream);
        s->stream = make_stream(s);
        return;
    }
    srnn_context_destroy(s->context);
    s->context = make_context(s);
}

/* Looks ahead and comes back, goes on elsewhere or with another rnn. */
static void wander(subject *s, int64_t t)
{
    unsigned char *const data = make_values(s, s->L * s->B * s->H);
    srnn_tensor *const states = wrap_states(s, data, s->B);
    expect_success("get", srnn_stream_get_state(s->stream, states));
    switch (below(s, 4)) {
    case 0:
        advance(s, t, below(s, s->T - t + 1), below(s, 2) == 0);
        if (below(s, 2) == 0)
            expect_success("zero", srnn_stream_set_state(s->stream, NULL));
        break;
    case 1:
        change_rnn(s);
        break;
    default:
        go_elsewhere(s);
    }
    expect_success("set", srnn_stream_set_state(s->stream, states));
    srnn_tensor_destroy(states);
    free(data);
}

static void check_states(subject *s, const unsigned char *wanted)
{
    unsigned char *const data = make_values(s, s->L * s->B * s->H);
    srnn_tensor *const states = wrap_states(s, data, s->B);
    expect_success("get", srnn_stream_get_state(s->stream, states));
    if (memcmp(data, wanted, (size_t)(s->L * s->B * s->H * s->size)) != 0)
        fail_msg("case %d: states", s->number);
    srnn_tensor_destroy(states);
    free(data);
}

/* Steps whose output nobody wanted. */
static void take_output(const subject *s, int64_t t, int64_t steps)
{
    const int64_t row = s->H * s->size;
    const int64_t runs = s->batch_first ? s->B : 1;
    const int64_t length = steps * (s->batch_first ? 1 : s->B) * row;
    for (int64_t i = 0; i < runs; i++) {
        const int64_t at =
            s->batch_first ? (i * s->T + t) * row : t * s->B * row;
        memcpy(s->got + at, s->output + at, (size_t)length);
    }
}

static void test_stream__cut_anywhere_equals_one_forward(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        int64_t steps = 0;
        for (int64_t t = 0; t < s.T; t += steps) {
            const bool has_output = below(&s, 4) > 0;
            if (below(&s, 3) == 0)
                wander(&s, t);
            steps = below(&s, s.T - t + 1);
            if (!s.batch_first && below(&s, 2) == 0) {
                steps = 1;
                step(&s, t, has_output);
            } else {
                advance(&s, t, steps, has_output);
            }
            if (!has_output)
                take_output(&s, t, steps);
        }
        if (memcmp(s.got, s.output, (size_t)(s.T * s.B * s.H * s.size)) != 0)
            fail_msg("case %d: output", number);
        check_states(&s, s.h_n);
        free_subject(&s);
    }
}

/* The state of a row in a layer, of those of a batch or of one row. */
static unsigned char *state_of(const subject *s, unsigned char *states,
                               int64_t batch, int64_t layer, int64_t b)
{
    const int64_t row = layer * batch + (batch == 1 ? 0 : b);
    return states + row * s->H * s->size;
}

/* What resets and set_state leave, whichever of its two memories the stream is
 * in: all rows or some, to zeros, to fresh, to one state for all. */
static void test_stream__reset_and_set_state_write_what_they_say(void **state)
{
    (void)state;
    for (int number = 0; number < 1000; number++) {
        subject s = make(number);
        const size_t bytes = (size_t)(s.H * s.size);
        unsigned char *const wanted = make_values(&s, s.L * s.B * s.H);
        srnn_tensor *const states = wrap_states(&s, wanted, s.B);
        srnn_tensor *const one = wrap_states(&s, s.fresh, 1);
        const bool is_all = below(&s, 3) == 0;
        if (number % 2 == 0 && !s.batch_first)
            step(&s, 0, true);
        expect_success("set", srnn_stream_set_state(s.stream, states));
        check_states(&s, wanted);
        for (int64_t b = 0; b < s.B; b++)
            for (int64_t l = 0; l < s.L; l++) {
                unsigned char *const to = state_of(&s, wanted, s.B, l, b);
                if (!is_all && s.resets[b] == 0)
                    continue;
                if (s.has_fresh)
                    memcpy(to, state_of(&s, s.fresh, s.fresh_batch, l, b),
                           bytes);
                else
                    memset(to, 0, bytes);
            }
        expect_success("reset", srnn_stream_reset(
                                    s.stream, is_all ? NULL : s.resets,
                                    s.has_fresh ? s.fresh : NULL,
                                    s.has_fresh ? s.fresh_batch : INT64_MAX));
        check_states(&s, wanted);
        expect_success("shared", srnn_stream_set_state(s.stream, one));
        for (int64_t b = 0; b < s.B; b++)
            for (int64_t l = 0; l < s.L; l++)
                memcpy(state_of(&s, wanted, s.B, l, b),
                       state_of(&s, s.fresh, 1, l, b), bytes);
        check_states(&s, wanted);
        expect_success("zero", srnn_stream_set_state(s.stream, NULL));
        memset(wanted, 0, (size_t)s.L * (size_t)s.B * bytes);
        check_states(&s, wanted);
        srnn_tensor_destroy(states);
        srnn_tensor_destroy(one);
        free(wanted);
        free_subject(&s);
    }
}

/* One sequence without a batch dimension, with resets. */
static void test_stream__takes_an_input_without_batch(void **state)
{
    (void)state;
    for (int number = 0; number < 300; number++) {
        subject s = make(number);
        srnn_tensor *x = NULL;
        srnn_tensor *y = NULL;
        srnn_tensor *resets = NULL;
        srnn_tensor *fresh = NULL;
        srnn_tensor *one = NULL;
        srnn_stream_destroy(s.stream);
        s.B = 1;
        s.stream = make_stream(&s);
        expect_success("x",
                       srnn_tensor_wrap(&x, s.input, s.dtype, 2,
                                        (const int64_t[]){s.T, s.I}, NULL));
        expect_success("y",
                       srnn_tensor_wrap(&y, s.output, s.dtype, 2,
                                        (const int64_t[]){s.T, s.H}, NULL));
        expect_success("resets",
                       srnn_tensor_wrap(&resets, s.resets, SRNN_DTYPE_UINT8, 1,
                                        (const int64_t[]){s.T}, NULL));
        expect_success("fresh",
                       srnn_tensor_wrap(&fresh, s.fresh, s.dtype, 2,
                                        (const int64_t[]){s.L, s.H}, NULL));
        expect_success("forward",
                       srnn_context_forward_sequences(
                           s.context, x, NULL, resets, NULL, fresh, y, NULL));
        expect_success("got",
                       srnn_tensor_wrap(&one, s.got, s.dtype, 2,
                                        (const int64_t[]){s.T, s.H}, NULL));
        expect_success("advance", srnn_stream_advance(s.stream, s.context, x,
                                                      resets, fresh, one));
        assert_memory_equal(s.got, s.output, (size_t)(s.T * s.H * s.size));
        srnn_tensor_destroy(x);
        srnn_tensor_destroy(y);
        srnn_tensor_destroy(resets);
        srnn_tensor_destroy(fresh);
        srnn_tensor_destroy(one);
        free_subject(&s);
    }
}

/* The context and the caller's hold on the rnn are gone. */
static void test_stream__outlives_its_context(void **state)
{
    (void)state;
    for (int number = 0; number < 200; number++) {
        subject s = make(number);
        srnn_context_destroy(s.context);
        srnn_rnn_destroy(s.rnn);
        for (int64_t t = 0; t < s.T && !s.batch_first; t++)
            step(&s, t, true);
        if (!s.batch_first)
            assert_memory_equal(s.got, s.output,
                                (size_t)(s.T * s.B * s.H * s.size));
        assert_ptr_equal(srnn_stream_rnn(s.stream), s.rnn);
        s.rnn = NULL;
        s.context = NULL;
        free_subject(&s);
    }
}

/* A forward of the context and an advance through it, of the same shapes. */
static void forward_and_advance(const subject *s, srnn_context *context,
                                srnn_stream *stream, unsigned char *output)
{
    const int64_t in[] = {s->T, s->B, s->I};
    const int64_t out[] = {s->T, s->B, s->H};
    const int64_t states[] = {s->L, s->B, s->H};
    srnn_tensor *x = NULL, *y = NULL, *h = NULL;
    expect_success("x",
                   srnn_tensor_wrap_const(&x, s->input, s->dtype, 3, in, NULL));
    expect_success("y", srnn_tensor_wrap(&y, output, s->dtype, 3, out, NULL));
    expect_success("h", srnn_tensor_create(&h, s->dtype, 3, states));
    expect_success("forward", srnn_context_forward(context, x, h, y, h));
    expect_success("advance",
                   srnn_stream_advance(stream, context, x, NULL, NULL, y));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h);
}

/* It keeps those that the context had when it was made, whatever the context
 * has chosen since. Kernels without FMA give other bits. */
static void check_kernels(srnn_context_option option, int64_t other)
{
    const int64_t bytes = MAX_STEPS * MAX_ROWS * 70 * (int64_t)sizeof(float);
    unsigned char *const wanted = calloc(1, (size_t)bytes);
    unsigned char *const got = calloc(1, (size_t)bytes);
    srnn_context *contexts[2] = {NULL, NULL};
    float *const input = calloc(1, (size_t)bytes);
    assert_true(wanted != NULL && got != NULL && input != NULL);
    subject s = {
        .T = 5, .B = 2, .I = 33, .H = 70, .L = 1, .dtype = SRNN_DTYPE_FLOAT32};
    s.rnn = small_rnn_create(&(small_rnn){.I = s.I, .H = s.H, .seed = 3});
    s.input = (unsigned char *)input;
    for (int64_t i = 0; i < s.T * s.B * s.I; i++)
        input[i] = (float)(i % 101) / 97;
    for (int i = 0; i < 2; i++) {
        srnn_stream *stream = NULL;
        expect_success("context", srnn_context_create(&contexts[i], s.rnn));
        expect_success("stream", srnn_stream_create(&stream, contexts[i], s.B));
        if (i == 1)
            expect_success("set",
                           srnn_context_set_int(contexts[i], option, other));
        forward_and_advance(&s, contexts[i], stream, i == 0 ? wanted : got);
        srnn_stream_destroy(stream);
        srnn_context_destroy(contexts[i]);
    }
    assert_memory_equal(got, wanted, bytes);
    srnn_rnn_destroy(s.rnn);
    free(wanted);
    free(got);
    free(input);
}

static void test_stream__keeps_its_kernels(void **state)
{
    (void)state;
    check_kernels(SRNN_CONTEXT_ISA, SRNN_ISA_BASELINE);
    if (SRNN_HAVE_OPENBLAS)
        check_kernels(SRNN_CONTEXT_GEMM, SRNN_GEMM_OPENBLAS);
}

static void test_stream__step_and_reset_take_no_memory(void **state)
{
    (void)state;
    for (int number = 0; number < 200; number++) {
        subject s = make(number);
        const size_t limit = counts.limit;
        counts.limit = counts.living; /* the next request fails */
        for (int64_t t = 0; t < s.T && !s.batch_first; t++)
            step(&s, t, true);
        expect_success("no output", srnn_stream_step(s.stream, s.input, NULL));
        expect_success("reset", srnn_stream_reset(s.stream, NULL, NULL, 1));
        counts.limit = limit;
        free_subject(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream__cut_anywhere_equals_one_forward),
        cmocka_unit_test(test_stream__reset_and_set_state_write_what_they_say),
        cmocka_unit_test(test_stream__takes_an_input_without_batch),
        cmocka_unit_test(test_stream__outlives_its_context),
        cmocka_unit_test(test_stream__keeps_its_kernels),
        cmocka_unit_test(test_stream__step_and_reset_take_no_memory),
    };
    counts.limit = UINT32_MAX;
    if (srnn_allocator_set(counting_allocate, counting_free, &counts) !=
        SRNN_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
