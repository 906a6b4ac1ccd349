/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind, no-qemu */
/* A context keeps a plan, memory, helpers and weights from call to call. All of
 * this is to save time only: whatever was called before, a call has the results
 * of a new context. Here one context has a long life. From call to call one
 * thing changes, so that most of what is kept would still fit. */
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
#include "support/parameters.h"
#include "support/quarantine.h"
#include "support/small_rnn.h"
#include "support/tools.h"

#if IS_SANITIZED
enum { CASES = 20 };
#else
enum { CASES = 300 };
#endif
enum { CALLS = 40, MAX_T = 23, MAX_B = 5, I = 7, MAX_L = 3, F = 11 };
enum { MAX_H = 40, MAX_APART = 2, PLACES = 2, UNTOUCHED = 0x5a };
enum { MAX_WIDTH = 2 * MAX_H };
enum { MAX_INPUT = MAX_APART * MAX_T * MAX_B * MAX_WIDTH };

/* What may change from one call to the next; each has some choices. */
typedef enum {
    KIND,
    STEPS,
    BATCH,
    PLACE,
    RESULT_PLACE,
    APART,
    H0,
    OUTPUT,
    H_N,
    THREADS,
    SCHEDULE,
    ISA,
    GEMM,
    FLUSHES,
    KEEPS,
    WEIGHTS,
    FIELDS,
    SETTINGS = THREADS /* from here on, of the context */
} field;

typedef enum {
    FORWARD,
    CONTIGUOUS,
    SEQUENCES,
    TRAIN,
    LINEAR,
    STREAM,
    KINDS
} kind;

static const int64_t choices[FIELDS] = {
    [KIND] = KINDS,
    [STEPS] = 3,
    [BATCH] = 3,
    [PLACE] = PLACES,
    [RESULT_PLACE] = PLACES,
    [APART] = 2,
    [H0] = 3,
    [OUTPUT] = 4,
    [H_N] = 2,
    [THREADS] = 4,
    [SCHEDULE] = 6,
    [ISA] = 2,
    [GEMM] = 2,
    [FLUSHES] = 2,
    [KEEPS] = 2,
    [WEIGHTS] = 8,
};

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int call;
    int64_t now[FIELDS], first[FIELDS];
    small_rnn of;
    int64_t T, B, D, apart;
    double scale; /* of the parameters: so small that results are subnormal */
    srnn_rnn *rnn;
    srnn_linear *linear;
    srnn_context *old;
    int64_t lengths[MAX_B];
} subject;

static float inputs[PLACES][MAX_INPUT];
static float states[PLACES][2 * MAX_L * MAX_B * MAX_H];

/* All that a call writes. */
typedef struct {
    float output[PLACES][MAX_INPUT];
    float h_n[PLACES][2 * MAX_L * MAX_B * MAX_H];
    float d_input[PLACES][MAX_INPUT];
    int64_t last_schedule, last_threads;
} results;

static results got;
static results wanted;

static void set_weights(subject *s)
{
    parameters p = parameters_copy(s->rnn);
    for (int64_t i = 0; i < p.count; i++)
        for (int64_t j = 0; j < srnn_tensor_size(p.values[i]); j++)
            ((float *)srnn_tensor_data(p.values[i]))[j] =
                (float)(draws_value(&s->random) * s->scale);
    expect_success_of_case(s->number, parameters_set(s->rnn, &p));
    parameters_free(&p);
}

static subject make(int number)
{
    static const int64_t sizes[] = {3, 16, MAX_H};
    subject s = {.random = draws_of(number, 31), .number = number};
    draws *const d = &s.random;
    s.of = (small_rnn){.I = I, .nonlinearity = draws_nonlinearity(d)};
    s.of.H = sizes[draws_below(d, 3)];
    s.of.L = 1 + draws_below(d, MAX_L);
    s.of.direction = SRNN_DIRECTION_FORWARD + (int)draws_below(d, 3);
    s.of.batch_first = draws_below(d, 2) == 0;
    s.D = s.of.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    s.scale = draws_below(d, 3) == 0 ? 1e-38 : 0.5;
    for (int i = 0; i < FIELDS; i++)
        s.now[i] = draws_below(d, choices[i]);
    s.rnn = small_rnn_create(&s.of);
    set_weights(&s);
    expect_success_of_case(number,
                           srnn_linear_create(&s.linear, SRNN_DTYPE_FLOAT32, I,
                                              F, 1, (uint64_t)number));
    expect_success_of_case(number, srnn_context_create(&s.old, s.rnn));
    return s;
}

static void free_subject(subject *s)
{
    srnn_context_destroy(s->old);
    srnn_linear_destroy(s->linear);
    srnn_rnn_destroy(s->rnn);
}

/* Three calls each: one thing changes, then the call is any other with the same
 * settings, then it is the first again. */
