/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* Windows of streams that are bidirectional or reverse, held against their
 * definition: layer by layer a forward over the window, from the forward states
 * that the window before left and the reverse states that the stream has. */
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
#include "support/parameters.h"
#include "support/small_rnn.h"
#include "support/tools.h"

#if defined(__OPTIMIZE__) && !IS_SANITIZED
enum { CASES = TOOL_CASES(4000) };
#else
enum { CASES = TOOL_CASES(1000) }; /* they take ten times as long */
#endif
/* LONG ones have more rows than a forward runs in one chunk. */
enum { WINDOWS = 4, SHORT = 12, LONG = 400, MAX_LAYERS = 3 };
enum { APART = 2, UNTOUCHED = 0xa5 };

/* The seed of a case is its number: a failure names it. Values lie time first,
 * whatever the layout of the rnn. */
typedef struct {
    draws random;
    int number;
    int64_t most; /* steps of the output, and to look ahead */
    int64_t B, I, H, L, D, size;
    srnn_dtype dtype;
    bool batch_first;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_stream *stream;
    srnn_context *layers[MAX_LAYERS]; /* of rnns of one layer */
    unsigned char *input;             /* [2*most,B,I] */
    unsigned char *apart;             /* the same, APART times as wide */
    unsigned char *output;            /* the same of D*H */
    unsigned char *above[2];          /* [2*most,B,D*H]: by the definition */
    unsigned char *states;            /* [D*L,B,H]: by the definition */
    unsigned char *got;               /* the same */
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static unsigned char *make_values(subject *s, int64_t count)
{
    return draws_values(&s->random, s->dtype, count);
}

static srnn_tensor *wrap_states(const subject *s, void *data, int64_t cells)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[] = {cells, s->B, s->H};
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, 3, shape, NULL));
    return tensor;
}

/* Elements lie `apart` of them apart; without a batch dimension at rank 2. */
static srnn_tensor *wrap_apart(const subject *s, void *data, int64_t steps,
                               int64_t width, int64_t apart, int32_t rank)
{
    srnn_tensor *tensor = NULL;
    const bool batch_first = s->batch_first && rank == 3;
    const int64_t row = width * apart;
    const int64_t step = s->B * row;
    const int64_t shape[] = {batch_first ? s->B : steps,
                             batch_first ? steps : s->B, width};
    const int64_t strides[] = {batch_first ? row : step,
                               batch_first ? step : row, apart};
    const int64_t shape_of_one[] = {steps, width};
    const int64_t strides_of_one[] = {row, apart};
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, rank,
                                    rank == 2 ? shape_of_one : shape,
                                    rank == 2 ? strides_of_one : strides));
    return tensor;
}

/* Side by side, time first. */
static srnn_tensor *wrap(const subject *s, void *data, int64_t steps,
                         int64_t width)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[] = {steps, s->B, width};
    expect_success("wrap",
                   srnn_tensor_wrap(&tensor, data, s->dtype, 3, shape, NULL));
    return tensor;
}

/* An rnn of one layer with the weights of one of the stack's. */
static srnn_context *make_layer(const subject *s, const small_rnn *stack,
                                int64_t layer)
{
    small_rnn one = *stack;
    srnn_context *context = NULL;
    one.L = 1;
    one.I = layer == 0 ? s->I : s->D * s->H;
    one.batch_first = false;
    srnn_rnn *const rnn = small_rnn_create(&one);
    const int64_t count = srnn_rnn_parameter_count(rnn);
    for (int64_t i = 0; i < count; i++)
        parameter_take(rnn, i, s->rnn, layer * count + i);
    expect_success("context", srnn_context_create(&context, rnn));
    srnn_rnn_destroy(rnn);
    return context;
}

static srnn_context *make_context(subject *s)
{
    return draws_context(&s->random, s->rnn, 3);
}

static srnn_stream *make_stream(const subject *s, int64_t batch)
{
    srnn_stream *stream = NULL;
    expect_success("stream", srnn_stream_create(&stream, s->context, batch));
    return stream;
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 7), .number = number};
    s.most = below(&s, 50) == 0 ? LONG : SHORT;
    s.B = 1 + below(&s, 4);
    s.I = draws_size(&s.random);
    s.H = draws_size(&s.random);
    s.L = 1 + below(&s, MAX_LAYERS);
    s.D = 1 + below(&s, 2);
    s.dtype = draws_dtype(&s.random);
    s.size = element_bytes(s.dtype);
    s.batch_first = below(&s, 2) == 0;
    const srnn_nonlinearity nonlinearity = draws_nonlinearity(&s.random);
    const bool no_bias = below(&s, 3) == 0;
    const small_rnn stack = {.I = s.I,
                             .H = s.H,
                             .L = s.L,
                             .direction = s.D == 2
                                              ? SRNN_DIRECTION_BIDIRECTIONAL
                                              : SRNN_DIRECTION_REVERSE,
                             .dtype = s.dtype,
                             .nonlinearity = nonlinearity,
                             .no_bias = no_bias,
                             .batch_first = s.batch_first,
                             .seed = (uint64_t)number};
    s.rnn = small_rnn_create(&stack);
    for (int64_t layer = 0; layer < s.L; layer++)
        s.layers[layer] = make_layer(&s, &stack, layer);
    s.context = make_context(&s);
    s.stream = make_stream(&s, s.B);
    const int64_t rows = 2 * s.most * s.B;
    s.input = make_values(&s, rows * s.I);
    s.apart = make_values(&s, APART * rows * s.I);
    s.output = make_values(&s, APART * rows * s.D * s.H);
    s.above[0] = make_values(&s, rows * s.D * s.H);
    s.above[1] = make_values(&s, rows * s.D * s.H);
    s.states = make_values(&s, s.D * s.L * s.B * s.H);
    s.got = make_values(&s, s.D * s.L * s.B * s.H);
    memset(s.states, 0, (size_t)(s.D * s.L * s.B * s.H * s.size));
    return s;
}

