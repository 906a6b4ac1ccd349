/* SPDX-License-Identifier: MIT */
/* The last sequence of a problem in double, by loops as the formulas say:
 *     h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh) */
#include "problem.h"

#include <math.h>
#include <stdlib.h>

/* A layer in one direction, for one sequence. */
typedef struct {
    const peer_problem *problem;
    int64_t layer;
    int64_t direction;
    const double *in;    /* [T,inputs] */
    double *out;         /* [T,D*H], both directions */
    const double *d_out; /* the same for gradients */
    double *d_in;        /* added to */
    double *d_state;     /* [H]: d_h_n becomes d_h0 */
    double *h0;          /* [H] */
    double *d_z;         /* [H]: of the argument of tanh */
    double *d_w_ih, *d_w_hh, *d_b;
} cell;

static const peer_cell *parameters(const cell *c)
{
    return &c->problem->cells[c->layer * c->problem->shape.D + c->direction];
}

/* The row of a step, counted as the direction runs. */
static int64_t time_of(const cell *c, int64_t step)
{
    return c->direction == 0 ? step : c->problem->shape.T - 1 - step;
}

static double *state_after(const cell *c, int64_t step)
{
    const bench_shape *const s = &c->problem->shape;
    return step < 0 ? c->h0
                    : c->out + (time_of(c, step) * s->D + c->direction) * s->H;
}

static double dot(const double *x, const float *w, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += x[i] * (double)w[i];
    return sum;
}

static void run_forward(const cell *c)
{
    const peer_cell *const p = parameters(c);
    const int64_t H = c->problem->shape.H;
    for (int64_t step = 0; step < c->problem->shape.T; step++) {
        const double *const x = c->in + time_of(c, step) * p->inputs;
        for (int64_t o = 0; o < H; o++)
            state_after(c, step)[o] =
                tanh((double)p->b_ih[o] + (double)p->b_hh[o] +
                     dot(x, p->w_ih + o * p->inputs, p->inputs) +
                     dot(state_after(c, step - 1), p->w_hh + o * H, H));
    }
}

/* What one d_z gives to its product: to the weights and to their operand. */
static void spread(double d_z, const double *x, const float *w, double *d_x,
                   double *d_w, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        d_x[i] += d_z * (double)w[i];
        d_w[i] += d_z * x[i];
    }
}

static void run_backward_step(const cell *c, int64_t step)
{
    const bench_shape *const s = &c->problem->shape;
    const peer_cell *const p = parameters(c);
    const int64_t H = s->H;
    const int64_t t = time_of(c, step);
    const double *const h = state_after(c, step);
    const double *const d_h = c->d_out + (t * s->D + c->direction) * H;
    for (int64_t o = 0; o < H; o++) {
        c->d_z[o] = (d_h[o] + c->d_state[o]) * (1 - h[o] * h[o]);
        c->d_state[o] = 0;
    }
    for (int64_t o = 0; o < H; o++) {
        spread(c->d_z[o], c->in + t * p->inputs, p->w_ih + o * p->inputs,
               c->d_in + t * p->inputs, c->d_w_ih + o * p->inputs, p->inputs);
        spread(c->d_z[o], state_after(c, step - 1), p->w_hh + o * H, c->d_state,
               c->d_w_hh + o * H, H);
        c->d_b[o] += c->d_z[o];
    }
}

/* Rows of got are `stride` apart, those of want are next to each other. A
 * gradient that has vanished may be anything as small. */
static double error_of(const float *got, int64_t stride, const double *want,
                       int64_t rows, int64_t width)
{
    static const double vanished = 1e-20;
    double largest = vanished;
    double error = 0;
    for (int64_t i = 0; i < rows * width; i++) {
        const double value = (double)got[i / width * stride + i % width];
        largest = fmax(largest, fabs(want[i]));
        if (!(fabs(value - want[i]) <= error)) /* or a NaN */
            error = fabs(value - want[i]);
    }
    return error / largest;
}

/* A NaN is worse than anything. */
static void worsen(double *error, double other)
{
    if (!(other <= *error))
        *error = other;
}

static double *room(int64_t count)
{
    return calloc((size_t)count, sizeof(double));
}

static double *widen(const float *values, int64_t rows, int64_t stride,
                     int64_t width)
{
    double *const wide = room(rows * width);
    for (int64_t i = 0; wide != NULL && i < rows * width; i++)
        wide[i] = (double)values[i / width * stride + i % width];
    return wide;
}

/* The states of one layer and direction, of the last sequence. */
static int64_t state_at(const cell *c)
{
    const bench_shape *const s = &c->problem->shape;
    return ((c->layer * s->D + c->direction + 1) * s->B - 1) * s->H;
}

