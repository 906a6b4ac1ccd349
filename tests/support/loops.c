/* SPDX-License-Identifier: MIT */
/* Naive on purpose, and apart from reference.c, which knows no episode. */
#include "support/loops.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/reference.h"

/* One cell, its parameters widened. */
typedef struct {
    int64_t I, H;
    int64_t nonlinearity;
    double *weight_ih, *weight_hh, *bias_ih, *bias_hh;
} cell;

/* Zeros where the rnn has no such parameter. */
static double *read_parameter(const srnn_rnn *rnn, const char *kind,
                              int64_t layer, bool reverse, int64_t count)
{
    char name[64];
    double *const values = calloc((size_t)count, sizeof *values);
    assert(values != NULL);
    (void)snprintf(name, sizeof name, "%s_l%d%s", kind, (int)layer,
                   reverse ? "_reverse" : "");
    const int64_t index = srnn_rnn_find_parameter(rnn, name);
    const void *const data = srnn_rnn_parameter_data(rnn, index);
    const bool is_single =
        reference_option(rnn, SRNN_OPTION_DTYPE) == SRNN_DTYPE_FLOAT32;
    for (int64_t i = 0; data != NULL && i < count; i++)
        values[i] = is_single ? (double)((const float *)data)[i]
                              : ((const double *)data)[i];
    return values;
}

static cell read_cell(const srnn_rnn *rnn, int64_t layer, bool reverse,
                      int64_t I)
{
    const int64_t H = reference_option(rnn, SRNN_OPTION_HIDDEN_SIZE);
    return (cell){I,
                  H,
                  reference_option(rnn, SRNN_OPTION_NONLINEARITY),
                  read_parameter(rnn, "weight_ih", layer, reverse, H * I),
                  read_parameter(rnn, "weight_hh", layer, reverse, H * H),
                  read_parameter(rnn, "bias_ih", layer, reverse, H),
                  read_parameter(rnn, "bias_hh", layer, reverse, H)};
}

static void free_cell(cell *c)
{
    free(c->weight_ih);
    free(c->weight_hh);
    free(c->bias_ih);
    free(c->bias_hh);
}

/* h = step(x, h) */
static void step(const cell *c, const double *x, double *h)
{
    double *const next = malloc((size_t)c->H * sizeof *next);
    assert(next != NULL);
    for (int64_t j = 0; j < c->H; j++) {
        double sum = c->bias_ih[j] + c->bias_hh[j];
        for (int64_t k = 0; k < c->I; k++)
            sum += c->weight_ih[j * c->I + k] * x[k];
        for (int64_t k = 0; k < c->H; k++)
            sum += c->weight_hh[j * c->H + k] * h[k];
        next[j] = reference_activate(SRNN_DTYPE_FLOAT64, c->nonlinearity, sum);
    }
    memcpy(h, next, (size_t)c->H * sizeof *next);
    free(next);
}

/* One row of one cell: x is its first input, and each step adds x_step; so with
 * y. h holds h0, and then h_n. */
typedef struct {
    const double *x;
    int64_t x_step;
    double *y;
    int64_t y_step;
    const uint8_t *resets;
    int64_t resets_step;
    const double *fresh;
    double *h;
} row;

static void run_forward(const cell *c, const row *r, int64_t length)
{
    const size_t bytes = (size_t)c->H * sizeof *r->h;
    for (int64_t t = 0; t < length; t++) {
        if (r->resets[t * r->resets_step])
            memcpy(r->h, r->fresh, bytes);
        step(c, r->x + t * r->x_step, r->h);
        memcpy(r->y + t * r->y_step, r->h, bytes);
    }
}

/* h_n is the state after step 0, whatever its flag. */
static void run_reverse(const cell *c, const row *r, int64_t length)
{
    const size_t bytes = (size_t)c->H * sizeof *r->h;
    for (int64_t t = length - 1; t >= 0; t--) {
        step(c, r->x + t * r->x_step, r->h);
        memcpy(r->y + t * r->y_step, r->h, bytes);
        if (r->resets[t * r->resets_step] && t > 0)
            memcpy(r->h, r->fresh, bytes);
    }
}

void loops_run(const srnn_rnn *rnn, const loops *call)
{
    const int64_t H = reference_option(rnn, SRNN_OPTION_HIDDEN_SIZE);
    const int64_t L = reference_option(rnn, SRNN_OPTION_NUM_LAYERS);
    const int64_t direction = reference_option(rnn, SRNN_OPTION_DIRECTION);
    const int64_t D = direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    const int64_t B = call->B;
    const size_t bytes = (size_t)(call->T * B * D * H) * sizeof(double);
    int64_t inputs = reference_option(rnn, SRNN_OPTION_INPUT_SIZE);
    double *const below = malloc(bytes + 1);
    assert(below != NULL);
    for (int64_t l = 0; l < L; l++) {
        const double *const from = l == 0 ? call->input : below;
        memset(call->output, 0, bytes);
        for (int64_t d = 0; d < D; d++) {
            const bool reverse = d == 1 || direction == SRNN_DIRECTION_REVERSE;
            cell c = read_cell(rnn, l, reverse, inputs);
            for (int64_t b = 0; b < B; b++) {
                const int64_t state = ((l * D + d) * B + b) * H;
                const row r = {from + b * inputs,
                               B * inputs,
                               call->output + b * D * H + d * H,
                               B * D * H,
                               call->resets + b,
                               B,
                               call->fresh + state,
                               call->h_n + state};
                memcpy(r.h, call->h0 + state, (size_t)H * sizeof *r.h);
                if (reverse)
                    run_reverse(&c, &r, call->lengths[b]);
                else
                    run_forward(&c, &r, call->lengths[b]);
            }
            free_cell(&c);
        }
        memcpy(below, call->output, bytes);
        inputs = D * H;
    }
    free(below);
}
