/* SPDX-License-Identifier: MIT */
/* Labels: compiler */
/* Gradients of torch 2.13 in float64 (golden/make_gradients.py) against the
 * oracle of gradients: lengths, resets, states, dropout and every option
 * crossed. The first case has everything at once. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/pattern.h"
#include "support/recorded.h"

enum { CASES = 61 };

/* Of |error| / the largest entry. */
static const double bound = 1e-12;

static srnn_weights *golden;
static double largest_error;

/* One case's options, as the metadata has them. */
typedef struct {
    char name[16];
    long long L, D, reverse, bias, I, H, T, B, states, p_eighths, dead;
    const char *lengths; /* "7,0,5,1", or "" */
    srnn_nonlinearity nonlinearity;
} golden_case;

/* That of torch's word. */
static srnn_nonlinearity find_nonlinearity(const char *word)
{
    char name[64];
    int64_t value = 0;
    (void)snprintf(name, sizeof name, "SRNN_NONLINEARITY_%s", word);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    EXPECT_SUCCESS(srnn_constant_value(&value, name));
    return (srnn_nonlinearity)value;
}

static golden_case read_case(int number)
{
    golden_case c;
    char word[16];
    (void)snprintf(c.name, sizeof c.name, "case%02d", number);
    const char *const text = srnn_weights_metadata(golden, c.name);
    assert_non_null(text);
    assert_int_equal(
        sscanf(text,
               "L=%lld D=%lld reverse=%lld act=%15s bias=%lld I=%lld H=%lld "
               "T=%lld B=%lld states=%lld p_eighths=%lld dead=%lld",
               &c.L, &c.D, &c.reverse, word, &c.bias, &c.I, &c.H, &c.T, &c.B,
               &c.states, &c.p_eighths, &c.dead),
        12);
    c.lengths = strstr(text, "lengths=") + strlen("lengths=");
    c.nonlinearity = find_nonlinearity(word);
    return c;
}

static double number_of(const golden_case *c, const char *what, int64_t index)
{
    char full[64];
    (void)snprintf(full, sizeof full, "%s.%s", c->name, what);
    return pattern_value(pattern_seed(full), index);
}

static void fill(const golden_case *c, const char *what, double *values,
                 int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = number_of(c, what, i);
}

static void fill_lengths(const golden_case *c, int64_t *lengths)
{
    const char *at = c->lengths;
    for (int64_t b = 0; b < c->B; b++) {
        const double unit = (number_of(c, "lengths", b) + 1) / 2;
        lengths[b] = (int64_t)(unit * (double)(c->T + 1));
        if (*c->lengths == '\0')
            continue;
        lengths[b] = *at - '0';
        at += at[1] == ',' ? 2 : 1;
    }
    assert_true(*at == '\0' || at == c->lengths);
}

/* Unit 0 of a case with a dead unit never leaves the zero of relu. */
static void fill_parameters(const golden_case *c, srnn_rnn *rnn)
{
    const double scale = exp2(-rint(log2((double)c->H) / 2));
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        srnn_tensor *const tensor = parameter_copy(rnn, i);
        const char *const name = srnn_rnn_parameter_name(rnn, i);
        double *const values = srnn_tensor_data(tensor);
        for (int64_t k = 0; k < srnn_tensor_size(tensor); k++)
            values[k] = number_of(c, name, k) * scale;
        if (c->dead && strncmp(name, "bias_ih", 7) == 0)
            values[0] = -64;
        parameter_set(rnn, i, tensor);
        srnn_tensor_destroy(tensor);
    }
}

static recorded make_recorded(const golden_case *c)
{
    const small_rnn of = {.I = c->I,
                          .H = c->H,
                          .L = c->L,
                          .direction = c->reverse ? SRNN_DIRECTION_REVERSE
                                       : c->D == 2
                                           ? SRNN_DIRECTION_BIDIRECTIONAL
                                           : SRNN_DIRECTION_FORWARD,
                          .dtype = SRNN_DTYPE_FLOAT64,
                          .nonlinearity = c->nonlinearity,
                          .no_bias = c->bias == 0};
    recorded made = recorded_make(&of, c->T, c->B);
    fill_parameters(c, made.rnn);
    fill(c, "input", made.input, made.inputs);
    fill(c, "h0", made.h0, made.states);
    fill(c, "fresh", made.fresh, made.states);
    fill(c, "d_output", made.d_output, made.outputs);
    fill(c, "d_h_n", made.d_h_n, made.states);
    fill_lengths(c, made.lengths);
    for (int64_t i = 0; i < c->T * c->B; i++)
        made.resets[i] = number_of(c, "resets", i) < -0.5;
    if (!c->states)
        made.r.h0 = made.r.fresh = NULL;
    made.r.dropout = (reference_dropout){(double)c->p_eighths / 8,
                                         (UINT64_C(1) << 40) + 12345, 1000, 0};
    return made;
}

static void compare(const golden_case *c, const char *name, const double *got,
                    int64_t count)
{
    char full[64];
    double largest = 0;
    srnn_tensor *wanted = NULL;
    (void)snprintf(full, sizeof full, "%s.d_%s", c->name, name);
    EXPECT_SUCCESS(srnn_weights_read_tensor(&wanted, golden, full));
    assert_int_equal(srnn_tensor_size(wanted), count);
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(element_of(wanted, i)));
    for (int64_t i = 0; i < count; i++) {
        const double error = fabs(got[i] - element_of(wanted, i));
        if (!(error <= bound * largest))
            fail_msg("%s[%d] is %.17g, expected %.17g", full, (int)i, got[i],
                     element_of(wanted, i));
        largest_error = fmax(largest_error, largest > 0 ? error / largest : 0);
    }
    srnn_tensor_destroy(wanted);
}

/* The second time, gradients are added to those of the first. */
static void check_case(const golden_case *c)
{
    recorded made = make_recorded(c);
    recorded_gradients g = recorded_gradients_make(made.rnn, c->T, c->B);
    g.out.parameters = g.parameters;
    for (int times = 1; times <= 2; times++) {
        reference_backward(made.rnn, &made.r, &g.out, times == 2);
        for (int64_t i = 0; i < g.count; i++)
            for (int64_t k = 0; k < g.sizes[i]; k++)
                g.parameters[i][k] /= times;
        compare(c, "input", g.out.d_input, g.inputs);
        compare(c, "h0", g.out.d_h0, g.states);
        compare(c, "fresh", g.out.d_fresh, g.states);
        for (int64_t i = 0; i < g.count; i++)
            compare(c, srnn_rnn_parameter_name(made.rnn, i), g.parameters[i],
                    g.sizes[i]);
    }
    recorded_gradients_free(&g);
    recorded_free(&made);
}

static void test_golden_gradients__oracle_equals_torch(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        const golden_case c = read_case(number);
        check_case(&c);
    }
    print_message("largest error %g, allowed %g\n", largest_error, bound);
}

static int setup(void **state)
{
    (void)state;
    return srnn_weights_open(&golden, GRADIENTS_FILE);
}

static int teardown(void **state)
{
    (void)state;
    srnn_weights_destroy(golden);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_gradients__oracle_equals_torch),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