static void free_subject(subject *s)
{
    for (int64_t layer = 0; layer < s->L; layer++)
        srnn_context_destroy(s->layers[layer]);
    srnn_stream_destroy(s->stream);
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
    free(s->input);
    free(s->apart);
    free(s->output);
    free(s->above[0]);
    free(s->above[1]);
    free(s->states);
    free(s->got);
}

/* The forward half of a step's output becomes the state of a layer. */
static void keep_state(subject *s, const unsigned char *output, int64_t step,
                       int64_t layer)
{
    const size_t row = (size_t)(s->H * s->size);
    for (int64_t b = 0; b < s->B; b++)
        memcpy(s->states + (size_t)(2 * layer * s->B + b) * row,
               output + (size_t)((step * s->B + b) * 2) * row, row);
}

/* By the definition; the output. */
static unsigned char *define(subject *s, int64_t kept, int64_t steps)
{
    unsigned char *from = s->input;
    for (int64_t layer = 0; layer < s->L; layer++) {
        unsigned char *const to = s->above[layer % 2];
        srnn_tensor *const x =
            wrap(s, from, steps, layer == 0 ? s->I : s->D * s->H);
        srnn_tensor *const y = wrap(s, to, steps, s->D * s->H);
        srnn_tensor *const h0 = wrap_states(
            s, s->states + s->D * layer * s->B * s->H * s->size, s->D);
        expect_success("layer",
                       srnn_context_forward(s->layers[layer], x, h0, y, NULL));
        if (kept > 0 && s->D == 2)
            keep_state(s, to, kept - 1, layer);
        srnn_tensor_destroy(x);
        srnn_tensor_destroy(y);
        srnn_tensor_destroy(h0);
        from = to;
    }
    return from;
}

/* From side by side to `apart` elements apart, or back. */
static void move(const subject *s, unsigned char *to, int64_t to_apart,
                 const unsigned char *from, int64_t from_apart, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * to_apart * s->size, from + i * from_apart * s->size,
               (size_t)s->size);
}

/* Everything outside the output is as it was. */
static void check_output(const subject *s, const unsigned char *wanted,
                         int64_t count, int64_t apart)
{
    const int64_t room = APART * 2 * s->most * s->B * s->D * s->H * s->size;
    for (int64_t i = 0; i < room; i++) {
        const int64_t element = i / s->size;
        const bool is_inside = element % apart == 0 && element / apart < count;
        const unsigned char byte =
            is_inside ? wanted[element / apart * s->size + i % s->size]
                      : UNTOUCHED;
        if (s->output[i] != byte)
            fail_msg("case %d: byte %ld of the output", s->number, (long)i);
    }
}

static void check_states(subject *s)
{
    srnn_tensor *const h = wrap_states(s, s->got, s->D * s->L);
    expect_success("get", srnn_stream_get_state(s->stream, h));
    if (memcmp(s->got, s->states,
               (size_t)(s->D * s->L * s->B * s->H * s->size)) != 0)
        fail_msg("case %d: states", s->number);
    srnn_tensor_destroy(h);
}

static void check_window(subject *s)
{
    const int64_t kept = below(s, s->most);
    const int64_t steps = kept + (below(s, 3) == 0 ? 0 : below(s, s->most));
    const bool wants_output = kept < steps || below(s, 3) != 0;
    const int32_t rank = s->B == 1 && below(s, 2) == 0 ? 2 : 3;
    const int64_t apart = 1 + below(s, APART);
    const unsigned char *const wanted = define(s, kept, steps);
    move(s, s->apart, apart, s->input, 1, steps * s->B * s->I);
    memset(s->output, UNTOUCHED,
           (size_t)(APART * 2 * s->most * s->B * s->D * s->H * s->size));
    srnn_tensor *const x = wrap_apart(s, s->apart, steps, s->I, apart, rank);
    srnn_tensor *const y =
        wrap_apart(s, s->output, kept, s->D * s->H, apart, rank);
    expect_success("advance",
                   srnn_stream_advance(s->stream, s->context, x, NULL, NULL,
                                       wants_output ? y : NULL));
    check_output(s, wanted, wants_output ? kept * s->B * s->D * s->H : 0,
                 apart);
    check_states(s);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
}

