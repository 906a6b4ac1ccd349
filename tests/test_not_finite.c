/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* NaN and infinity in any operand of a recording, of its backward, or in the
 * weights: results are NaN where those of the scalar oracle are, and all others
 * have its bits. */
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
#include "support/element.h"
#include "support/expect.h"
#include "support/fma.h"
#include "support/recorded.h"
#include "support/tools.h"

enum { CASES = TOOL_CASES(1200), THREADS = 3 };

/* A failure names the number of the case. */
typedef struct {
    int number;
    draws random;
    small_rnn of;
    int64_t T, B, D;
    srnn_dtype dtype;
    recorded c;
} subject;

static void put(subject *s, double *values, int64_t count)
{
    static const double wrong[] = {(double)NAN, (double)INFINITY,
                                   (double)-INFINITY};
    if (count > 0)
        values[draws_below(&s->random, count)] =
            wrong[draws_below(&s->random, 3)];
}

/* One value of one weight, or of a bias. */
static void put_into_weights(subject *s)
{
    const int64_t count = srnn_rnn_flat_size(s->c.rnn);
    srnn_tensor *flat = NULL;
    EXPECT_SUCCESS(srnn_tensor_create(&flat, s->dtype, 1, &count));
    EXPECT_SUCCESS(srnn_rnn_get_flat(s->c.rnn, flat));
    double value = 0;
    put(s, &value, 1);
    element_put(srnn_tensor_data(flat), s->dtype,
                draws_below(&s->random, count), value);
    EXPECT_SUCCESS(srnn_rnn_set_flat(s->c.rnn, flat));
    srnn_tensor_destroy(flat);
}

static subject make(int number)
{
    subject s = {.number = number, .random = draws_of(number, 71)};
    draws *const d = &s.random;
    s.T = 1 + draws_below(d, 8);
    s.B = 1 + draws_below(d, 5);
    s.of = (small_rnn){.I = draws_size(d),
                       .H = draws_size(d),
                       .L = 1 + draws_below(d, 3),
                       .direction = SRNN_DIRECTION_FORWARD +
                                    (srnn_direction)draws_below(d, 3),
                       .seed = (uint64_t)number};
    s.of.dtype = s.dtype = draws_dtype(d);
    s.of.nonlinearity = draws_nonlinearity(d);
    s.of.no_bias = draws_below(d, 4) == 0;
    s.of.dropout = draws_below(d, 2) == 0 ? 0.25 : 0;
    s.D = s.of.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    s.c = recorded_draw(d, &s.of, s.T, s.B);
    s.c.r.dropout.p = s.of.dropout;
    switch (number % 6) {
    case 0:
        put(&s, s.c.input, s.c.inputs);
        break;
    case 1:
        put(&s, s.c.h0, s.c.states);
        break;
    case 2:
        put(&s, s.c.fresh, s.c.states);
        break;
    case 3:
        put(&s, s.c.d_output, s.c.outputs);
        break;
    case 4:
        put(&s, s.c.d_h_n, s.c.states);
        break;
    default:
        put_into_weights(&s);
    }
    return s;
}

/* As the library takes them; NULL for NULL. */
static unsigned char *narrow(const subject *s, const double *values,
                             int64_t count)
{
    if (values == NULL)
        return NULL;
    unsigned char *const to =
        malloc((size_t)(count * element_bytes(s->dtype)) + 1);
    assert_non_null(to);
    for (int64_t i = 0; i < count; i++)
        element_put(to, s->dtype, i, values[i]);
    return to;
}

static unsigned char *result(const subject *s, int64_t count)
{
    const size_t bytes = (size_t)(count * element_bytes(s->dtype));
    unsigned char *const to = malloc(bytes + 1);
    assert_non_null(to);
    memset(to, 0x5a, bytes);
    return to;
}

