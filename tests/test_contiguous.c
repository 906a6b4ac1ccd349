/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* Forwards with bare addresses give the bytes of forwards with handles: one
 * context makes calls of both kinds in any order, on memory, sizes, options and
 * sets of pointers that change from call to call, so that what it keeps of the
 * call before is always right, or not used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum {
    CASES = TOOL_CASES(1500),
    CALLS = 12,
    MAX_STEPS = 9,
    MAX_ROWS = 5,
    PLACES = 3
};
enum { UNTOUCHED = 0xa5 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t I, H, cells, width, size;
    srnn_dtype dtype;
    bool batch_first;
    srnn_rnn *rnn;
    srnn_context *context;
    unsigned char *input[PLACES], *h0[PLACES]; /* of the largest sizes */
} subject;

/* One call. */
typedef struct {
    int64_t T, B;
    int place;
    bool has_h0, has_output, has_h_n, in_place;
    unsigned char *output, *h_n;
} call;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static srnn_context *make_context(const srnn_rnn *rnn)
{
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    return context;
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 41), .number = number};
    const int64_t L = 1 + below(&s, 3);
    const srnn_direction direction =
        SRNN_DIRECTION_FORWARD + (int32_t)below(&s, 3);
    const int64_t D = direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    s.I = draws_size(&s.random);
    s.H = draws_size(&s.random);
    s.cells = L * D;
    s.width = D * s.H;
    s.dtype = draws_dtype(&s.random);
    s.size = element_bytes(s.dtype);
    s.batch_first = below(&s, 2) == 0;
    const srnn_nonlinearity nonlinearity = draws_nonlinearity(&s.random);
    const bool no_bias = below(&s, 4) == 0;
    s.rnn = small_rnn_create(&(small_rnn){.I = s.I,
                                          .H = s.H,
                                          .L = L,
                                          .direction = direction,
                                          .dtype = s.dtype,
                                          .nonlinearity = nonlinearity,
                                          .no_bias = no_bias,
                                          .batch_first = s.batch_first,
                                          .seed = (uint64_t)number});
    s.context = make_context(s.rnn);
    for (int i = 0; i < PLACES; i++) {
        s.input[i] =
            draws_values(&s.random, s.dtype, MAX_STEPS * MAX_ROWS * s.I);
        s.h0[i] = draws_values(&s.random, s.dtype, s.cells * MAX_ROWS * s.H);
    }
    return s;
}

static void free_subject(subject *s)
{
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
    for (int i = 0; i < PLACES; i++) {
        free(s->input[i]);
        free(s->h0[i]);
    }
}

static size_t output_bytes(const subject *s)
{
    return (size_t)(MAX_STEPS * MAX_ROWS * s->width * s->size);
}

static size_t state_bytes(const subject *s)
{
    return (size_t)(s->cells * MAX_ROWS * s->H * s->size);
}

static unsigned char *make_room(size_t bytes)
{
    unsigned char *const memory = malloc(bytes);
    assert_non_null(memory);
    memset(memory, UNTOUCHED, bytes);
    return memory;
}

/* Half the time the sizes of the call before. */
static call pick(subject *s, const call *before)
{
    call c = *before;
    if (below(s, 2) == 0) {
        c.T = below(s, 8) == 0 ? 0 : 1 + below(s, MAX_STEPS);
        c.B = below(s, 8) == 0 ? 0 : 1 + below(s, MAX_ROWS);
    }
    if (below(s, 3) == 0) {
        c.has_h0 = below(s, 2) == 0;
        c.has_output = below(s, 3) > 0;
        c.has_h_n = below(s, 3) > 0;
    }
    c.in_place = c.has_h0 && c.has_h_n && below(s, 3) == 0;
    c.place = (int)below(s, PLACES);
    c.output = make_room(output_bytes(s));
    c.h_n = make_room(state_bytes(s));
    return c;
}

static void free_call(call *c)
{
    free(c->output);
    free(c->h_n);
}

/* In place the states lie in h_n from the start. */
static unsigned char *states_of(const subject *s, const call *c)
{
    if (!c->in_place)
        return s->h0[c->place];
    memcpy(c->h_n, s->h0[c->place], (size_t)(s->cells * c->B * s->H * s->size));
    return c->h_n;
}

static void run_contiguous(subject *s, const call *c)
{
    unsigned char *const h0 = states_of(s, c);
    const bool no_input = c->T * c->B == 0 && below(s, 2) == 0;
    expect_success_of_case(s->number, srnn_context_forward_contiguous(
                                          s->context, c->T, c->B,
                                          no_input ? NULL : s->input[c->place],
                                          c->has_h0 ? h0 : NULL,
                                          c->has_output ? c->output : NULL,
                                          c->has_h_n ? c->h_n : NULL));
}

static srnn_tensor *wrap(const subject *s, const call *c, void *data,
                         srnn_role role)
{
    int64_t shape[3];
    srnn_tensor *tensor = NULL;
    expect_success("shape", srnn_rnn_shape(shape, s->rnn, role, c->T, c->B));
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, 3, shape, NULL));
    return tensor;
}

static void run_handles(const subject *s, srnn_context *context, const call *c)
{
    srnn_tensor *const x = wrap(s, c, s->input[c->place], SRNN_ROLE_INPUT);
    srnn_tensor *const h0 = wrap(s, c, states_of(s, c), SRNN_ROLE_HIDDEN);
    srnn_tensor *const y = wrap(s, c, c->output, SRNN_ROLE_OUTPUT);
    srnn_tensor *const h_n = wrap(s, c, c->h_n, SRNN_ROLE_HIDDEN);
    expect_success_of_case(
        s->number, srnn_context_forward(context, x, c->has_h0 ? h0 : NULL,
                                        c->has_output ? y : NULL,
                                        c->has_h_n ? h_n : NULL));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(h0);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h_n);
}

/* Threads, schedule and subnormals; they change no bits here. */
static void change_options(subject *s)
{
    draws_share_out(&s->random, s->context, 3);
    expect_success("subnormals",
                   srnn_context_set_int(
                       s->context, SRNN_CONTEXT_FLUSH_SUBNORMALS, below(s, 2)));
}

static void check_call(subject *s, const call *c)
{
    call alone = *c;
    srnn_context *const context = make_context(s->rnn);
    alone.output = make_room(output_bytes(s));
    alone.h_n = make_room(state_bytes(s));
    run_handles(s, context, &alone);
    if (below(s, 3) > 0)
        run_contiguous(s, c);
    else
        run_handles(s, s->context, c);
    if (memcmp(c->output, alone.output, output_bytes(s)) != 0)
        fail_msg("case %d: output", s->number);
    if (memcmp(c->h_n, alone.h_n, state_bytes(s)) != 0)
        fail_msg("case %d: h_n", s->number);
    srnn_context_destroy(context);
    free_call(&alone);
}

static void test_contiguous__forwards_equal_those_with_handles(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        call c = {.T = 3, .B = 2, .has_output = true, .has_h_n = true};
        for (int i = 0; i < CALLS; i++) {
            if (below(&s, 4) == 0)
                change_options(&s);
            c = pick(&s, &c);
            check_call(&s, &c);
            free_call(&c);
        }
        free_subject(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contiguous__forwards_equal_those_with_handles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
