/* SPDX-License-Identifier: MIT */
/* Streams: however a sequence is cut into advances and steps, with states kept,
 * set back and carried to other contexts in between, the bytes are those of one
 * forward; and a step takes no memory. */
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
#include "support/expect.h"
#include "support/small_rnn.h"

enum { CASES = 12000, MOST_STEPS = 30 };

static counting_allocator counts;

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t T, B, I, H, L, size;
    srnn_dtype dtype;
    bool batch_first;
    srnn_rnn *rnn;
    srnn_context *context;
    unsigned char *input, *output, *h_n; /* of one forward */
    unsigned char *got;
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static srnn_context *make_context(subject *s)
{
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, s->rnn));
    expect_success(
        "options",
        srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS,
                             1 + below(s, 2)) |
            srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE, below(s, 6)));
    expect_success("start", srnn_context_start(context, s->B));
    return context;
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

static srnn_tensor *wrap_states(const subject *s, unsigned char *data)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[] = {s->L, s->B, s->H};
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, 3, shape, NULL));
    return tensor;
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 5), .number = number};
    s.T = 1 + below(&s, MOST_STEPS);
    s.B = 1 + below(&s, 5);
    s.I = draws_size(&s.random);
    s.H = draws_size(&s.random);
    s.L = 1 + below(&s, 3);
    s.dtype = below(&s, 2) == 0 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64;
    s.size = s.dtype == SRNN_DTYPE_FLOAT32 ? 4 : 8;
    s.batch_first = below(&s, 3) == 0;
    s.rnn =
        small_rnn_create(&(small_rnn){.I = s.I,
                                      .H = s.H,
                                      .L = s.L,
                                      .dtype = s.dtype,
                                      .nonlinearity = 1 + (int32_t)below(&s, 2),
                                      .batch_first = s.batch_first,
                                      .seed = (uint64_t)number});
    s.input = make_values(&s, s.T * s.B * s.I);
    s.output = make_values(&s, s.T * s.B * s.H);
    s.h_n = make_values(&s, s.L * s.B * s.H);
    s.got = make_values(&s, s.T * s.B * s.H);
    s.context = make_context(&s);
    srnn_tensor *const x = wrap(&s, s.input, s.I, 0, s.T);
    srnn_tensor *const y = wrap(&s, s.output, s.H, 0, s.T);
    srnn_tensor *const h = wrap_states(&s, s.h_n);
    expect_success("forward", srnn_context_forward(s.context, x, NULL, y, h));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h);
    return s;
}

static void free_subject(subject *s)
{
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
    free(s->input);
    free(s->output);
    free(s->h_n);
    free(s->got);
}

static void advance(subject *s, int64_t t, int64_t steps)
{
    srnn_tensor *const x = wrap(s, s->input, s->I, t, steps);
    srnn_tensor *const y = wrap(s, s->got, s->H, t, steps);
    expect_success("advance", srnn_context_advance(s->context, x, y));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
}

/* Time first: a step's rows lie side by side. */
static void step(subject *s, int64_t t)
{
    expect_success("step", srnn_context_step(
                               s->context, s->input + t * s->B * s->I * s->size,
                               s->got + t * s->B * s->H * s->size));
}

/* Looks ahead and comes back, or goes on elsewhere. */
static void wander(subject *s, int64_t t)
{
    unsigned char *const data = make_values(s, s->L * s->B * s->H);
    srnn_tensor *const states = wrap_states(s, data);
    expect_success("get", srnn_context_get_state(s->context, states));
    if (below(s, 2) == 0) {
        advance(s, t, below(s, s->T - t + 1));
        if (below(s, 2) == 0)
            expect_success("zero", srnn_context_set_state(s->context, NULL));
    } else {
        srnn_context_destroy(s->context);
        s->context = make_context(s);
    }
    expect_success("set", srnn_context_set_state(s->context, states));
    srnn_tensor_destroy(states);
    free(data);
}

static void check_states(subject *s)
{
    unsigned char *const data = make_values(s, s->L * s->B * s->H);
    srnn_tensor *const states = wrap_states(s, data);
    expect_success("get", srnn_context_get_state(s->context, states));
    if (memcmp(data, s->h_n, (size_t)(s->L * s->B * s->H * s->size)) != 0)
        fail_msg("case %d: states", s->number);
    srnn_tensor_destroy(states);
    free(data);
}

static void test_stream__cut_anywhere_equals_one_forward(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        int64_t steps = 0;
        for (int64_t t = 0; t < s.T; t += steps) {
            if (below(&s, 3) == 0)
                wander(&s, t);
            steps = below(&s, s.T - t + 1);
            if (!s.batch_first && below(&s, 2) == 0) {
                steps = 1;
                step(&s, t);
            } else {
                advance(&s, t, steps);
            }
        }
        if (memcmp(s.got, s.output, (size_t)(s.T * s.B * s.H * s.size)) != 0)
            fail_msg("case %d: output", number);
        check_states(&s);
        free_subject(&s);
    }
}

/* One sequence without a batch dimension. */
static void test_stream__takes_an_input_without_batch(void **state)
{
    (void)state;
    subject s = make(1);
    srnn_tensor *x = NULL;
    srnn_tensor *y = NULL;
    srnn_context_destroy(s.context);
    s.B = 1;
    s.context = make_context(&s);
    expect_success("x", srnn_tensor_wrap(&x, s.input, s.dtype, 2,
                                         (const int64_t[]){s.T, s.I}, NULL));
    expect_success("y", srnn_tensor_wrap(&y, s.output, s.dtype, 2,
                                         (const int64_t[]){s.T, s.H}, NULL));
    expect_success("forward",
                   srnn_context_forward(s.context, x, NULL, y, NULL));
    srnn_tensor_destroy(y);
    expect_success("got", srnn_tensor_wrap(&y, s.got, s.dtype, 2,
                                           (const int64_t[]){s.T, s.H}, NULL));
    expect_success("advance", srnn_context_advance(s.context, x, y));
    assert_memory_equal(s.got, s.output, (size_t)(s.T * s.H * s.size));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    free_subject(&s);
}

static void test_stream__step_takes_no_memory(void **state)
{
    (void)state;
    for (int number = 0; number < 200; number++) {
        subject s = make(number);
        const size_t limit = counts.limit;
        counts.limit = counts.living; /* the next request fails */
        for (int64_t t = 0; t < s.T; t++)
            step(&s, t);
        expect_success("no output",
                       srnn_context_step(s.context, s.input, NULL));
        counts.limit = limit;
        free_subject(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream__cut_anywhere_equals_one_forward),
        cmocka_unit_test(test_stream__takes_an_input_without_batch),
        cmocka_unit_test(test_stream__step_takes_no_memory),
    };
    counts.limit = (size_t)1 << 32;
    if (srnn_set_allocator(counting_allocate, counting_free, &counts) !=
        SRNN_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