static void check(const subject *s, const char *name, unsigned char *got,
                  const double *wanted, int64_t count)
{
    const int64_t size = element_bytes(s->dtype);
    unsigned char *const bytes = narrow(s, wanted, count);
    for (int64_t i = 0; i < count; i++) {
        const double value = element_get(got, s->dtype, i);
        const bool equals =
            memcmp(got + i * size, bytes + i * size, (size_t)size) == 0;
        if (isnan(wanted[i]) ? !isnan(value) : !equals)
            fail_msg("case %d: %s[%d] is %.17g, expected %.17g", s->number,
                     name, (int)i, value, wanted[i]);
    }
    free(bytes);
    free(got);
}

typedef struct {
    unsigned char *output, *h_n, *d_input, *d_h0, *d_fresh;
    void *gradients[PARAMETERS_MOST];
} results;

static void run(subject *s, results *out)
{
    const recorded *const c = &s->c;
    const reference_recording *const r = &c->r;
    unsigned char *const operands[] = {
        narrow(s, r->input, c->inputs), narrow(s, r->h0, c->states),
        narrow(s, r->fresh, c->states), narrow(s, r->d_output, c->outputs),
        narrow(s, r->d_h_n, c->states)};
    srnn_tape *tape = NULL;
    srnn_context *const context = draws_context(&s->random, c->rnn, THREADS);
    EXPECT_SUCCESS(srnn_tape_create(&tape, c->rnn));
    EXPECT_SUCCESS(srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT_SEED,
                                     (int64_t)r->dropout.seed));
    EXPECT_SUCCESS(
        srnn_tape_set_int(tape, SRNN_TAPE_FIRST_ROW, r->dropout.first_row));
    expect_success_of_case(
        s->number,
        srnn_context_record_contiguous(context, tape, s->T, s->B, operands[0],
                                       r->lengths, r->resets, operands[1],
                                       operands[2], out->output, out->h_n));
    expect_success_of_case(
        s->number, srnn_context_backward_contiguous(
                       context, tape, operands[0], operands[3], operands[4],
                       SRNN_ACCUMULATION_SET, out->gradients, out->d_input,
                       out->d_h0, out->d_fresh));
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    for (int i = 0; i < 5; i++)
        free(operands[i]);
}

static void check_case(int number)
{
    subject s = make(number);
    recorded_gradients wanted = recorded_gradients_make(s.c.rnn, s.T, s.B);
    double *const output = reference_zeros(s.c.outputs);
    double *const h_n = reference_zeros(s.c.states);
    wanted.out.parameters = wanted.parameters;
    reference_forward_sequences(s.c.rnn, &s.c.r, output, h_n);
    reference_backward(s.c.rnn, &s.c.r, &wanted.out, false);
    results out = {.output = result(&s, s.c.outputs),
                   .h_n = result(&s, s.c.states),
                   .d_input = result(&s, s.c.inputs),
                   .d_h0 = result(&s, s.c.states),
                   .d_fresh = result(&s, s.c.states)};
    for (int64_t i = 0; i < wanted.count; i++)
        out.gradients[i] = result(&s, wanted.sizes[i]);
    run(&s, &out);
    check(&s, "output", out.output, output, s.c.outputs);
    check(&s, "h_n", out.h_n, h_n, s.c.states);
    check(&s, "d_input", out.d_input, wanted.out.d_input, s.c.inputs);
    check(&s, "d_h0", out.d_h0, wanted.out.d_h0, s.c.states);
    check(&s, "d_fresh", out.d_fresh, wanted.out.d_fresh, s.c.states);
    for (int64_t i = 0; i < wanted.count; i++)
        check(&s, srnn_rnn_parameter_name(s.c.rnn, i), out.gradients[i],
              wanted.parameters[i], wanted.sizes[i]);
    recorded_gradients_free(&wanted);
    recorded_free(&s.c);
    free(output);
    free(h_n);
}

static void test_not_finite__is_where_the_oracle_has_it(void **state)
{
    (void)state;
    if (!machine_has_fma())
        skip(); /* the oracle rounds as FMA does */
    for (int number = 0; number < CASES; number++)
        check_case(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_finite__is_where_the_oracle_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
