/* SPDX-License-Identifier: MIT */
/* Padded batches against every episode of every sequence run alone: the same
 * bytes, zeros behind each sequence, and nothing of the padding, which is NaN.
 */
#include <math.h>
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
#include "support/expect.h"
#include "support/small_rnn.h"

enum { CASES = 12000, MOST_ROWS = 40, MOST_STEPS = 24 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t T, B, I, H, L, D, size;
    srnn_dtype dtype;
    bool batch_first, has_h0, has_resets, has_lengths;
    int64_t lengths[MOST_ROWS];
    uint8_t resets[MOST_ROWS * MOST_STEPS]; /* as the input is laid out */
    srnn_rnn *rnn;
    srnn_context *alone;
    unsigned char *input, *h0, *output, *h_n;
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static unsigned char *make_values(subject *s, int64_t count)
{
    return draws_values(&s->random, s->dtype, count);
}

/* Of step t and row b in a tensor or array laid out as the input. */
static int64_t at(const subject *s, int64_t t, int64_t b)
{
    return s->batch_first ? b * s->T + t : t * s->B + b;
}

static void spoil_padding(subject *s)
{
    for (int64_t b = 0; b < s->B; b++)
        for (int64_t t = s->lengths[b]; t < s->T; t++)
            for (int64_t i = 0; i < s->I; i++)
                draws_put(s->input, s->dtype, at(s, t, b) * s->I + i,
                          (double)NAN);
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 4), .number = number};
    s.T = below(&s, MOST_STEPS + 1);
    s.B = 1 + below(&s, below(&s, 8) == 0 ? MOST_ROWS : 6);
    s.I = draws_size(&s.random);
    s.H = draws_size(&s.random);
    s.L = 1 + below(&s, 3);
    s.D = 1 + below(&s, 2);
    s.dtype = below(&s, 2) == 0 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64;
    s.size = s.dtype == SRNN_DTYPE_FLOAT32 ? 4 : 8;
    s.batch_first = below(&s, 2) == 0;
    s.has_h0 = below(&s, 3) > 0;
    s.has_resets = below(&s, 2) == 0;
    s.has_lengths = below(&s, 8) > 0;
    for (int64_t b = 0; b < s.B; b++)
        s.lengths[b] = s.has_lengths ? below(&s, s.T + 1) : s.T;
    for (int64_t i = 0; i < s.T * s.B; i++)
        s.resets[i] = (uint8_t)(below(&s, 5) == 0 ? 1 + below(&s, 255) : 0);
    s.rnn =
        small_rnn_create(&(small_rnn){.I = s.I,
                                      .H = s.H,
                                      .L = s.L,
                                      .D = s.D,
                                      .dtype = s.dtype,
                                      .nonlinearity = 1 + (int32_t)below(&s, 2),
                                      .batch_first = s.batch_first,
                                      .seed = (uint64_t)number});
    expect_success("context", srnn_context_create(&s.alone, s.rnn));
    expect_success("threads",
                   srnn_context_set_int(s.alone, SRNN_CONTEXT_NUM_THREADS, 1));
    s.input = make_values(&s, s.T * s.B * s.I);
    s.h0 = make_values(&s, s.L * s.D * s.B * s.H);
    s.output = make_values(&s, s.T * s.B * s.D * s.H);
    s.h_n = make_values(&s, s.L * s.D * s.B * s.H);
    spoil_padding(&s);
    return s;
}

static void free_subject(subject *s)
{
    srnn_context_destroy(s->alone);
    srnn_rnn_destroy(s->rnn);
    free(s->input);
    free(s->h0);
    free(s->output);
    free(s->h_n);
}

static srnn_tensor *wrap(const subject *s, void *data, srnn_role role)
{
    int64_t shape[3];
    srnn_tensor *tensor = NULL;
    expect_success("shape", srnn_rnn_shape(shape, s->rnn, role, s->T, s->B));
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, 3, shape, NULL));
    return tensor;
}

