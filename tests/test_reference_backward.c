/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, no-qemu */
/* The oracle of gradients (support/reference_backward.h) against differences of
 * the loss sum(output * d_output) + sum(h_n * d_h_n) in float64, for every kind
 * of gradient that it computes. */
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
#include "support/recorded.h"
#include "support/tools.h"

/* PLACES: how many elements of each array are checked. */
enum { CASES = TOOL_CASES(1000), PLACES = 6 };

/* Of |error| / max(1, the largest gradient of the array). */
static const double bound = 1e-8;
static const double step = 1.0 / 4096;

static double largest_error;
static int64_t checked, skipped;

/* The loss, and which elements of all states are above 0. */
typedef struct {
    double loss;
    unsigned char *is_positive;
    int64_t count;
} observation;

static double weigh(const double *values, const double *weights, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; weights != NULL && i < count; i++)
        if (!isnan(weights[i])) /* it is padding */
            sum += values[i] * weights[i];
    return sum;
}

static observation observe(const recorded *c)
{
    double *const output = reference_zeros(c->outputs);
    double *const h_n = reference_zeros(c->states);
    reference_forward_sequences(c->rnn, &c->r, output, h_n);
    observation o = {weigh(output, c->r.d_output, c->outputs) +
                         weigh(h_n, c->r.d_h_n, c->states),
                     malloc((size_t)(c->of.L * c->outputs + 1)), 0};
    assert_non_null(o.is_positive);
    reference_states states = reference_states_record(c->rnn, &c->r);
    for (int64_t l = 0; l < c->of.L; l++)
        for (int64_t i = 0; i < c->outputs; i++)
            o.is_positive[o.count++] = states.states[l][i] > 0;
    reference_states_free(&states);
    free(output);
    free(h_n);
    return o;
}

/* One array that the loss depends on. Of a parameter, tensor is the value that
 * the rnn gets. */
typedef struct {
    double *values;
    int64_t count;
    int64_t parameter;
    srnn_tensor *tensor;
} variable;

static double loss_at(const recorded *c, const variable *v, int64_t place,
                      double value, const observation *base, bool *has_kink)
{
    const double kept = v->values[place];
    v->values[place] = value;
    if (v->tensor != NULL)
        parameter_set(c->rnn, v->parameter, v->tensor);
    const observation o = observe(c);
    v->values[place] = kept;
    if (v->tensor != NULL)
        parameter_set(c->rnn, v->parameter, v->tensor);
    *has_kink = *has_kink || (c->of.nonlinearity == SRNN_NONLINEARITY_RELU &&
                              memcmp(o.is_positive, base->is_positive,
                                     (size_t)o.count) != 0);
    free(o.is_positive);
    return o.loss;
}

/* The central difference of order 4, in which only h^4 remains; NaN at a kink
 * of relu. */
static double difference(const recorded *c, const variable *v, int64_t place,
                         const observation *base)
{
    bool has_kink = false;
    const double x = v->values[place];
    double losses[4];
    for (int i = 0; i < 4; i++) {
        const double by = step * (i < 2 ? i - 2 : i - 1);
        losses[i] = loss_at(c, v, place, x + by, base, &has_kink);
    }
    return has_kink ? (double)NAN
                    : (8 * (losses[2] - losses[1]) - losses[3] + losses[0]) /
                          (12 * step);
}

