/* SPDX-License-Identifier: MIT */
/* Labels: long, uses-threads, no-valgrind, no-qemu */
/* Sequences of different lengths, with several episodes in each: held against
 * the loops of simplernn/context.h in float64, and against every episode of
 * every sequence run alone, which gives the same bytes. Behind each sequence
 * are zeros, and nothing of the padding, which is NaN. */
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
#include "support/element.h"
#include "support/expect.h"
#include "support/loops.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum { CASES = TOOL_CASES(12000), MAX_ROWS = 40, MAX_STEPS = 24, APART = 3 };

/* Of |error| / max(1, |value|): some units of rounding. */
static const double f32_bound = 4e-6;
static const double f64_bound = 1e-14;

/* How states are given: not at all, all of them, or those of one row. */
typedef enum { ABSENT, WHOLE, SHARED, GIVEN_COUNT } given;

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t T, B, I, H, L, D, size;
    srnn_dtype dtype;
    srnn_direction direction;
    bool batch_first, unbatched, has_lengths, has_resets;
    bool has_output, has_h_n, in_place;
    given has_h0, has_fresh;
    int64_t lengths[MAX_ROWS];
    uint8_t resets[MAX_ROWS * MAX_STEPS]; /* as the input is laid out */
    srnn_rnn *rnn;
    srnn_context *alone;
    unsigned char *input, *output, *h_n;
    unsigned char *h0, *fresh; /* [L*D,B,H], whatever is given of them */
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static bool maybe(subject *s, int64_t parts)
{
    return below(s, parts) > 0;
}

static unsigned char *make_values(subject *s, int64_t count)
{
    return draws_values(&s->random, s->dtype, count);
}

static int64_t state_count(const subject *s)
{
    return s->L * s->D * s->B * s->H;
}

static int64_t output_count(const subject *s)
{
    return s->T * s->B * s->D * s->H;
}

/* Of step t and row b in a tensor or array laid out as the input. */
static int64_t at(const subject *s, int64_t t, int64_t b)
{
    return s->batch_first && !s->unbatched ? b * s->T + t : t * s->B + b;
}

static bool is_reset(const subject *s, int64_t t, int64_t b)
{
    return s->has_resets && s->resets[at(s, t, b)] != 0;
}

/* Does this cell read from the end? */
static bool reverses(const subject *s, int64_t cell)
{
    return s->direction == SRNN_DIRECTION_REVERSE ||
           (s->D == 2 && cell % 2 == 1);
}

static void spoil_padding(subject *s)
{
    for (int64_t b = 0; b < s->B; b++)
        for (int64_t t = s->lengths[b]; t < s->T; t++)
            for (int64_t i = 0; i < s->I; i++)
                element_put(s->input, s->dtype, at(s, t, b) * s->I + i,
                            (double)NAN);
}

/* What the states of all rows are when so much of them is given. */
static unsigned char *make_states(subject *s, given how)
{
    unsigned char *const states = make_values(s, state_count(s));
    const size_t row = (size_t)(s->H * s->size);
    if (how == ABSENT)
        memset(states, 0, (size_t)state_count(s) * (size_t)s->size);
    for (int64_t i = 0; how == SHARED && i < s->L * s->D * s->B; i++)
        memcpy(states + (size_t)i * row, states + (size_t)(i - i % s->B) * row,
               row);
    return states;
}

static void pick_shapes(subject *s)
{
    s->T = below(s, MAX_STEPS + 1);
    s->unbatched = !maybe(s, 8);
    s->B = s->unbatched ? 1 : 1 + below(s, maybe(s, 8) ? 6 : MAX_ROWS);
    s->I = draws_size(&s->random);
    s->H = draws_size(&s->random);
    s->L = 1 + below(s, 3);
    s->direction = SRNN_DIRECTION_FORWARD + (int32_t)below(s, 3);
    s->D = s->direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    s->dtype = draws_dtype(&s->random);
    s->size = element_bytes(s->dtype);
    s->batch_first = maybe(s, 2);
}