static void choose(subject *s)
{
    const int64_t only = draws_below(&s->random, FIELDS);
    if (s->call % 3 == 0)
        s->now[only] = draws_below(&s->random, choices[only]);
    if (s->call % 3 == 1) {
        memcpy(s->first, s->now, sizeof s->first);
        for (int i = 0; i < SETTINGS; i++)
            s->now[i] = draws_below(&s->random, choices[i]);
    }
    if (s->call % 3 == 2)
        memcpy(s->now, s->first, sizeof s->first);
    if (only == WEIGHTS)
        set_weights(s);
}

static void change(subject *s)
{
    static const int64_t steps[] = {1, 5, MAX_T};
    static const int64_t batches[] = {1, 2, MAX_B};
    choose(s);
    s->T = steps[s->now[STEPS]];
    s->B = batches[s->now[BATCH]];
    s->apart = s->now[KIND] == CONTIGUOUS ? 1 : 1 + s->now[APART];
    for (int64_t b = 0; b < s->B; b++)
        s->lengths[b] = draws_below(&s->random, s->T + 1);
    s->lengths[0] = s->T; /* without a step nothing is recorded */
}

static void set(const subject *s, srnn_context *context,
                srnn_context_option option, int64_t value)
{
    expect_success_of_case(s->number,
                           srnn_context_set_int(context, option, value));
}

static void set_kernels(const subject *s, srnn_context *context, int64_t isa,
                        int64_t gemm)
{
    const srnn_isa wanted_isa = (srnn_isa)(SRNN_ISA_BASELINE + isa);
    if (srnn_supports(wanted_isa))
        set(s, context, SRNN_CONTEXT_ISA, wanted_isa);
    if (srnn_supports(SRNN_GEMM_OPENBLAS))
        set(s, context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE + gemm);
}

/* An old context is told what changed, a new one everything. */
static void configure(const subject *s, srnn_context *context,
                      const int64_t before[FIELDS])
{
    const int64_t *const now = s->now;
    if (before == NULL || before[THREADS] != now[THREADS])
        set(s, context, SRNN_CONTEXT_NUM_THREADS, 1 + now[THREADS]);
    if (before == NULL || before[SCHEDULE] != now[SCHEDULE])
        set(s, context, SRNN_CONTEXT_SCHEDULE,
            SRNN_SCHEDULE_AUTO + now[SCHEDULE]);
    if (before == NULL || before[ISA] != now[ISA] || before[GEMM] != now[GEMM])
        set_kernels(s, context, now[ISA], now[GEMM]);
    if (before == NULL || before[FLUSHES] != now[FLUSHES])
        set(s, context, SRNN_CONTEXT_FLUSH_SUBNORMALS, now[FLUSHES]);
    if (before == NULL || before[KEEPS] != now[KEEPS])
        set(s, context, SRNN_CONTEXT_KEEP_TINY_GRADIENTS, now[KEEPS]);
}

static srnn_tensor *wrap(const subject *s, float *data, int64_t width)
{
    const bool first = s->of.batch_first;
    const int64_t outer = first ? s->B : s->T;
    const int64_t inner = first ? s->T : s->B;
    const int64_t shape[] = {outer, inner, width};
    const int64_t strides[] = {inner * width * s->apart, width * s->apart,
                               s->apart};
    srnn_tensor *tensor = NULL;
    expect_success_of_case(
        s->number,
        srnn_tensor_wrap(&tensor, data, SRNN_DTYPE_FLOAT32, 3, shape, strides));
    return tensor;
}

static srnn_tensor *wrap_states(const subject *s, float *data, int64_t batch)
{
    const int64_t shape[] = {s->D * s->of.L, batch, s->of.H};
    srnn_tensor *tensor = NULL;
    expect_success_of_case(
        s->number,
        srnn_tensor_wrap(&tensor, data, SRNN_DTYPE_FLOAT32, 3, shape, NULL));
    return tensor;
}

/* The tensors of a call; NULL for what is not given. */
typedef struct {
    srnn_tensor *input, *h0, *output, *h_n, *lengths, *d_input;
} tensors;

static tensors wrap_all(const subject *s, results *r)
{
    const int64_t place = s->now[PLACE];
    const int64_t to = s->now[RESULT_PLACE];
    const int64_t width = s->now[KIND] == LINEAR ? F : s->D * s->of.H;
    const bool is_shared = s->now[H0] == 2 && s->now[KIND] != CONTIGUOUS;
    tensors t = {.input = wrap(s, inputs[place], I),
                 .d_input = wrap(s, r->d_input[to], I)};
    if (s->now[H0] != 0)
        t.h0 = wrap_states(s, states[place], is_shared ? 1 : s->B);
    if (s->now[OUTPUT] != 0 || s->now[KIND] == LINEAR)
        t.output = wrap(s, r->output[to], width);
    if (s->now[H_N] != 0)
        t.h_n = wrap_states(s, r->h_n[to], s->B);
    expect_success_of_case(
        s->number, srnn_tensor_wrap_const(&t.lengths, s->lengths,
                                          SRNN_DTYPE_INT64, 1, &s->B, NULL));
    return t;
}

