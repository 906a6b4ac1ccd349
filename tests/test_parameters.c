/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* Contexts and streams go on with the parameters that are written between their
 * calls, as an rnn would that always had them: plans that are kept, steps and
 * advances, every schedule, in the process and in a child of it. And what a
 * clone shares with its original, which is nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/small_rnn.h"
#include "support/tools.h"
#include "support/view_pair.h"

enum { CASES = TOOL_CASES(1500), CALLS = 6, T = 9, B = 4 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    small_rnn of;
    int64_t D, size;
    srnn_rnn *rnn, *fresh; /* fresh always has the parameters of the moment */
    srnn_context *context;
    srnn_stream *stream; /* NULL if it would have no steps */
    unsigned char *input, *output, *h_n;
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static size_t output_bytes(const subject *s)
{
    return (size_t)(T * B * s->D * s->of.H * s->size);
}

static size_t state_bytes(const subject *s)
{
    return (size_t)(s->of.L * s->D * B * s->of.H * s->size);
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 51), .number = number};
    s.of.I = draws_size(&s.random);
    s.of.H = draws_size(&s.random);
    s.of.L = 1 + below(&s, 3);
    s.of.direction = SRNN_DIRECTION_FORWARD + (int32_t)below(&s, 3);
    s.of.dtype = draws_dtype(&s.random);
    s.of.nonlinearity = draws_nonlinearity(&s.random);
    s.of.no_bias = below(&s, 3) == 0;
    s.of.seed = (uint64_t)number;
    s.D = s.of.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    s.size = element_bytes(s.of.dtype);
    s.rnn = small_rnn_create(&s.of);
    s.fresh = small_rnn_create(&s.of);
    s.context = draws_context(&s.random, s.rnn, 3);
    if (s.of.direction == SRNN_DIRECTION_FORWARD)
        expect_success("stream", srnn_stream_create(&s.stream, s.context, B));
    s.input = draws_values(&s.random, s.of.dtype, T * B * s.of.I);
    s.output = malloc(output_bytes(&s));
    s.h_n = malloc(state_bytes(&s));
    assert_true(s.output != NULL && s.h_n != NULL);
    return s;
}

static void free_subject(subject *s)
{
    srnn_stream_destroy(s->stream);
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
    srnn_rnn_destroy(s->fresh);
    free(s->input);
    free(s->output);
    free(s->h_n);
}

static void renew(subject *s, srnn_tensor *value)
{
    for (int64_t i = 0; i < srnn_tensor_size(value); i++)
        element_put(srnn_tensor_data(value), s->of.dtype, i,
                    draws_value(&s->random) / 8);
}

/* New values of a parameter, for the caller to destroy. */
static srnn_tensor *make_value(subject *s, int64_t index)
{
    srnn_tensor *const value = parameter_copy(s->rnn, index);
    renew(s, value);
    return value;
}

/* One parameter, or all in one of two ways; of them a second rnn is made. */
static void change(subject *s)
{
    parameters p = parameters_copy(s->rnn);
    const int64_t one = below(s, 3 * p.count); /* or all */
    for (int64_t i = 0; i < p.count; i++)
        if (one >= p.count || one == i)
            renew(s, p.values[i]);
    if (one >= 2 * p.count)
        expect_success("flat", parameters_set_flat(s->rnn, &p));
    else if (one >= p.count)
        expect_success("all", parameters_set(s->rnn, &p));
    else
        parameter_set(s->rnn, one, p.values[one]);
    srnn_rnn_destroy(s->fresh);
    s->fresh = parameters_create(&p, &s->of);
    small_rnn_check_equal(s->fresh, s->rnn);
    parameters_free(&p);
}

/* The bits of a forward are those of the rnn that was made of the parameters
 * alone; the memory is the same in each call, so the plan is kept. */
static bool runs_like_fresh(const subject *s)
{
    unsigned char *const output = malloc(output_bytes(s));
    unsigned char *const h_n = malloc(state_bytes(s));
    srnn_context *const context =
        small_rnn_context(s->fresh, 1, SRNN_SCHEDULE_SERIAL);
    assert_true(output != NULL && h_n != NULL);
    expect_success("fresh", srnn_context_forward_contiguous(
                                context, T, B, s->input, NULL, output, h_n));
    expect_success("forward",
                   srnn_context_forward_contiguous(s->context, T, B, s->input,
                                                   NULL, s->output, s->h_n));
    const bool same = memcmp(output, s->output, output_bytes(s)) == 0 &&
                      memcmp(h_n, s->h_n, state_bytes(s)) == 0;
    srnn_context_destroy(context);
    free(output);
    free(h_n);
    return same;
}