static void pick_arguments(subject *s)
{
    s->has_h0 = (given)below(s, GIVEN_COUNT);
    s->has_fresh = (given)below(s, GIVEN_COUNT);
    s->has_resets = maybe(s, 4);
    s->has_lengths = maybe(s, 4);
    s->has_output = maybe(s, 4);
    s->has_h_n = maybe(s, 4);
    s->in_place = s->has_h_n && s->has_h0 == WHOLE && maybe(s, 2);
    for (int64_t b = 0; b < s->B; b++)
        s->lengths[b] = s->has_lengths ? below(s, s->T + 1) : s->T;
    for (int64_t i = 0; i < s->T * s->B; i++)
        s->resets[i] = (uint8_t)(below(s, 5) == 0 ? 1 + below(s, 255) : 0);
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 4), .number = number};
    pick_shapes(&s);
    pick_arguments(&s);
    const srnn_nonlinearity nonlinearity = draws_nonlinearity(&s.random);
    const bool no_bias = !maybe(&s, 4);
    s.rnn = small_rnn_create(&(small_rnn){.I = s.I,
                                          .H = s.H,
                                          .L = s.L,
                                          .direction = s.direction,
                                          .dtype = s.dtype,
                                          .nonlinearity = nonlinearity,
                                          .no_bias = no_bias,
                                          .batch_first = s.batch_first,
                                          .seed = (uint64_t)number});
    s.alone = small_rnn_context(s.rnn, 1, SRNN_SCHEDULE_AUTO);
    s.input = make_values(&s, s.T * s.B * s.I);
    s.output = make_values(&s, output_count(&s));
    s.h_n = make_values(&s, state_count(&s));
    s.h0 = make_states(&s, s.has_h0);
    s.fresh = make_states(&s, s.has_fresh);
    spoil_padding(&s);
    return s;
}

static void free_subject(subject *s)
{
    srnn_context_destroy(s->alone);
    srnn_rnn_destroy(s->rnn);
    free(s->input);
    free(s->output);
    free(s->h_n);
    free(s->h0);
    free(s->fresh);
}

/* Contiguous, without the batch where the case has none. */
static srnn_tensor *wrap(const subject *s, void *data, srnn_role role,
                         int64_t batch)
{
    int64_t shape[3];
    srnn_tensor *tensor = NULL;
    expect_success("shape", srnn_rnn_shape(shape, s->rnn, role, s->T, batch));
    if (s->unbatched) {
        shape[0] = role == SRNN_ROLE_HIDDEN ? shape[0] : s->T;
        shape[1] = shape[2];
    }
    expect_success("wrap", srnn_tensor_wrap(&tensor, data, s->dtype,
                                            s->unbatched ? 2 : 3, shape, NULL));
    return tensor;
}

/* States as they are given, with their elements so far apart. Those of one row
 * are the first ones of a cell. */
static srnn_tensor *wrap_given(const subject *s, unsigned char *states,
                               given how, int64_t apart)
{
    srnn_tensor *tensor = NULL;
    const int64_t cell = s->B * s->H * apart;
    const int64_t shape[] = {s->L * s->D, how == SHARED ? 1 : s->B, s->H};
    const int64_t strides[] = {cell, how == SHARED ? cell : s->H * apart,
                               apart};
    const int64_t shape_of_one[] = {s->L * s->D, s->H};
    const int64_t strides_of_one[] = {cell, apart};
    if (how != ABSENT)
        expect_success(
            "wrap",
            srnn_tensor_wrap(&tensor, states, s->dtype, s->unbatched ? 2 : 3,
                             s->unbatched ? shape_of_one : shape,
                             s->unbatched ? strides_of_one : strides));
    return tensor;
}

/* A copy of states, for the caller to free. */
static unsigned char *move_apart(const subject *s, const unsigned char *states,
                                 int64_t apart)
{
    unsigned char *const copy =
        malloc((size_t)(state_count(s) * apart * s->size));
    assert_non_null(copy);
    for (int64_t i = 0; i < state_count(s); i++)
        memcpy(copy + i * apart * s->size, states + i * s->size,
               (size_t)s->size);
    return copy;
}

/* Lengths with some elements between them; of one sequence, perhaps a scalar.
 */