static double largest_of(const double *values, int64_t count)
{
    double largest = 1;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

static void check_variable(int number, const char *name, const recorded *c,
                           draws *random, const variable *v,
                           const double *gradient, const observation *base)
{
    const double scale = largest_of(gradient, v->count);
    for (int i = 0; i < PLACES && v->count > 0; i++) {
        const int64_t place = draws_below(random, v->count);
        if (isnan(v->values[place])) { /* it is padding */
            assert_true(gradient[place] == 0);
            continue;
        }
        const double wanted = difference(c, v, place, base);
        checked++;
        skipped += isnan(wanted);
        if (isnan(wanted))
            continue;
        const double error = fabs(gradient[place] - wanted) / scale;
        if (!(error <= bound))
            fail_msg("case %d: %s[%d] is %.17g, expected %.17g", number, name,
                     (int)place, gradient[place], wanted);
        largest_error = fmax(largest_error, error);
    }
}

/* An array that may be missing. */
static void check_array(int number, const char *name, const recorded *c,
                        draws *random, double *values, int64_t count,
                        const double *gradient, const observation *base)
{
    const variable v = {values, values != NULL ? count : 0, 0, NULL};
    check_variable(number, name, c, random, &v, gradient, base);
}

static void check_parameters(int number, const recorded *c, draws *random,
                             const recorded_gradients *g,
                             const observation *base)
{
    for (int64_t i = 0; i < g->count; i++) {
        srnn_tensor *const tensor = parameter_copy(c->rnn, i);
        const variable v = {srnn_tensor_data(tensor), g->sizes[i], i, tensor};
        check_variable(number, srnn_rnn_parameter_name(c->rnn, i), c, random,
                       &v, g->parameters[i], base);
        srnn_tensor_destroy(tensor);
    }
}

/* With ADD, what was there before is taken away again. */
static void differentiate(const recorded *c, draws *random,
                          recorded_gradients *g, bool adds)
{
    double *before[PARAMETERS_MOST];
    for (int64_t i = 0; i < g->count; i++) {
        before[i] = reference_zeros(g->sizes[i]);
        for (int64_t k = 0; k < g->sizes[i]; k++)
            before[i][k] = g->parameters[i][k] = draws_value(random);
    }
    g->out.parameters = g->parameters;
    reference_backward(c->rnn, &c->r, &g->out, adds);
    for (int64_t i = 0; i < g->count; i++) {
        for (int64_t k = 0; adds && k < g->sizes[i]; k++)
            g->parameters[i][k] -= before[i][k];
        free(before[i]);
    }
}

static recorded make_case(draws *random, int number)
{
    small_rnn of = {.dtype = SRNN_DTYPE_FLOAT64, .seed = (uint64_t)number};
    of.I = 1 + draws_below(random, 4);
    of.H = 1 + draws_below(random, 5);
    of.L = 1 + draws_below(random, 3);
    of.direction = SRNN_DIRECTION_FORWARD + (int32_t)draws_below(random, 3);
    of.nonlinearity = draws_nonlinearity(random);
    of.no_bias = draws_below(random, 4) == 0;
    const int64_t T = draws_below(random, 8);
    const int64_t B = draws_below(random, 5);
    return recorded_draw(random, &of, T, B);
}

static void check_case(int number)
{
    draws random = draws_of(number, 91);
    recorded c = make_case(&random, number);
    recorded_gradients g = recorded_gradients_make(c.rnn, c.r.T, c.r.B);
    const bool adds = draws_below(&random, 2) == 0;
    observation base = observe(&c);
    differentiate(&c, &random, &g, adds);
    check_array(number, "d_input", &c, &random, c.input, c.inputs,
                g.out.d_input, &base);
    check_array(number, "d_h0", &c, &random, c.r.h0 != NULL ? c.h0 : NULL,
                c.states, g.out.d_h0, &base);
    check_array(number, "d_fresh", &c, &random,
                c.r.fresh != NULL ? c.fresh : NULL, c.states, g.out.d_fresh,
                &base);
    check_parameters(number, &c, &random, &g, &base);
    free(base.is_positive);
    recorded_gradients_free(&g);
    recorded_free(&c);
}

static void test_reference_backward__equals_differences(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++)
        check_case(number);
    assert_true(skipped < checked / 20);
    print_message("largest error %g, allowed %g; %d of %d are at a kink\n",
                  largest_error, bound, (int)skipped, (int)checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_backward__equals_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