/* From the zero state, by one step and an advance over the others. */
static bool streams_like_fresh(subject *s)
{
    const int64_t row = B * s->of.H * s->size;
    unsigned char *const got = malloc(output_bytes(s));
    srnn_tensor *x = NULL;
    srnn_tensor *y = NULL;
    assert_non_null(got);
    expect_success("reset", srnn_stream_reset(s->stream, NULL, NULL, 1));
    expect_success("step", srnn_stream_step(s->stream, s->input, got));
    expect_success(
        "x", srnn_tensor_wrap(&x, s->input + B * s->of.I * s->size, s->of.dtype,
                              3, (const int64_t[]){T - 1, B, s->of.I}, NULL));
    expect_success("y", srnn_tensor_wrap(&y, got + row, s->of.dtype, 3,
                                         (const int64_t[]){T - 1, B, s->of.H},
                                         NULL));
    expect_success("advance", srnn_stream_advance(s->stream, s->context, x,
                                                  NULL, NULL, y));
    const bool same = memcmp(got, s->output, output_bytes(s)) == 0;
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    free(got);
    return same;
}

static void test_parameters__are_followed_by_what_runs(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        for (int i = 0; i < CALLS; i++) {
            if (!runs_like_fresh(&s))
                fail_msg("case %d: forward %d", number, i);
            if (s.stream != NULL && !streams_like_fresh(&s))
                fail_msg("case %d: stream %d", number, i);
            if (below(&s, 3) > 0)
                change(&s);
        }
        free_subject(&s);
    }
}

/* The parameters, one behind the other, are the vector. */
static int64_t check_is_flat(const srnn_rnn *rnn, const srnn_tensor *flat)
{
    const srnn_dtype dtype = srnn_tensor_dtype(flat);
    const unsigned char *const own = srnn_rnn_parameter_data(rnn, 0);
    int64_t at = 0;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        const void *const data = srnn_rnn_parameter_data(rnn, i);
        const int64_t *const shape = srnn_rnn_parameter_shape(rnn, i);
        const int64_t size =
            shape[0] * (srnn_rnn_parameter_rank(rnn, i) == 2 ? shape[1] : 1);
        assert_ptr_equal(data, own + at * element_bytes(dtype));
        for (int64_t k = 0; k < size; k++)
            if (element_get(data, dtype, k) != element_of(flat, at + k))
                fail_msg("parameter %d: value %d", (int)i, (int)k);
        at += size;
    }
    return at;
}

/* Read to and written from vectors of any stride. */
static void test_parameters__are_one_vector(void **state)
{
    (void)state;
    for (int number = 0; number < 300; number++) {
        subject s = make(number);
        view_pairs pairs = {draws_of(number, 52), number, s.of.dtype};
        const int64_t size = srnn_rnn_flat_size(s.rnn);
        view_pair got = view_pair_written(&pairs, 1, &size);
        expect_success("get", srnn_rnn_get_flat(s.rnn, got.view));
        expect_success("get", srnn_rnn_get_flat(s.rnn, got.plain));
        view_pair_check(&pairs, &got, "get_flat");
        assert_int_equal(check_is_flat(s.rnn, got.plain), size);

        view_pair next = view_pair_read(&pairs, 1, &size);
        assert_true(runs_like_fresh(&s));
        expect_success("set", srnn_rnn_set_flat(s.rnn, next.view));
        (void)check_is_flat(s.rnn, next.plain);
        expect_success("set", srnn_rnn_set_flat(s.fresh, next.plain));
        assert_true(runs_like_fresh(&s));
        view_pair_free(&got);
        view_pair_free(&next);
        free_subject(&s);
    }
}

/* Their own memory is left as it is; a part of it at another place, or as it
 * is in another order, is refused. */
static void test_parameters__are_no_vector_of_their_own(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"the parameters of the rnn",
                                                    "values"};
    (void)state;
    for (int number = 0; number < 50; number++) {
        subject s = make(number);
        const int64_t size = srnn_rnn_flat_size(s.rnn);
        const unsigned char *const data = srnn_rnn_parameter_data(s.rnn, 0);
        const int64_t back = -1;
        srnn_tensor *same = NULL;
        srnn_tensor *turned = NULL;
        expect_success("same", srnn_tensor_wrap_const(&same, data, s.of.dtype,
                                                      1, &size, NULL));
        expect_success("turned", srnn_tensor_wrap_const(
                                     &turned, data + (size - 1) * s.size,
                                     s.of.dtype, 1, &size, &back));
        expect_failure("turned", srnn_rnn_set_flat(s.rnn, turned),
                       SRNN_ERROR_ALIAS, texts);
        expect_success("same", srnn_rnn_set_flat(s.rnn, same));
        small_rnn_check_equal(s.fresh, s.rnn);
        assert_true(runs_like_fresh(&s));
        srnn_tensor_destroy(same);
        srnn_tensor_destroy(turned);
        free_subject(&s);
    }
}