/* Other states, perhaps in another context or stream; a window of another
 * stream in between changes nothing. */
static void change_states(subject *s)
{
    free(s->states);
    s->states = make_values(s, s->D * s->L * s->B * s->H);
    srnn_tensor *const h = wrap_states(s, s->states, s->D * s->L);
    if (below(s, 2) == 0) {
        srnn_context_destroy(s->context);
        s->context = make_context(s);
    } else if (below(s, 2) == 0) {
        srnn_stream_destroy(s->stream);
        s->stream = make_stream(s, s->B);
    } else {
        srnn_stream *const other = make_stream(s, s->B);
        srnn_tensor *const x = wrap_apart(s, s->input, SHORT, s->I, 1, 3);
        expect_success("other", srnn_stream_advance(other, s->context, x, NULL,
                                                    NULL, NULL));
        srnn_tensor_destroy(x);
        srnn_stream_destroy(other);
    }
    expect_success("set", srnn_stream_set_state(s->stream, h));
    srnn_tensor_destroy(h);
}

/* As may be between two windows. */
static void run_forward(subject *s)
{
    srnn_tensor *const x = wrap_apart(s, s->input, SHORT, s->I, 1, 3);
    srnn_tensor *const y = wrap_apart(s, s->output, SHORT, s->D * s->H, 1, 3);
    srnn_tensor *const h = wrap_states(s, s->got, s->D * s->L);
    expect_success("forward", srnn_context_forward(s->context, x, h, y, h));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h);
}

static void test_window__is_what_its_layers_are(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        for (int i = 0; i < WINDOWS; i++) {
            if (below(&s, 3) == 0)
                change_states(&s);
            if (below(&s, 3) == 0)
                run_forward(&s);
            check_window(&s);
        }
        free_subject(&s);
    }
}

/* The largest difference of one half of the first `steps` steps from a forward
 * over all of the input, one step a window. */
static double largest_difference(subject *s, int64_t steps, int64_t look_ahead,
                                 int64_t half)
{
    double largest = 0;
    srnn_tensor *const all = wrap_apart(s, s->input, 2 * SHORT, s->I, 1, 3);
    srnn_tensor *const exact =
        wrap_apart(s, s->above[0], 2 * SHORT, 2 * s->H, 1, 3);
    expect_success("forward",
                   srnn_context_forward(s->context, all, NULL, exact, NULL));
    expect_success("zero", srnn_stream_set_state(s->stream, NULL));
    for (int64_t t = 0; t < steps; t++) {
        srnn_tensor *const x =
            wrap_apart(s, s->input + t * s->B * s->I * s->size, 1 + look_ahead,
                       s->I, 1, 3);
        srnn_tensor *const y = wrap_apart(s, s->output, 1, 2 * s->H, 1, 3);
        expect_success("advance", srnn_stream_advance(s->stream, s->context, x,
                                                      NULL, NULL, y));
        for (int64_t i = 0; i < s->B * s->H; i++) {
            const int64_t at =
                (i / s->H * 2 + half) * s->H + i % s->H; /* [B,2,H] */
            const double difference =
                ((double *)(void *)s->output)[at] -
                ((double *)(void *)s->above[0])[t * s->B * 2 * s->H + at];
            largest = fmax(largest, fabs(difference));
        }
        srnn_tensor_destroy(x);
        srnn_tensor_destroy(y);
    }
    srnn_tensor_destroy(all);
    srnn_tensor_destroy(exact);
    return largest;
}

/* In one layer the forward half is exact, and the reverse half the nearer to
 * that of a forward the further ahead it begins. */
static void test_window__comes_near_a_forward(void **state)
{
    enum { STEPS = 5, ENOUGH = TOOL_CASES(50) };
    int tried = 0;
    (void)state;
    for (int number = 0; number < 4 * CASES && tried < ENOUGH; number++) {
        subject s = make(number);
        if (s.most == SHORT && s.L == 1 && s.D == 2 && s.H >= 16 &&
            s.dtype == SRNN_DTYPE_FLOAT64) {
            const double nothing = largest_difference(&s, STEPS, 0, 1);
            const double some = largest_difference(&s, STEPS, 6, 1);
            const double more = largest_difference(&s, STEPS, 18, 1);
            assert_true(largest_difference(&s, STEPS, 0, 0) == 0);
            assert_true(nothing > 0);
            assert_true(some < nothing / 2);
            assert_true(more < some / 2);
            tried++;
        }
        free_subject(&s);
    }
    assert_int_equal(tried, ENOUGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window__is_what_its_layers_are),
        cmocka_unit_test(test_window__comes_near_a_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