static void free_all(const tensors *t)
{
    srnn_tensor_destroy(t->input);
    srnn_tensor_destroy(t->h0);
    srnn_tensor_destroy(t->output);
    srnn_tensor_destroy(t->h_n);
    srnn_tensor_destroy(t->lengths);
    srnn_tensor_destroy(t->d_input);
}

static void *data_of(const srnn_tensor *tensor)
{
    return tensor == NULL ? NULL : srnn_tensor_data(tensor);
}

static srnn_status run_contiguous(const subject *s, srnn_context *context,
                                  const tensors *t)
{
    return srnn_context_forward_contiguous(context, s->T, s->B,
                                           data_of(t->input), data_of(t->h0),
                                           data_of(t->output), data_of(t->h_n));
}

static srnn_status run_training(const subject *s, srnn_context *context,
                                const tensors *t)
{
    srnn_tape *tape = NULL;
    expect_success_of_case(s->number, srnn_tape_create(&tape, s->rnn));
    expect_success_of_case(
        s->number, srnn_context_record(context, tape, t->input, t->lengths,
                                       NULL, t->h0, NULL, t->output, t->h_n));
    const srnn_status status = srnn_context_backward(
        context, tape, t->input, t->output, t->h_n, SRNN_ACCUMULATION_SET, NULL,
        t->d_input, NULL, NULL);
    srnn_tape_destroy(tape);
    return status;
}

/* A stream keeps the kernels of the context that it was made from. */
static srnn_stream *make_stream(const subject *s)
{
    srnn_stream *stream = NULL;
    srnn_context *maker = NULL;
    expect_success_of_case(s->number, srnn_context_create(&maker, s->rnn));
    set_kernels(s, maker, s->now[H_N], s->now[H0] % 2);
    expect_success_of_case(s->number, srnn_stream_create(&stream, maker, s->B));
    srnn_context_destroy(maker);
    return stream;
}

static srnn_status run_stream(const subject *s, srnn_context *context,
                              const tensors *t)
{
    srnn_stream *const stream = make_stream(s);
    const srnn_status status =
        srnn_stream_advance(stream, context, t->input, NULL, NULL, t->output);
    srnn_stream_destroy(stream);
    return status;
}

static srnn_status run_kind(const subject *s, srnn_context *context,
                            const tensors *t)
{
    switch ((kind)s->now[KIND]) {
    case FORWARD:
        return srnn_context_forward(context, t->input, t->h0, t->output,
                                    t->h_n);
    case CONTIGUOUS:
        return run_contiguous(s, context, t);
    case SEQUENCES:
        return srnn_context_forward_sequences(context, t->input, t->lengths,
                                              NULL, t->h0, NULL, t->output,
                                              t->h_n);
    case TRAIN:
        return run_training(s, context, t);
    case LINEAR:
        return srnn_linear_forward(s->linear, context, t->input, t->output);
    default:
        return run_stream(s, context, t);
    }
}

static void run(const subject *s, srnn_context *context)
{
    memset(&got, UNTOUCHED, sizeof got);
    const tensors t = wrap_all(s, &got);
    expect_success_of_case(s->number, run_kind(s, context, &t));
    free_all(&t);
    /* A linear layer chooses no schedule. */
    if (s->now[KIND] == LINEAR)
        return;
    expect_success_of_case(s->number,
                           srnn_context_get_int(&got.last_schedule, context,
                                                SRNN_CONTEXT_LAST_SCHEDULE));
    expect_success_of_case(s->number,
                           srnn_context_get_int(&got.last_threads, context,
                                                SRNN_CONTEXT_LAST_THREADS));
}

/* The next call of the old context, and the same of a new one. */
static void check_call(subject *s)
{
    int64_t before[FIELDS];
    srnn_context *fresh = NULL;
    memcpy(before, s->now, sizeof before);
    change(s);
    configure(s, s->old, s->call == 0 ? NULL : before);
    run(s, s->old);
    wanted = got;
    expect_success_of_case(s->number, srnn_context_create(&fresh, s->rnn));
    configure(s, fresh, NULL);
    run(s, fresh);
    srnn_context_destroy(fresh);
    if (memcmp(&got, &wanted, sizeof got) != 0)
        fail_msg("case %d, call %d of kind %d: schedule %d instead of %d, "
                 "threads %d instead of %d, or other bits",
                 s->number, s->call, (int)s->now[KIND],
                 (int)wanted.last_schedule, (int)got.last_schedule,
                 (int)wanted.last_threads, (int)got.last_threads);
}

static void test_kept__nothing_that_changes_a_result(void **state)
{
    (void)state;
    quarantine_install();
    for (int place = 0; place < PLACES; place++) {
        for (int i = 0; i < MAX_INPUT; i++)
            inputs[place][i] = (float)((i + 3 * place) % 17 - 8) / 8;
        for (int i = 0; i < 2 * MAX_L * MAX_B * MAX_H; i++)
            states[place][i] = (float)((i + 5 * place) % 13 - 6) / 8;
    }
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        for (s.call = 0; s.call < CALLS; s.call++)
            check_call(&s);
        free_subject(&s);
        quarantine_check();
    }
    quarantine_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept__nothing_that_changes_a_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