/* The call that is tested; h_n may take the place of h0. */
static void run_padded(subject *s, bool wants_output, bool wants_h_n,
                       bool in_place)
{
    srnn_context *context = NULL;
    if (in_place)
        memcpy(s->h_n, s->h0, (size_t)(s->L * s->D * s->B * s->H * s->size));
    srnn_tensor *const x = wrap(s, s->input, SRNN_ROLE_INPUT);
    srnn_tensor *const h0 =
        wrap(s, in_place ? s->h_n : s->h0, SRNN_ROLE_HIDDEN);
    srnn_tensor *const y = wrap(s, s->output, SRNN_ROLE_OUTPUT);
    srnn_tensor *const h_n = wrap(s, s->h_n, SRNN_ROLE_HIDDEN);
    expect_success("context", srnn_context_create(&context, s->rnn));
    expect_success(
        "options",
        srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS,
                             1 + below(s, 3)) |
            srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE, below(s, 6)));
    for (int again = 0; again < 1 + (int)(!in_place && s->number % 4 == 0);
         again++)
        expect_success("forward_padded",
                       srnn_context_forward_padded(
                           context, x, s->has_lengths ? s->lengths : NULL,
                           s->has_resets ? s->resets : NULL,
                           s->has_h0 ? h0 : NULL, wants_output ? y : NULL,
                           wants_h_n ? h_n : NULL));
    srnn_context_destroy(context);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(h0);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h_n);
}

/* [first, end) of row b alone: batch 1, so [T,1,...] and [1,T,...] lie alike.
 */
typedef struct {
    int64_t b, first, end;
    unsigned char *input, *states, *output;
} episode;

static srnn_tensor *wrap_rows(const subject *s, void *data, int64_t rows,
                              int64_t width, bool are_steps)
{
    const bool batch_first = are_steps && s->batch_first;
    const int64_t shape[] = {batch_first ? 1 : rows, batch_first ? rows : 1,
                             width};
    srnn_tensor *tensor = NULL;
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, 3, shape, NULL));
    return tensor;
}

/* One row of the states to or from [L*D,H]. */
static void copy_states(const subject *s, int64_t b, unsigned char *all,
                        unsigned char *own, bool to_own)
{
    const size_t bytes = (size_t)(s->H * s->size);
    for (int64_t cell = 0; cell < s->L * s->D; cell++) {
        unsigned char *const there = all + (size_t)(cell * s->B + b) * bytes;
        unsigned char *const here = own + (size_t)cell * bytes;
        memcpy(to_own ? here : there, to_own ? there : here, bytes);
    }
}

static episode run_alone(subject *s, int64_t b, int64_t first, int64_t end)
{
    const size_t bytes = (size_t)(s->I * s->size);
    episode e = {b,
                 first,
                 end,
                 make_values(s, (end - first) * s->I),
                 make_values(s, s->L * s->D * s->H),
                 make_values(s, (end - first) * s->D * s->H)};
    for (int64_t t = first; t < end; t++)
        memcpy(e.input + (size_t)(t - first) * bytes,
               s->input + (size_t)at(s, t, b) * bytes, bytes);
    memset(e.states, 0, (size_t)(s->L * s->D * s->H * s->size));
    if (s->has_h0)
        copy_states(s, b, s->h0, e.states, true);
    srnn_tensor *const x = wrap_rows(s, e.input, end - first, s->I, true);
    srnn_tensor *const h = wrap_rows(s, e.states, s->L * s->D, s->H, false);
    srnn_tensor *const y =
        wrap_rows(s, e.output, end - first, s->D * s->H, true);
    expect_success("alone", srnn_context_forward(s->alone, x, h, y, h));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(h);
    srnn_tensor_destroy(y);
    return e;
}

static void free_episode(episode *e)
{
    free(e->input);
    free(e->states);
    free(e->output);
}

static void expect_bytes(const subject *s, const char *what, int64_t b,
                         const void *got, const void *wanted, int64_t count)
{
    if (memcmp(got, wanted, (size_t)(count * s->size)) != 0)
        fail_msg("case %d: %s of row %d", s->number, what, (int)b);
}

/* The states of one direction in every layer. */
static void check_states(const subject *s, const episode *e, int64_t direction)
{
    const int64_t bytes = s->H * s->size;
    for (int64_t cell = direction; cell < s->L * s->D; cell += s->D)
        expect_bytes(s, "h_n", e->b, s->h_n + (cell * s->B + e->b) * bytes,
                     e->states + cell * bytes, s->H);
}

static int64_t end_of_episode(const subject *s, int64_t b, int64_t t)
{
    do
        t++;
    while (t < s->lengths[b] &&
           !(s->has_resets && s->resets[at(s, t, b)] != 0));
    return t;
}