static srnn_tensor *make_lengths(subject *s, int64_t *memory)
{
    srnn_tensor *tensor = NULL;
    const int64_t apart = 1 + below(s, APART);
    const int32_t rank = s->unbatched && maybe(s, 2) ? 0 : 1;
    if (!s->has_lengths)
        return NULL;
    for (int64_t b = 0; b < s->B; b++)
        memory[b * apart] = s->lengths[b];
    expect_success("lengths",
                   srnn_tensor_wrap(&tensor, memory, SRNN_DTYPE_INT64, rank,
                                    &s->B, &apart));
    return tensor;
}

/* Resets of any strides, in any order of the dimensions. */
static srnn_tensor *make_resets(subject *s, uint8_t *memory)
{
    srnn_tensor *tensor = NULL;
    const bool batch_first = s->batch_first && !s->unbatched;
    const int64_t apart = 1 + below(s, APART);
    const bool time_last = maybe(s, 2);
    const int64_t time = time_last ? apart : s->B * apart + below(s, APART);
    const int64_t row = time_last ? s->T * apart + below(s, APART) : apart;
    const int64_t shape[] = {batch_first ? s->B : s->T,
                             batch_first ? s->T : s->B};
    const int64_t strides[] = {batch_first ? row : time,
                               batch_first ? time : row};
    if (!s->has_resets)
        return NULL;
    memset(memory, 1, APART * (MAX_STEPS + 1) * (MAX_ROWS + 1));
    for (int64_t t = 0; t < s->T; t++)
        for (int64_t b = 0; b < s->B; b++)
            memory[t * time + b * row] = s->resets[at(s, t, b)];
    if (s->T == 0)
        expect_success("resets",
                       srnn_tensor_create(&tensor, SRNN_DTYPE_UINT8,
                                          s->unbatched ? 1 : 2, shape));
    else
        expect_success("resets",
                       srnn_tensor_wrap(&tensor, memory, SRNN_DTYPE_UINT8,
                                        s->unbatched ? 1 : 2, shape, strides));
    return tensor;
}

/* The call that is tested; h_n may take the place of h0. */
static void run(subject *s)
{
    static int64_t lengths_memory[APART * MAX_ROWS];
    static uint8_t resets_memory[APART * (MAX_STEPS + 1) * (MAX_ROWS + 1)];
    srnn_context *const context = draws_context(&s->random, s->rnn, 3);
    if (s->in_place)
        memcpy(s->h_n, s->h0, (size_t)(state_count(s) * s->size));
    srnn_tensor *const x = wrap(s, s->input, SRNN_ROLE_INPUT, s->B);
    srnn_tensor *const y = wrap(s, s->output, SRNN_ROLE_OUTPUT, s->B);
    srnn_tensor *const h_n = wrap(s, s->h_n, SRNN_ROLE_HIDDEN, s->B);
    const int64_t apart = 1 + below(s, 2);
    unsigned char *const h0_apart = move_apart(s, s->h0, apart);
    unsigned char *const fresh_apart = move_apart(s, s->fresh, apart);
    srnn_tensor *const h0 = s->in_place
                                ? wrap_given(s, s->h_n, s->has_h0, 1)
                                : wrap_given(s, h0_apart, s->has_h0, apart);
    srnn_tensor *const fresh = wrap_given(s, fresh_apart, s->has_fresh, apart);
    srnn_tensor *const lengths = make_lengths(s, lengths_memory);
    srnn_tensor *const resets = make_resets(s, resets_memory);
    for (int again = 0; again < (!s->in_place && s->number % 4 == 0 ? 2 : 1);
         again++)
        expect_success_of_case(s->number, srnn_context_forward_sequences(
                                              context, x, lengths, resets, h0,
                                              fresh, s->has_output ? y : NULL,
                                              s->has_h_n ? h_n : NULL));
    srnn_context_destroy(context);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h_n);
    srnn_tensor_destroy(h0);
    srnn_tensor_destroy(fresh);
    srnn_tensor_destroy(lengths);
    srnn_tensor_destroy(resets);
    free(h0_apart);
    free(fresh_apart);
}

