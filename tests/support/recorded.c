/* SPDX-License-Identifier: MIT */
#include "support/recorded.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/reference.h"

static int64_t count_cells(const srnn_rnn *rnn)
{
    const bool is_both = reference_option(rnn, SRNN_OPTION_DIRECTION) ==
                         SRNN_DIRECTION_BIDIRECTIONAL;
    return reference_option(rnn, SRNN_OPTION_NUM_LAYERS) * (is_both ? 2 : 1);
}

recorded_gradients recorded_gradients_make(const srnn_rnn *rnn, int64_t T,
                                           int64_t B)
{
    recorded_gradients g = {.count = srnn_rnn_parameter_count(rnn)};
    assert_in_range(g.count, 1, PARAMETERS_MOST);
    g.inputs = T * B * reference_option(rnn, SRNN_OPTION_INPUT_SIZE);
    g.states =
        count_cells(rnn) * B * reference_option(rnn, SRNN_OPTION_HIDDEN_SIZE);
    for (int64_t i = 0; i < g.count; i++) {
        g.sizes[i] = 1;
        for (int32_t axis = 0; axis < srnn_rnn_parameter_rank(rnn, i); axis++)
            g.sizes[i] *= srnn_rnn_parameter_shape(rnn, i)[axis];
        g.parameters[i] = reference_zeros(g.sizes[i]);
    }
    g.out.d_input = reference_zeros(g.inputs);
    g.out.d_h0 = reference_zeros(g.states);
    g.out.d_fresh = reference_zeros(g.states);
    return g;
}

void recorded_gradients_free(recorded_gradients *g)
{
    for (int64_t i = 0; i < g->count; i++)
        free(g->parameters[i]);
    free(g->out.d_input);
    free(g->out.d_h0);
    free(g->out.d_fresh);
}

recorded recorded_make(const small_rnn *of, int64_t T, int64_t B)
{
    recorded c = {.of = *of, .rnn = small_rnn_create(of)};
    const int64_t cells = count_cells(c.rnn);
    c.inputs = T * B * of->I;
    c.states = cells * B * of->H;
    c.outputs = T * B * of->H *
                (cells / reference_option(c.rnn, SRNN_OPTION_NUM_LAYERS));
    c.input = reference_zeros(c.inputs);
    c.h0 = reference_zeros(c.states);
    c.fresh = reference_zeros(c.states);
    c.d_output = reference_zeros(c.outputs);
    c.d_h_n = reference_zeros(c.states);
    c.lengths = calloc((size_t)B + 1, sizeof *c.lengths);
    c.resets = calloc((size_t)(T * B) + 1, sizeof *c.resets);
    assert_true(c.lengths != NULL && c.resets != NULL);
    for (int64_t b = 0; b < B; b++)
        c.lengths[b] = T;
    c.r = (reference_recording){.T = T,
                                .B = B,
                                .input = c.input,
                                .lengths = c.lengths,
                                .resets = c.resets,
                                .h0 = c.h0,
                                .fresh = c.fresh,
                                .d_output = c.d_output,
                                .d_h_n = c.d_h_n};
    return c;
}

void recorded_free(recorded *c)
{
    srnn_rnn_destroy(c->rnn);
    free(c->input);
    free(c->h0);
    free(c->fresh);
    free(c->d_output);
    free(c->d_h_n);
    free(c->lengths);
    free(c->resets);
}

static void draw(draws *random, double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = draws_value(random);
}

/* Of an array [T,B,width]. */
static void spoil_padding(const recorded *c, double *values, int64_t width)
{
    for (int64_t b = 0; b < c->r.B; b++)
        for (int64_t t = reference_length(&c->r, b); t < c->r.T; t++)
            for (int64_t i = 0; i < width; i++)
                values[(t * c->r.B + b) * width + i] = (double)NAN;
}

static void drop_some(draws *random, reference_recording *r)
{
    r->lengths = draws_below(random, 4) > 0 ? r->lengths : NULL;
    r->resets = draws_below(random, 4) > 0 ? r->resets : NULL;
    r->h0 = draws_below(random, 4) > 0 ? r->h0 : NULL;
    r->fresh = draws_below(random, 4) > 0 ? r->fresh : NULL;
    r->d_output = draws_below(random, 4) > 0 ? r->d_output : NULL;
    r->d_h_n = draws_below(random, 4) > 0 ? r->d_h_n : NULL;
}

recorded recorded_draw(draws *random, const small_rnn *of, int64_t T, int64_t B)
{
    recorded c = recorded_make(of, T, B);
    draw(random, c.input, c.inputs);
    draw(random, c.h0, c.states);
    draw(random, c.fresh, c.states);
    draw(random, c.d_output, c.outputs);
    draw(random, c.d_h_n, c.states);
    for (int64_t b = 0; b < B; b++)
        c.lengths[b] = draws_below(random, T + 1);
    for (int64_t i = 0; i < T * B; i++)
        c.resets[i] = (uint8_t)(draws_below(random, 4) == 0 ? 2 : 0);
    drop_some(random, &c.r);
    if (draws_below(random, 2) == 0)
        c.r.dropout.p = (double)draws_below(random, 9) / 8;
    c.r.dropout.seed = (uint64_t)draws_below(random, 1 << 30) << 7;
    c.r.dropout.first_row = draws_below(random, 1000);
    if (T * B > 0) {
        spoil_padding(&c, c.input, of->I);
        spoil_padding(&c, c.d_output, c.outputs / T / B);
    }
    return c;
}