static double check_gradients(const cell *c, const peer_results *r)
{
    const bench_shape *const s = &c->problem->shape;
    const int64_t H = s->H;
    const peer_cell *const got = &r->gradients[c->layer * s->D + c->direction];
    double error = error_of(got->w_ih, got->inputs, c->d_w_ih, H, got->inputs);
    worsen(&error, error_of(got->w_hh, H, c->d_w_hh, H, H));
    worsen(&error, error_of(got->b_ih, H, c->d_b, 1, H));
    worsen(&error, error_of(got->b_hh, H, c->d_b, 1, H));
    worsen(&error, error_of(r->d_h0 + state_at(c), H, c->d_state, 1, H));
    return error;
}

/* Forward, or backward and a check of its results. Infinity if there is no
 * memory. */
static double run_cell(cell c, const peer_results *r)
{
    const peer_problem *const p = c.problem;
    const int64_t H = p->shape.H;
    double error = INFINITY;
    c.h0 = widen(p->h0 + state_at(&c), 1, H, H);
    c.d_state = widen(p->d_h_n + state_at(&c), 1, H, H);
    c.d_z = room(H);
    c.d_w_ih = room(H * parameters(&c)->inputs);
    c.d_w_hh = room(H * H);
    c.d_b = room(H);
    if (c.h0 != NULL && c.d_state != NULL && c.d_z != NULL &&
        c.d_w_ih != NULL && c.d_w_hh != NULL && c.d_b != NULL) {
        error = 0;
        if (c.d_out == NULL)
            run_forward(&c);
        for (int64_t step = p->shape.T - 1; c.d_out != NULL && step >= 0;
             step--)
            run_backward_step(&c, step);
        if (c.d_out != NULL)
            error = check_gradients(&c, r);
    }
    free(c.h0);
    free(c.d_state);
    free(c.d_z);
    free(c.d_w_ih);
    free(c.d_w_hh);
    free(c.d_b);
    return error;
}

/* d_out is NULL in forward. */
static double run_layer(const peer_problem *p, int64_t layer, const double *in,
                        double *out, const double *d_out, double *d_in,
                        const peer_results *r)
{
    double error = 0;
    for (int64_t d = 0; d < p->shape.D; d++)
        worsen(&error, run_cell((cell){.problem = p,
                                       .layer = layer,
                                       .direction = d,
                                       .in = in,
                                       .out = out,
                                       .d_out = d_out,
                                       .d_in = d_in},
                                r));
    return error;
}

/* From the gradient of the output down to that of the input. */
static double run_layers_back(const peer_problem *p, double **values,
                              const peer_results *r)
{
    const bench_shape *const s = &p->shape;
    const int64_t width = s->D * s->H;
    double error = 0;
    double *d_out =
        widen(p->d_output + (s->B - 1) * width, s->T, s->B * width, width);
    for (int64_t layer = s->L - 1; layer >= 0; layer--) {
        double *const d_in = room(s->T * bench_shape_inputs(s, layer));
        worsen(&error, d_in == NULL || d_out == NULL
                           ? INFINITY
                           : run_layer(p, layer, values[layer],
                                       values[layer + 1], d_out, d_in, r));
        free(d_out);
        d_out = d_in;
    }
    if (d_out != NULL)
        worsen(&error, error_of(r->d_input + (s->B - 1) * s->I, s->B * s->I,
                                d_out, s->T, s->I));
    free(d_out);
    return error;
}

/* values[layer] is what a layer reads, the last one the output. */
static double run_all(const peer_problem *p, double **values,
                      const peer_results *r)
{
    const bench_shape *const s = &p->shape;
    const int64_t width = s->D * s->H;
    double error = 0;
    values[0] = widen(p->input + (s->B - 1) * s->I, s->T, s->B * s->I, s->I);
    for (int64_t layer = 0; layer < s->L; layer++) {
        values[layer + 1] = room(s->T * width);
        if (values[layer] == NULL || values[layer + 1] == NULL)
            return INFINITY;
        worsen(&error, run_layer(p, layer, values[layer], values[layer + 1],
                                 NULL, NULL, r));
    }
    worsen(&error, error_of(r->output + (s->B - 1) * width, s->B * width,
                            values[s->L], s->T, width));
    if (p->loss != PEER_LOSS_NONE)
        worsen(&error, run_layers_back(p, values, r));
    return error;
}

double peer_largest_error(const peer_problem *p, const peer_results *r)
{
    const int64_t count = p->shape.L + 1;
    double **const values = calloc((size_t)count, sizeof *values);
    if (values == NULL)
        return INFINITY;
    const double error = run_all(p, values, r);
    for (int64_t i = 0; i < count; i++)
        free(values[i]);
    free(values);
    return error;
}