/* Time first. */
static double *widen_sequence(const subject *s, const unsigned char *values,
                              int64_t width)
{
    double *const wide = malloc((size_t)(s->T * s->B * width + 1) * 8);
    assert_non_null(wide);
    for (int64_t t = 0; t < s->T; t++)
        for (int64_t b = 0; b < s->B; b++)
            for (int64_t i = 0; i < width; i++)
                wide[(t * s->B + b) * width + i] =
                    element_get(values, s->dtype, at(s, t, b) * width + i);
    return wide;
}

static double *widen_states(const subject *s, const unsigned char *values)
{
    double *const wide = malloc((size_t)state_count(s) * 8);
    assert_non_null(wide);
    for (int64_t i = 0; i < state_count(s); i++)
        wide[i] = element_get(values, s->dtype, i);
    return wide;
}

/* The largest error of a case, of all cases. */
static double worst[2];

static void compare(const subject *s, const char *what, const double *got,
                    const double *wanted, int64_t count)
{
    const int which = s->dtype == SRNN_DTYPE_FLOAT32 ? 0 : 1;
    const double bound = which == 0 ? f32_bound : f64_bound;
    for (int64_t i = 0; i < count; i++) {
        const double error =
            fabs(got[i] - wanted[i]) / fmax(1, fabs(wanted[i]));
        if (!(error <= bound))
            fail_msg("case %d: %s[%d] is %.17g, by the loops %.17g", s->number,
                     what, (int)i, got[i], wanted[i]);
        worst[which] = fmax(worst[which], error);
    }
}

static void check_loops(const subject *s)
{
    uint8_t resets[MAX_ROWS * MAX_STEPS];
    for (int64_t t = 0; t < s->T; t++)
        for (int64_t b = 0; b < s->B; b++)
            resets[t * s->B + b] = is_reset(s, t, b);
    double *const x = widen_sequence(s, s->input, s->I);
    double *const y = widen_sequence(s, s->output, s->D * s->H);
    double *const h_n = widen_states(s, s->h_n);
    double *const h0 = widen_states(s, s->h0);
    double *const fresh = widen_states(s, s->fresh);
    double *const output = malloc((size_t)(output_count(s) + 1) * 8);
    double *const last = malloc((size_t)state_count(s) * 8);
    const loops call = {s->T, s->B,  x,      s->lengths, resets,
                        h0,   fresh, output, last};
    loops_run(s->rnn, &call);
    if (s->has_output)
        compare(s, "output", y, output, output_count(s));
    if (s->has_h_n)
        compare(s, "h_n", h_n, last, state_count(s));
    free(x);
    free(y);
    free(h_n);
    free(h0);
    free(fresh);
    free(output);
    free(last);
}

/* [first, end) of row b alone: batch 1, so [T,1,...] and [1,T,...] lie alike.
 */
typedef struct {
    int64_t b, first, end;
    unsigned char *input, *states, *output;
} episode;

/* What direction of the episode begins where its sequence does? */
static bool begins_with_h0(const subject *s, const episode *e, int64_t cell)
{
    if (reverses(s, cell))
        return e->end == s->lengths[e->b];
    return e->first == 0 && !is_reset(s, 0, e->b);
}

