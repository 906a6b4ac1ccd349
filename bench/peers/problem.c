/* SPDX-License-Identifier: MIT */
/* Draws the values, and makes room for results. */
#include "problem.h"

#include <math.h>
#include <stdlib.h>

static float *zeros(int64_t count)
{
    return calloc((size_t)count, sizeof(float));
}

static void draw(float *values, int64_t count, double bound,
                 unsigned short *state)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(bound * (2 * erand48(state) - 1));
}

static void destroy_cells(peer_cell *cells, int64_t count)
{
    for (int64_t i = 0; cells != NULL && i < count; i++) {
        free(cells[i].w_ih);
        free(cells[i].w_hh);
        free(cells[i].b_ih);
        free(cells[i].b_hh);
    }
    free(cells);
}

static bool create_cell(peer_cell *out, int64_t inputs, int64_t H)
{
    *out = (peer_cell){.inputs = inputs,
                       .w_ih = zeros(H * inputs),
                       .w_hh = zeros(H * H),
                       .b_ih = zeros(H),
                       .b_hh = zeros(H)};
    return out->w_ih != NULL && out->w_hh != NULL && out->b_ih != NULL &&
           out->b_hh != NULL;
}

/* Of zeros. */
static peer_cell *create_cells(const bench_shape *s)
{
    const int64_t count = s->L * s->D;
    peer_cell *const cells = calloc((size_t)count, sizeof *cells);
    bool done = cells != NULL;
    for (int64_t i = 0; done && i < count; i++)
        done = create_cell(&cells[i], bench_shape_inputs(s, i / s->D), s->H);
    if (done)
        return cells;
    destroy_cells(cells, count);
    return NULL;
}

/* Elements of input, output and hidden states. */
static int64_t inputs_of(const bench_shape *s)
{
    return s->T * s->B * s->I;
}

static int64_t outputs_of(const bench_shape *s)
{
    return s->T * s->B * s->D * s->H;
}

static int64_t states_of(const bench_shape *s)
{
    return s->L * s->D * s->B * s->H;
}

static void draw_parameters(const peer_problem *p, unsigned short *state)
{
    const int64_t H = p->shape.H;
    const double bound = 1 / sqrt((double)H);
    for (int64_t i = 0; i < p->cell_count; i++) {
        const peer_cell *const c = &p->cells[i];
        draw(c->w_ih, H * c->inputs, bound, state);
        draw(c->w_hh, H * H, bound, state);
        draw(c->b_ih, H, bound, state);
        draw(c->b_hh, H, bound, state);
    }
}

/* Draws the loss for the sequences from `first` on. */
static void draw_loss(const peer_problem *p, int64_t first)
{
    unsigned short state[3] = {4, 5, 6};
    const bench_shape *const s = &p->shape;
    const bool is_last = p->loss == PEER_LOSS_LAST;
    float *const values = is_last ? p->d_h_n : p->d_output;
    const int64_t width = is_last ? s->H : s->D * s->H;
    const int64_t blocks = is_last ? p->cell_count : s->T;
    if (p->loss == PEER_LOSS_NONE)
        return;
    for (int64_t i = 0; i < blocks; i++)
        draw(values + (i * s->B + first) * width, (s->B - first) * width, 1,
             state);
}

peer_problem *peer_problem_create(const bench_shape *s, peer_loss loss)
{
    unsigned short state[3] = {1, 2, 3};
    peer_problem *const p = malloc(sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (peer_problem){.shape = *s,
                        .loss = loss,
                        .cell_count = s->L * s->D,
                        .cells = create_cells(s),
                        .input = zeros(inputs_of(s)),
                        .h0 = zeros(states_of(s)),
                        .d_output = zeros(outputs_of(s)),
                        .d_h_n = zeros(states_of(s))};
    if (p->cells == NULL || p->input == NULL || p->h0 == NULL ||
        p->d_output == NULL || p->d_h_n == NULL) {
        peer_problem_destroy(p);
        return NULL;
    }
    draw_parameters(p, state);
    draw(p->input, inputs_of(s), 1, state);
    if (loss != PEER_LOSS_NONE)
        draw(p->h0, states_of(s), 1, state);
    draw_loss(p, s->B - 1);
    return p;
}

void peer_problem_fill_loss(peer_problem *p)
{
    draw_loss(p, 0);
}

void peer_problem_destroy(peer_problem *p)
{
    if (p == NULL)
        return;
    destroy_cells(p->cells, p->cell_count);
    free(p->input);
    free(p->h0);
    free(p->d_output);
    free(p->d_h_n);
    free(p);
}

bool peer_results_create(peer_results *out, const peer_problem *p)
{
    *out = (peer_results){.output = zeros(outputs_of(&p->shape)),
                          .d_input = zeros(inputs_of(&p->shape)),
                          .d_h0 = zeros(states_of(&p->shape)),
                          .gradients = create_cells(&p->shape)};
    if (out->output != NULL && out->d_input != NULL && out->d_h0 != NULL &&
        out->gradients != NULL)
        return true;
    peer_results_destroy(out, p);
    return false;
}

void peer_results_destroy(peer_results *r, const peer_problem *p)
{
    destroy_cells(r->gradients, p->cell_count);
    free(r->output);
    free(r->d_input);
    free(r->d_h0);
    *r = (peer_results){NULL, NULL, NULL, NULL};
}
