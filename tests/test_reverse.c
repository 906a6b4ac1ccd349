/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* The reverse direction alone is the forward direction of an rnn of the same
 * weights over sequences whose steps are turned round, each from its own end:
 * the same bytes, with any layers, lengths, resets, threads and schedule. */
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
#include "support/parameters.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum { CASES = TOOL_CASES(6000), MAX_ROWS = 6, MAX_STEPS = 40 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t T, B, I, H, L, size;
    srnn_dtype dtype;
    bool batch_first, has_lengths, has_resets, has_h0;
    int64_t lengths[MAX_ROWS];
    uint8_t resets[MAX_ROWS * MAX_STEPS]; /* as the input is laid out */
    srnn_rnn *reverse, *forward;          /* of the same weights */
    unsigned char *input, *h0, *fresh;
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

/* The forward rnn with the weights and the other options of a reverse one. */
static srnn_rnn *turn(const srnn_rnn *reverse, small_rnn of)
{
    parameters p = parameters_copy(reverse);
    for (int64_t i = 0; i < p.count; i++)
        assert_non_null(
            strstr(srnn_rnn_parameter_name(reverse, i), "_reverse"));
    of.direction = SRNN_DIRECTION_FORWARD;
    srnn_rnn *const forward = parameters_create(&p, &of);
    parameters_free(&p);
    return forward;
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 31), .number = number};
    s.T = below(&s, MAX_STEPS + 1);
    s.B = 1 + below(&s, MAX_ROWS);
    s.I = draws_size(&s.random);
    s.H = draws_size(&s.random);
    s.L = 1 + below(&s, 3);
    s.dtype = draws_dtype(&s.random);
    s.size = element_bytes(s.dtype);
    s.batch_first = below(&s, 2) == 0;
    s.has_lengths = below(&s, 3) == 0;
    s.has_resets = below(&s, 3) == 0;
    s.has_h0 = below(&s, 3) > 0;
    for (int64_t b = 0; b < s.B; b++)
        s.lengths[b] = s.has_lengths ? below(&s, s.T + 1) : s.T;
    for (int64_t i = 0; i < s.T * s.B; i++)
        s.resets[i] = s.has_resets && below(&s, 6) == 0;
    const bool no_bias = below(&s, 3) == 0;
    const srnn_nonlinearity nonlinearity = draws_nonlinearity(&s.random);
    const small_rnn of = {.I = s.I,
                          .H = s.H,
                          .L = s.L,
                          .direction = SRNN_DIRECTION_REVERSE,
                          .dtype = s.dtype,
                          .nonlinearity = nonlinearity,
                          .no_bias = no_bias,
                          .batch_first = s.batch_first,
                          .seed = (uint64_t)number};
    s.reverse = small_rnn_create(&of);
    s.forward = turn(s.reverse, of);
    s.input = draws_values(&s.random, s.dtype, s.T * s.B * s.I);
    s.h0 = draws_values(&s.random, s.dtype, s.L * s.B * s.H);
    s.fresh = draws_values(&s.random, s.dtype, s.L * s.B * s.H);
    return s;
}

static void free_subject(subject *s)
{
    srnn_rnn_destroy(s->reverse);
    srnn_rnn_destroy(s->forward);
    free(s->input);
    free(s->h0);
    free(s->fresh);
}

static int64_t at(const subject *s, int64_t t, int64_t b)
{
    return s->batch_first ? b * s->T + t : t * s->B + b;
}

/* The steps of each sequence the other way round; the padding stays. */
static unsigned char *turn_steps(const subject *s, const unsigned char *from,
                                 int64_t bytes)
{
    unsigned char *const to = malloc((size_t)(s->T * s->B * bytes + 1));
    assert_non_null(to);
    for (int64_t b = 0; b < s->B; b++)
        for (int64_t t = 0; t < s->T; t++) {
            const int64_t length = s->lengths[b];
            const int64_t other = t < length ? length - 1 - t : t;
            memcpy(to + at(s, t, b) * bytes, from + at(s, other, b) * bytes,
                   (size_t)bytes);
        }
    return to;
}

/* A flag at t > 0 lets the steps below t begin fresh. Of the turned sequence
 * they begin at step length - t. */
static void turn_resets(const subject *s, uint8_t *to)
{
    memset(to, 0, (size_t)(s->T * s->B));
    for (int64_t b = 0; b < s->B; b++)
        for (int64_t t = 1; t < s->lengths[b]; t++)
            to[at(s, s->lengths[b] - t, b)] = s->resets[at(s, t, b)];
}

static srnn_tensor *wrap(void *data, srnn_dtype dtype, int32_t rank,
                         const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, dtype, rank, shape, NULL));
    return tensor;
}

/* Output and h_n of one of the two, for the caller to free. */
typedef struct {
    unsigned char *output, *h_n;
} results;