static void run_alone(subject *s, episode *e)
{
    const int64_t steps = e->end - e->first;
    const size_t row = (size_t)(s->I * s->size);
    const size_t bytes = (size_t)(s->H * s->size);
    e->input = make_values(s, steps * s->I);
    e->states = make_values(s, s->L * s->D * s->H);
    e->output = make_values(s, steps * s->D * s->H);
    for (int64_t t = e->first; t < e->end; t++)
        memcpy(e->input + (size_t)(t - e->first) * row,
               s->input + (size_t)at(s, t, e->b) * row, row);
    for (int64_t cell = 0; cell < s->L * s->D; cell++)
        memcpy(e->states + (size_t)cell * bytes,
               (begins_with_h0(s, e, cell) ? s->h0 : s->fresh) +
                   (size_t)(cell * s->B + e->b) * bytes,
               bytes);
    expect_success("alone", srnn_context_forward_contiguous(
                                s->alone, steps, 1, e->input, e->states,
                                e->output, e->states));
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

/* The episode's last states, where they are those of the sequence too. */
static void check_states(const subject *s, const episode *e)
{
    const int64_t bytes = s->H * s->size;
    for (int64_t cell = 0; cell < s->L * s->D; cell++) {
        const bool ends_here =
            reverses(s, cell) ? e->first == 0 : e->end == s->lengths[e->b];
        if (ends_here)
            expect_bytes(s, "h_n", e->b, s->h_n + (cell * s->B + e->b) * bytes,
                         e->states + cell * bytes, s->H);
    }
}

static int64_t end_of_episode(const subject *s, int64_t b, int64_t t)
{
    do
        t++;
    while (t < s->lengths[b] && !is_reset(s, t, b));
    return t;
}

static void check_row(subject *s, int64_t b)
{
    const int64_t width = s->D * s->H;
    int64_t end = 0;
    for (int64_t t = 0; t < s->lengths[b]; t = end) {
        end = end_of_episode(s, b, t);
        episode e = {.b = b, .first = t, .end = end};
        run_alone(s, &e);
        for (int64_t i = t; s->has_output && i < end; i++)
            expect_bytes(s, "output", b,
                         s->output + at(s, i, b) * width * s->size,
                         e.output + (i - t) * width * s->size, width);
        if (s->has_h_n)
            check_states(s, &e);
        free_episode(&e);
    }
    unsigned char *const zeros = calloc((size_t)width, 8);
    for (int64_t t = s->lengths[b]; s->has_output && t < s->T; t++)
        expect_bytes(s, "padding", b, s->output + at(s, t, b) * width * s->size,
                     zeros, width);
    free(zeros);
}

/* Without steps the states are those of h0. */
static void check_empty_row(const subject *s, int64_t b)
{
    for (int64_t cell = 0; cell < s->L * s->D; cell++) {
        const int64_t at_cell = (cell * s->B + b) * s->H * s->size;
        expect_bytes(s, "h_n without steps", b, s->h_n + at_cell,
                     s->h0 + at_cell, s->H);
    }
}

static void
test_sequences__equal_the_loops_and_every_episode_alone(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        run(&s);
        check_loops(&s);
        for (int64_t b = 0; b < s.B; b++) {
            check_row(&s, b);
            if (s.has_h_n && s.lengths[b] == 0)
                check_empty_row(&s, b);
        }
        free_subject(&s);
    }
    print_message("largest error %g of %g in float32, %g of %g in float64\n",
                  worst[0], f32_bound, worst[1], f64_bound);
}

/* A call on the same tensors before and after must not take one for the other.
 */
static void test_sequences__do_not_disturb_plain_forwards(void **state)
{
    (void)state;
    subject s = make(3);
    srnn_tensor *lengths = NULL;
    const size_t bytes = (size_t)(output_count(&s) * s.size);
    for (int64_t i = 0; i < s.T * s.B * s.I; i++)
        element_put(s.input, s.dtype, i, 0.5);
    srnn_tensor *const x = wrap(&s, s.input, SRNN_ROLE_INPUT, s.B);
    srnn_tensor *const y = wrap(&s, s.output, SRNN_ROLE_OUTPUT, s.B);
    unsigned char *const wanted = malloc(bytes);
    assert_non_null(wanted);
    assert_true(s.T > 0);
    expect_success("plain", srnn_context_forward(s.alone, x, NULL, y, NULL));
    memcpy(wanted, s.output, bytes);
    expect_success("lengths",
                   srnn_tensor_create(&lengths, SRNN_DTYPE_INT64, 1, &s.B));
    expect_success("sequences",
                   srnn_context_forward_sequences(s.alone, x, lengths, NULL,
                                                  NULL, NULL, y, NULL));
    assert_memory_not_equal(s.output, wanted, bytes);
    expect_success("plain", srnn_context_forward(s.alone, x, NULL, y, NULL));
    assert_memory_equal(s.output, wanted, bytes);
    free(wanted);
    srnn_tensor_destroy(lengths);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    free_subject(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_sequences__equal_the_loops_and_every_episode_alone),
        cmocka_unit_test(test_sequences__do_not_disturb_plain_forwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