static void check_row(subject *s, int64_t b, bool has_output, bool has_h_n)
{
    const int64_t width = s->D * s->H;
    const int64_t length = s->lengths[b];
    int64_t end = 0;
    for (int64_t t = 0; t < length; t = end) {
        end = end_of_episode(s, b, t);
        episode e = run_alone(s, b, t, end);
        for (int64_t i = t; has_output && i < end; i++)
            expect_bytes(s, "output", b,
                         s->output + at(s, i, b) * width * s->size,
                         e.output + (i - t) * width * s->size, width);
        if (has_h_n && end == length)
            check_states(s, &e, 0);
        if (has_h_n && t == 0 && s->D == 2)
            check_states(s, &e, 1);
        free_episode(&e);
    }
    unsigned char *const zeros = calloc((size_t)width, 8);
    for (int64_t t = length; has_output && t < s->T; t++)
        expect_bytes(s, "padding", b, s->output + at(s, t, b) * width * s->size,
                     zeros, width);
    free(zeros);
}

/* Without steps the states are those of h0. */
static void check_empty_row(const subject *s, int64_t b)
{
    unsigned char *const zeros = calloc((size_t)s->H, 8);
    for (int64_t cell = 0; cell < s->L * s->D; cell++) {
        const int64_t at_cell = (cell * s->B + b) * s->H * s->size;
        expect_bytes(s, "h_n without steps", b, s->h_n + at_cell,
                     s->has_h0 ? s->h0 + at_cell : zeros, s->H);
    }
    free(zeros);
}

static void test_padded__equals_every_episode_alone(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const bool has_output = below(&s, 4) > 0;
        const bool has_h_n = below(&s, 4) > 0;
        const bool in_place = has_h_n && s.has_h0 && below(&s, 3) == 0;
        run_padded(&s, has_output, has_h_n, in_place);
        for (int64_t b = 0; b < s.B; b++) {
            check_row(&s, b, has_output, has_h_n);
            if (has_h_n && s.lengths[b] == 0)
                check_empty_row(&s, b);
        }
        free_subject(&s);
    }
}

/* A call on the same tensors before and after must not take one for the other.
 */
static void test_padded__does_not_disturb_plain_forwards(void **state)
{
    (void)state;
    subject s = make(3);
    const size_t bytes = (size_t)(s.T * s.B * s.D * s.H * s.size);
    for (int64_t i = 0; i < s.T * s.B * s.I; i++)
        draws_put(s.input, s.dtype, i, 0.5);
    srnn_tensor *const x = wrap(&s, s.input, SRNN_ROLE_INPUT);
    srnn_tensor *const y = wrap(&s, s.output, SRNN_ROLE_OUTPUT);
    unsigned char *const wanted = malloc(bytes);
    assert_non_null(wanted);
    assert_true(s.T > 0);
    expect_success("plain", srnn_context_forward(s.alone, x, NULL, y, NULL));
    memcpy(wanted, s.output, bytes);
    memset(s.lengths, 0, sizeof s.lengths);
    expect_success("padded", srnn_context_forward_padded(s.alone, x, s.lengths,
                                                         NULL, NULL, y, NULL));
    assert_memory_not_equal(s.output, wanted, bytes);
    expect_success("plain", srnn_context_forward(s.alone, x, NULL, y, NULL));
    assert_memory_equal(s.output, wanted, bytes);
    free(wanted);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    free_subject(&s);
}

static void test_padded__names_a_wrong_length(void **state)
{
    (void)state;
    subject s = make(3);
    srnn_tensor *const x = wrap(&s, s.input, SRNN_ROLE_INPUT);
    for (int64_t wrong = -1; wrong <= s.T + 1; wrong += s.T + 2) {
        s.lengths[s.B - 1] = wrong;
        assert_int_equal(srnn_context_forward_padded(s.alone, x, s.lengths,
                                                     NULL, NULL, NULL, NULL),
                         SRNN_ERROR_INVALID);
        assert_non_null(strstr(srnn_last_error(), "lengths["));
        assert_non_null(strstr(srnn_last_error(), "expected 0 to T="));
    }
    srnn_tensor_destroy(x);
    free_subject(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_padded__equals_every_episode_alone),
        cmocka_unit_test(test_padded__does_not_disturb_plain_forwards),
        cmocka_unit_test(test_padded__names_a_wrong_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