static results run(subject *s, const srnn_rnn *rnn, unsigned char *input,
                   uint8_t *flags)
{
    results r;
    r.output = draws_values(&s->random, s->dtype, s->T * s->B * s->H);
    r.h_n = draws_values(&s->random, s->dtype, s->L * s->B * s->H);
    const int64_t rows[] = {s->batch_first ? s->B : s->T,
                            s->batch_first ? s->T : s->B};
    const int64_t x_shape[] = {rows[0], rows[1], s->I};
    const int64_t y_shape[] = {rows[0], rows[1], s->H};
    const int64_t h_shape[] = {s->L, s->B, s->H};
    srnn_context *const context = draws_context(&s->random, rnn, 3);
    srnn_tensor *const x = wrap(input, s->dtype, 3, x_shape);
    srnn_tensor *const y = wrap(r.output, s->dtype, 3, y_shape);
    srnn_tensor *const h0 = wrap(s->h0, s->dtype, 3, h_shape);
    srnn_tensor *const fresh = wrap(s->fresh, s->dtype, 3, h_shape);
    srnn_tensor *const h_n = wrap(r.h_n, s->dtype, 3, h_shape);
    srnn_tensor *const lengths = wrap(s->lengths, SRNN_DTYPE_INT64, 1, &s->B);
    srnn_tensor *const resets = wrap(flags, SRNN_DTYPE_UINT8, 2, rows);
    expect_success_of_case(
        s->number,
        s->has_lengths || s->has_resets
            ? srnn_context_forward_sequences(
                  context, x, s->has_lengths ? lengths : NULL,
                  s->has_resets ? resets : NULL, s->has_h0 ? h0 : NULL, fresh,
                  y, h_n)
            : srnn_context_forward(context, x, s->has_h0 ? h0 : NULL, y, h_n));
    srnn_context_destroy(context);
    srnn_tensor *const all[] = {x, y, h0, fresh, h_n, lengths, resets};
    for (int i = 0; i < 7; i++)
        srnn_tensor_destroy(all[i]);
    return r;
}

static void check(subject *s)
{
    uint8_t turned_resets[MAX_ROWS * MAX_STEPS];
    unsigned char *const turned = turn_steps(s, s->input, s->I * s->size);
    turn_resets(s, turned_resets);
    const results got = run(s, s->reverse, s->input, s->resets);
    const results wanted = run(s, s->forward, turned, turned_resets);
    unsigned char *const output = turn_steps(s, wanted.output, s->H * s->size);
    if (memcmp(got.output, output, (size_t)(s->T * s->B * s->H * s->size)) != 0)
        fail_msg("case %d: output", s->number);
    if (memcmp(got.h_n, wanted.h_n, (size_t)(s->L * s->B * s->H * s->size)) !=
        0)
        fail_msg("case %d: h_n", s->number);
    free(turned);
    free(output);
    free(got.output);
    free(got.h_n);
    free(wanted.output);
    free(wanted.h_n);
}

static void test_reverse__is_forward_over_reversed_steps(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        check(&s);
        free_subject(&s);
    }
}

/* The reverse half of both directions, of one layer. */
static void test_reverse__is_a_half_of_both_directions(void **state)
{
    enum { T = 7, B = 3, I = 5, H = 9, PARAMETERS = 4 };
    static float input[T * B * I];
    static float alone[T * B * H], h_n[B * H];
    static float both[T * B * 2 * H], both_h_n[2 * B * H];
    (void)state;
    srnn_context *contexts[2] = {NULL, NULL};
    srnn_rnn *const one = small_rnn_create(&(small_rnn){
        .I = I, .H = H, .direction = SRNN_DIRECTION_REVERSE, .seed = 4});
    srnn_rnn *const two =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .D = 2, .seed = 9});
    for (int64_t i = 0; i < PARAMETERS; i++)
        parameter_take(
            two, srnn_rnn_find_parameter(two, srnn_rnn_parameter_name(one, i)),
            one, i);
    for (int i = 0; i < T * B * I; i++)
        input[i] = (float)(i % 11 - 5) / 8;
    expect_success("context", srnn_context_create(&contexts[0], one));
    expect_success("context", srnn_context_create(&contexts[1], two));
    expect_success("one", srnn_context_forward_contiguous(
                              contexts[0], T, B, input, NULL, alone, h_n));
    expect_success("two", srnn_context_forward_contiguous(
                              contexts[1], T, B, input, NULL, both, both_h_n));
    for (int row = 0; row < T * B; row++)
        assert_memory_equal(alone + row * H, both + (2 * row + 1) * H,
                            H * sizeof *alone);
    assert_memory_equal(h_n, both_h_n + B * H, sizeof h_n);
    assert_memory_equal(h_n, alone, sizeof h_n); /* the state after t = 0 */
    for (int i = 0; i < 2; i++)
        srnn_context_destroy(contexts[i]);
    srnn_rnn_destroy(one);
    srnn_rnn_destroy(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reverse__is_forward_over_reversed_steps),
        cmocka_unit_test(test_reverse__is_a_half_of_both_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
