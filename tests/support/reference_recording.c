/* SPDX-License-Identifier: MIT */
/* Naive on purpose, as reference.c. */
#include "support/reference_recording.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "support/reference.h"
#include "support/reference_cell.h"

double *reference_zeros(int64_t count)
{
    double *const values = calloc((size_t)count + 1, sizeof *values);
    assert(values != NULL);
    return values;
}

int64_t reference_width(const srnn_rnn *rnn, const reference_states *s,
                        int64_t l)
{
    return l == 0 ? reference_option(rnn, SRNN_OPTION_INPUT_SIZE) : s->D * s->H;
}

bool reference_reverses(const reference_states *s, int64_t d)
{
    return s->is_reverse || d == 1;
}

int64_t reference_length(const reference_recording *r, int64_t b)
{
    return r->lengths != NULL ? r->lengths[b] : r->T;
}

static bool is_reset(const reference_recording *r, int64_t t, int64_t b)
{
    return r->resets != NULL && r->resets[t * r->B + b] != 0;
}

/* In the reverse direction a flag acts after its own step, and the flag of step
 * 0 never acts. */
reference_origin reference_origin_of(const reference_recording *r, bool reverse,
                                     int64_t t, int64_t b, int64_t *before)
{
    *before = reverse ? t + 1 : t - 1;
    if (reverse && t == reference_length(r, b) - 1)
        return FROM_H0;
    if (is_reset(r, reverse ? t + 1 : t, b))
        return FROM_FRESH;
    return !reverse && t == 0 ? FROM_H0 : FROM_STEP;
}

void reference_state_before(double *state, const reference_states *s,
                            const reference_recording *r, int64_t l, int64_t d,
                            int64_t t, int64_t b)
{
    int64_t before = 0;
    const int64_t row = ((l * s->D + d) * r->B + b) * s->H;
    const reference_origin origin =
        reference_origin_of(r, reference_reverses(s, d), t, b, &before);
    const double *const given = origin == FROM_H0 ? r->h0 : r->fresh;
    if (origin == FROM_STEP)
        memcpy(state, s->states[l] + ((before * r->B + b) * s->D + d) * s->H,
               (size_t)s->H * sizeof *state);
    else if (given != NULL)
        memcpy(state, given + row, (size_t)s->H * sizeof *state);
    else
        memset(state, 0, (size_t)s->H * sizeof *state);
}

/* One direction of one layer. */
static void run_cell(const srnn_rnn *rnn, const reference_states *s,
                     const reference_recording *r, int64_t l, int64_t d)
{
    const bool reverse = reference_reverses(s, d);
    const int64_t width = reference_width(rnn, s, l);
    reference_cell c = reference_cell_read(rnn, l, reverse ? 1 : 0, width);
    double *const state = reference_zeros(s->H);
    for (int64_t b = 0; b < r->B; b++) {
        const int64_t length = reference_length(r, b);
        for (int64_t i = 0; i < length; i++) {
            const int64_t t = reverse ? length - 1 - i : i;
            reference_state_before(state, s, r, l, d, t, b);
            reference_cell_step(
                &c, s->inputs[l] + (t * r->B + b) * width, state,
                s->states[l] + ((t * r->B + b) * s->D + d) * s->H);
        }
    }
    free(state);
    reference_cell_free(&c);
}

/* The padding is zeros. */
static void drop_layer(const reference_states *s, const reference_recording *r,
                       int64_t l)
{
    const int64_t width = s->D * s->H;
    for (int64_t i = 0; i < r->T * r->B * width; i++)
        s->inputs[l + 1][i] =
            reference_drop(&r->dropout, s->dtype, s->states[l][i], l,
                           i / width / r->B, i / width % r->B, i % width);
}

reference_states reference_states_record(const srnn_rnn *rnn,
                                         const reference_recording *r)
{
    const int64_t direction = reference_option(rnn, SRNN_OPTION_DIRECTION);
    reference_states s = {
        .dtype = (srnn_dtype)reference_option(rnn, SRNN_OPTION_DTYPE),
        .L = reference_option(rnn, SRNN_OPTION_NUM_LAYERS),
        .D = direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1,
        .H = reference_option(rnn, SRNN_OPTION_HIDDEN_SIZE),
        .is_reverse = direction == SRNN_DIRECTION_REVERSE};
    s.inputs = malloc((size_t)s.L * sizeof *s.inputs);
    s.states = malloc((size_t)s.L * sizeof *s.states);
    assert(s.inputs != NULL && s.states != NULL);
    for (int64_t l = 0; l < s.L; l++) {
        const int64_t inputs = r->T * r->B * reference_width(rnn, &s, l);
        s.inputs[l] = reference_zeros(inputs);
        s.states[l] = reference_zeros(r->T * r->B * s.D * s.H);
        if (l > 0)
            drop_layer(&s, r, l - 1);
        else if (inputs > 0)
            memcpy(s.inputs[0], r->input, (size_t)inputs * sizeof *r->input);
        for (int64_t d = 0; d < s.D; d++)
            run_cell(rnn, &s, r, l, d);
    }
    return s;
}

void reference_states_free(reference_states *s)
{
    for (int64_t l = 0; l < s->L; l++) {
        free(s->inputs[l]);
        free(s->states[l]);
    }
    free(s->inputs);
    free(s->states);
}

/* The final state of row b of a cell: of a sequence of length 0, its h0. */
static void copy_last(double *h_n, const reference_states *s,
                      const reference_recording *r, int64_t l, int64_t d,
                      int64_t b)
{
    const int64_t length = reference_length(r, b);
    const int64_t t = reference_reverses(s, d) ? 0 : length - 1;
    const int64_t row = ((l * s->D + d) * r->B + b) * s->H;
    for (int64_t j = 0; j < s->H; j++)
        h_n[row + j] =
            length > 0 ? s->states[l][((t * r->B + b) * s->D + d) * s->H + j]
            : r->h0 != NULL ? r->h0[row + j]
                            : 0;
}

void reference_forward_sequences(const srnn_rnn *rnn,
                                 const reference_recording *r, double *output,
                                 double *h_n)
{
    reference_states s = reference_states_record(rnn, r);
    const int64_t count = r->T * r->B * s.D * s.H;
    if (count > 0)
        memcpy(output, s.states[s.L - 1], (size_t)count * sizeof *output);
    for (int64_t l = 0; l < s.L; l++)
        for (int64_t d = 0; d < s.D; d++)
            for (int64_t b = 0; b < r->B; b++)
                copy_last(h_n, &s, r, l, d, b);
    reference_states_free(&s);
}
