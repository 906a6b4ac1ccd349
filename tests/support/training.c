/* SPDX-License-Identifier: MIT */
#include "support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/element.h"
#include "support/expect.h"
#include "support/parameters.h"

static int64_t elements(const training *t, srnn_role role)
{
    int64_t shape[3];
    EXPECT_SUCCESS(srnn_rnn_shape(shape, t->rnn, role, t->T, t->B));
    return shape[0] * shape[1] * shape[2];
}

training training_make(int number, const small_rnn *of, int64_t T, int64_t B)
{
    draws random = draws_of(number, 83);
    training t = {.of = *of, .rnn = small_rnn_create(of), .T = T, .B = B};
    const srnn_dtype dtype = of->dtype == 0 ? SRNN_DTYPE_FLOAT32 : of->dtype;
    const int64_t states = elements(&t, SRNN_ROLE_HIDDEN);
    t.size = element_bytes(dtype);
    t.input = draws_values(&random, dtype, elements(&t, SRNN_ROLE_INPUT));
    t.h0 = draws_values(&random, dtype, states);
    t.fresh = draws_values(&random, dtype, states);
    t.d_output = draws_values(&random, dtype, elements(&t, SRNN_ROLE_OUTPUT));
    t.d_h_n = draws_values(&random, dtype, states);
    t.lengths = calloc((size_t)B + 1, sizeof *t.lengths);
    t.resets = calloc((size_t)(T * B) + 1, sizeof *t.resets);
    assert_non_null(t.lengths);
    assert_non_null(t.resets);
    for (int64_t b = 0; b < B; b++)
        t.lengths[b] = draws_below(&random, T + 1);
    for (int64_t i = 0; i < T * B; i++)
        t.resets[i] = draws_below(&random, 5) == 0;
    void *const memory[] = {t.input, t.h0,      t.fresh, t.d_output,
                            t.d_h_n, t.lengths, t.resets};
    memcpy(t.memory, memory, sizeof memory);
    return t;
}

void training_free(training *t)
{
    srnn_rnn_destroy(t->rnn);
    for (size_t i = 0; i < sizeof t->memory / sizeof *t->memory; i++)
        free(t->memory[i]);
}

training training_steps(const training *t, int64_t first, int64_t end)
{
    training part = *t;
    part.T = 1;
    part.input += first * elements(&part, SRNN_ROLE_INPUT) * t->size;
    part.d_output += first * elements(&part, SRNN_ROLE_OUTPUT) * t->size;
    if (part.resets != NULL)
        part.resets += first * t->B;
    part.T = end - first;
    return part;
}

trained trained_make(const training *t)
{
    const int64_t states = elements(t, SRNN_ROLE_HIDDEN) * t->size;
    const int64_t inputs = elements(t, SRNN_ROLE_INPUT) * t->size;
    trained r = {
        .dtype = t->size == 4 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64,
        .bytes = {elements(t, SRNN_ROLE_OUTPUT) * t->size, states, inputs,
                  states, states, srnn_rnn_flat_size(t->rnn) * t->size}};
    for (int i = 0; i < TRAINED_KINDS; i++) {
        r.of[i] = malloc((size_t)r.bytes[i] + 1);
        assert_non_null(r.of[i]);
        memset(r.of[i], 0xa5, (size_t)r.bytes[i]);
    }
    return r;
}

void trained_free(trained *r)
{
    for (int i = 0; i < TRAINED_KINDS; i++)
        free(r->of[i]);
}

void training_addresses(const training *t, unsigned char *gradients,
                        void **addresses)
{
    assert_in_range(srnn_rnn_parameter_count(t->rnn), 1, PARAMETERS_MOST);
    for (int64_t i = 0; i < srnn_rnn_parameter_count(t->rnn); i++) {
        int64_t size = t->size;
        addresses[i] = gradients;
        for (int32_t axis = 0; axis < srnn_rnn_parameter_rank(t->rnn, i);
             axis++)
            size *= srnn_rnn_parameter_shape(t->rnn, i)[axis];
        gradients += size;
    }
}

srnn_status training_record(const training *t, srnn_context *context,
                            srnn_tape *tape, trained *r)
{
    return srnn_context_record_contiguous(
        context, tape, t->T, t->B, t->input, t->lengths, t->resets, t->h0,
        t->fresh, r->of[TRAINED_OUTPUT], r->of[TRAINED_H_N]);
}

srnn_status training_go_back(const training *t, srnn_context *context,
                             const srnn_tape *tape, trained *r,
                             srnn_accumulation accumulation)
{
    void *addresses[PARAMETERS_MOST];
    training_addresses(t, r->of[TRAINED_GRADIENTS], addresses);
    return srnn_context_backward_contiguous(
        context, tape, t->input, t->d_output, t->d_h_n, accumulation, addresses,
        r->of[TRAINED_D_INPUT], r->of[TRAINED_D_H0], r->of[TRAINED_D_FRESH]);
}

trained training_run_with(const training *t, srnn_context *context,
                          srnn_tape *tape)
{
    trained r = trained_make(t);
    expect_success("record", training_record(t, context, tape, &r));
    expect_success("backward", training_go_back(t, context, tape, &r,
                                                SRNN_ACCUMULATION_SET));
    return r;
}

trained training_run(const training *t)
{
    srnn_context *const context =
        small_rnn_context(t->rnn, 1, SRNN_SCHEDULE_SERIAL);
    srnn_tape *tape = NULL;
    expect_success("tape", srnn_tape_create(&tape, t->rnn));
    const trained r = training_run_with(t, context, tape);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    return r;
}

void trained_check_kind(const char *label, const trained *got,
                        const trained *wanted, trained_kind kind)
{
    static const char *const names[] = {"output", "h_n",     "d_input",
                                        "d_h0",   "d_fresh", "gradients"};
    assert_int_equal(got->bytes[kind], wanted->bytes[kind]);
    if (memcmp(got->of[kind], wanted->of[kind], (size_t)got->bytes[kind]) != 0)
        fail_msg("%s: %s differs", label, names[kind]);
}

void trained_check(const char *label, const trained *got, const trained *wanted)
{
    for (trained_kind kind = 0; kind < TRAINED_KINDS; kind++)
        trained_check_kind(label, got, wanted, kind);
}

double trained_distance(const trained *got, const trained *wanted,
                        trained_kind kind)
{
    double most = 0;
    double largest = 0;
    for (int64_t i = 0; i < got->bytes[kind] / element_bytes(got->dtype); i++) {
        const double a = element_get(got->of[kind], got->dtype, i);
        const double b = element_get(wanted->of[kind], got->dtype, i);
        most = fmax(most, fabs(a - b));
        largest = fmax(largest, fabs(b));
    }
    return largest > 0 ? most / largest : most;
}