/* A view reads parameters whenever it likes. */
static void test_parameters__are_kept_while_there_is_a_view(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"1 cell view"};
    (void)state;
    subject s = make(1);
    srnn_cell *cell = NULL;
    const char *const name = srnn_rnn_parameter_name(s.rnn, 0);
    srnn_tensor *const value = make_value(&s, 0);
    expect_success(
        "view", srnn_cell_create_view(&cell, s.rnn, 0,
                                      s.of.direction == SRNN_DIRECTION_REVERSE
                                          ? SRNN_DIRECTION_REVERSE
                                          : SRNN_DIRECTION_FORWARD));
    expect_failure("set", srnn_rnn_set_parameter(s.rnn, name, value),
                   SRNN_ERROR_IN_USE, texts);
    assert_true(runs_like_fresh(&s));
    srnn_cell_destroy(cell);
    expect_success("set", srnn_rnn_set_parameter(s.rnn, name, value));
    assert_false(runs_like_fresh(&s));
    srnn_tensor_destroy(value);
    free_subject(&s);
}

/* If one value is wrong, none is written, and running goes on. */
static void test_parameters__are_written_all_or_none(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {NULL};
    (void)state;
    for (int number = 0; number < 50; number++) {
        subject s = make(number);
        parameters p = parameters_copy(s.rnn);
        srnn_tensor **const last = &p.values[p.count - 1];
        for (int64_t i = 0; i < p.count; i++)
            renew(&s, p.values[i]);
        srnn_tensor_destroy(*last);
        expect_success("wrong",
                       srnn_tensor_create(last, s.of.dtype, 1,
                                          (const int64_t[]){s.of.H + 1}));
        expect_failure("set", parameters_set(s.rnn, &p), SRNN_ERROR_SHAPE,
                       texts);
        p.count--;
        expect_failure("count", parameters_set(s.rnn, &p), SRNN_ERROR_RANGE,
                       texts);
        p.count++;
        small_rnn_check_equal(s.fresh, s.rnn);
        assert_true(runs_like_fresh(&s));
        parameters_free(&p);
        free_subject(&s);
    }
}

/* TSan cannot follow a child that starts threads. */
#ifndef __SANITIZE_THREAD__
/* Parent and child go on with the context and the stream that there were, and
 * each writes parameters of its own. */
static void test_parameters__are_written_after_a_fork(void **state)
{
    (void)state;
    for (int number = 0; number < 30; number++) {
        subject s = make(number);
        assert_true(runs_like_fresh(&s));
        const pid_t child = fork();
        assert_true(child >= 0);
        change(&s);
        const bool same =
            runs_like_fresh(&s) && (s.stream == NULL || streams_like_fresh(&s));
        if (child == 0) {
            free_subject(&s);
            _exit(same ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_true(same);
        free_subject(&s);
    }
}
#endif

/* The same options, origins, parameters and bits; and apart from then on. */
static void test_parameters__of_a_clone_are_its_own(void **state)
{
    (void)state;
    for (int number = 0; number < 300; number++) {
        subject s = make(number);
        srnn_rnn *const original = s.rnn;
        srnn_rnn *clone = NULL;
        change(&s);
        expect_success("clone", srnn_rnn_clone(&clone, original));
        small_rnn_check_equal(original, clone);
        for (srnn_option option = SRNN_OPTION_INPUT_SIZE;
             option <= SRNN_OPTION_DROPOUT; option++)
            assert_int_equal(srnn_rnn_origin(clone, option),
                             srnn_rnn_origin(original, option));
        for (int64_t i = 0; i < srnn_rnn_parameter_count(clone); i++)
            assert_ptr_not_equal(srnn_rnn_parameter_data(clone, i),
                                 srnn_rnn_parameter_data(original, i));
        srnn_context_destroy(s.context);
        s.context = small_rnn_context(clone, 1, SRNN_SCHEDULE_SERIAL);
        assert_true(runs_like_fresh(&s)); /* the clone, here */
        srnn_rnn *const before = s.fresh;
        s.fresh = NULL;
        change(&s); /* to the original */
        srnn_rnn_destroy(s.fresh);
        s.fresh = before;
        small_rnn_check_equal(before, clone);
        assert_true(runs_like_fresh(&s));
        s.rnn = clone;
        srnn_stream_destroy(s.stream);
        s.stream = NULL;
        srnn_rnn_destroy(original);
        assert_true(runs_like_fresh(&s));
        change(&s); /* to the clone */
        assert_true(runs_like_fresh(&s));
        free_subject(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters__are_followed_by_what_runs),
        cmocka_unit_test(test_parameters__are_one_vector),
        cmocka_unit_test(test_parameters__are_no_vector_of_their_own),
        cmocka_unit_test(test_parameters__are_kept_while_there_is_a_view),
        cmocka_unit_test(test_parameters__are_written_all_or_none),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(test_parameters__are_written_after_a_fork),
#endif
        cmocka_unit_test(test_parameters__of_a_clone_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
