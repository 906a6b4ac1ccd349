/* SPDX-License-Identifier: MIT */
/* Naive on purpose, as reference.c. */
#include "support/reference_backward.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pointwise/activation.def"
#include "support/reference.h"
#include "support/reference_cell.h"
#include "support/reference_rows.h"

/* One direction of one layer. */
typedef struct {
    const srnn_rnn *rnn;
    const reference_recording *r;
    const reference_states *s;
    int64_t l, d, width;
    bool reverse;
    reference_cell c;
    double *weight_ih; /* [width,H], transposed */
    double *weight_hh; /* [H,H], transposed */
    double *dg;        /* [T,B,H] */
} cell;

static double *transposed(const double *weights, int64_t columns, int64_t rows)
{
    double *const out = reference_zeros(columns * rows);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < columns; k++)
            out[k * rows + i] = weights[i * columns + k];
    return out;
}

static cell make_cell(const srnn_rnn *rnn, const reference_recording *r,
                      const reference_states *s, int64_t l, int64_t d)
{
    const bool reverse = reference_reverses(s, d);
    const int64_t width = reference_width(rnn, s, l);
    const reference_cell c =
        reference_cell_read(rnn, l, reverse ? 1 : 0, width);
    return (cell){rnn,
                  r,
                  s,
                  l,
                  d,
                  width,
                  reverse,
                  c,
                  transposed(c.weight_ih, width, s->H),
                  transposed(c.weight_hh, s->H, s->H),
                  reference_zeros(r->T * r->B * s->H)};
}

static void free_cell(cell *at)
{
    reference_cell_free(&at->c);
    free(at->weight_ih);
    free(at->weight_hh);
    free(at->dg);
}

/* For each word of activation.def g times its derivative, where y is the state:
 * the gradient of the sum that the activation took. */
static double back_tanh(srnn_dtype dtype, double g, double y)
{
    return reference_rounded(dtype,
                             g * reference_multiply_add(dtype, -y, y, 1));
}

static double back_sigmoid(srnn_dtype dtype, double g, double y)
{
    return reference_rounded(dtype,
                             g * reference_multiply_add(dtype, -y, y, y));
}

static double back_relu(srnn_dtype dtype, double g, double y)
{
    (void)dtype;
    return y <= 0 ? 0 : g;
}

static double back_identity(srnn_dtype dtype, double g, double y)
{
    (void)dtype;
    (void)y;
    return g;
}

static double back(const reference_cell *c, double g, double y)
{
#define CASE(id, word, x)                                                      \
    case SRNN_NONLINEARITY_##id:                                               \
        return back_##word(c->dtype, g, y);
    switch (c->nonlinearity) {
        SRNN_ACTIVATION_ROWS(CASE, )
    default:
        assert(false);
        return 0;
    }
}

static double flushed(const cell *at, double g)
{
    const double tiny =
        ldexp(1, at->c.dtype == SRNN_DTYPE_FLOAT32 ? -100 : -960);
    return !at->r->keeps_subnormals && fabs(g) < tiny ? 0 : g;
}

/* Rule 1 for step t of row b: dg from d_y [T,B,D*H] (or NULL) and dh [H], which
 * then receives the dh that comes out of the step. */
static void step_back(const cell *at, const double *d_y, double *dh, int64_t t,
                      int64_t b)
{
    const int64_t H = at->s->H;
    const int64_t row = t * at->r->B + b;
    const int64_t first = (row * at->s->D + at->d) * H;
    double *const dg = at->dg + row * H;
    for (int64_t j = 0; j < H; j++) {
        const double above = d_y != NULL ? d_y[first + j] : 0;
        const double g = reference_rounded(at->c.dtype, above + dh[j]);
        const double y = at->s->states[at->l][first + j];
        dg[j] = flushed(at, back(&at->c, g, y));
    }
    for (int64_t k = 0; k < H; k++)
        dh[k] = reference_add_products(at->c.dtype, 0, at->weight_hh + k * H,
                                       dg, H);
}

/* Rules 1 to 3 for row b. dh [H] is d_h_n of the row. d_h0 [H] is set, and
 * d_fresh [H] is added to. */
static void row_back(const cell *at, const double *d_y, double *dh,
                     double *d_h0, double *d_fresh, int64_t b)
{
    const int64_t H = at->s->H;
    const int64_t length = reference_length(at->r, b);
    int64_t t = at->reverse ? 0 : length - 1;
    for (int64_t i = 0; i < length; i++) {
        int64_t before = 0;
        step_back(at, d_y, dh, t, b);
        const reference_origin origin =
            reference_origin_of(at->r, at->reverse, t, b, &before);
        for (int64_t k = 0; origin == FROM_FRESH && k < H; k++) {
            d_fresh[k] = reference_rounded(at->c.dtype, d_fresh[k] + dh[k]);
            dh[k] = 0;
        }
        t = before;
    }
    memcpy(d_h0, dh, (size_t)H * sizeof *dh);
}

static void cell_back(const cell *at, const double *d_y,
                      const reference_gradients *out)
{
    const int64_t H = at->s->H;
    double *const dh = reference_zeros(H);
    for (int64_t b = 0; b < at->r->B; b++) {
        const int64_t row = ((at->l * at->s->D + at->d) * at->r->B + b) * H;
        for (int64_t j = 0; j < H; j++) {
            dh[j] = at->r->d_h_n != NULL ? at->r->d_h_n[row + j] : 0;
            out->d_fresh[row + j] = 0;
        }
        row_back(at, d_y, dh, out->d_h0 + row, out->d_fresh + row, b);
    }
    free(dh);
}

/* Rule 4, before dropout: d_x [T,B,width] of a layer with these cells. */
static void read_back(const cell *cells, double *d_x)
{
    const reference_recording *const r = cells->r;
    const int64_t H = cells->s->H;
    const int64_t width = cells->width;
    for (int64_t i = 0; i < r->T * r->B * width; i++) {
        const int64_t row = i / width;
        const int64_t k = i % width;
        double sum = 0;
        for (int64_t d = 0; d < cells->s->D; d++)
            sum = reference_add_products(cells[d].c.dtype, sum,
                                         cells[d].weight_ih + k * H,
                                         cells[d].dg + row * H, H);
        d_x[i] = row / r->B < reference_length(r, row % r->B) ? sum : 0;
    }
}

/* The dropout of layer l on a gradient [T,B,D*H]. */
static void drop(const reference_states *s, const reference_recording *r,
                 int64_t l, double *d_x)
{
    const int64_t width = s->D * s->H;
    for (int64_t i = 0; i < r->T * r->B * width; i++)
        d_x[i] = reference_drop(&r->dropout, s->dtype, d_x[i], l,
                                i / width / r->B, i / width % r->B, i % width);
}

/* Rule 5. The parameters of a cell follow each other: W_ih, W_hh and the
 * biases. */
static void sum_cell(const cell *at, const reference_gradients *out, bool adds)
{
    const reference_states *const s = at->s;
    const int64_t H = s->H;
    const int64_t each = srnn_rnn_parameter_count(at->rnn) / s->L / s->D;
    double *const *const own = out->parameters + (at->l * s->D + at->d) * each;
    double *const before = reference_zeros(at->r->T * at->r->B * H);
    for (int64_t b = 0; b < at->r->B; b++)
        for (int64_t t = 0; t < reference_length(at->r, b); t++)
            reference_state_before(before + (t * at->r->B + b) * H, s, at->r,
                                   at->l, at->d, t, b);
    const reference_rows rows = {at->c.dtype, at->r, at->reverse, at->dg, H};
    reference_rows_sum(&rows, s->inputs[at->l], at->width, own[0], adds);
    reference_rows_sum(&rows, before, H, own[1], adds);
    for (int64_t i = 2; i < each; i++)
        reference_rows_sum(&rows, NULL, 1, own[i], adds);
    free(before);
}

/* Layer l with d_y [T,B,D*H] or NULL. d_x [T,B,width] must not be d_y. */
static void layer_back(const srnn_rnn *rnn, const reference_recording *r,
                       const reference_states *s, int64_t l, const double *d_y,
                       double *d_x, const reference_gradients *out, bool adds)
{
    cell cells[2];
    for (int64_t d = 0; d < s->D; d++) {
        cells[d] = make_cell(rnn, r, s, l, d);
        cell_back(&cells[d], d_y, out);
        sum_cell(&cells[d], out, adds);
    }
    assert(s->D >= 1);
    read_back(cells, d_x);
    for (int64_t d = 0; d < s->D; d++)
        free_cell(&cells[d]);
}

void reference_backward(const srnn_rnn *rnn, const reference_recording *r,
                        const reference_gradients *out, bool adds)
{
    reference_states s = reference_states_record(rnn, r);
    double *above = NULL;
    for (int64_t l = s.L - 1; l >= 0; l--) {
        const double *const d_y = l == s.L - 1 ? r->d_output : above;
        double *const below = reference_zeros(r->T * r->B * s.D * s.H);
        layer_back(rnn, r, &s, l, d_y, l == 0 ? out->d_input : below, out,
                   adds);
        if (l > 0)
            drop(&s, r, l - 1, below);
        free(above);
        above = below;
    }
    free(above);
    reference_states_free(&s);
}

void reference_share(const srnn_rnn *rnn, int64_t B, const double *d_states,
                     double *shared)
{
    const srnn_dtype dtype =
        (srnn_dtype)reference_option(rnn, SRNN_OPTION_DTYPE);
    const int64_t H = reference_option(rnn, SRNN_OPTION_HIDDEN_SIZE);
    const bool is_both = reference_option(rnn, SRNN_OPTION_DIRECTION) ==
                         SRNN_DIRECTION_BIDIRECTIONAL;
    const int64_t cells =
        reference_option(rnn, SRNN_OPTION_NUM_LAYERS) * (is_both ? 2 : 1);
    for (int64_t i = 0; i < cells * H; i++) {
        const double *const rows = d_states + i / H * B * H + i % H;
        double sum = B == 1 ? rows[0] : 0;
        for (int64_t b = 0; B > 1 && b < B; b++)
            sum += rows[b * H];
        shared[i] = reference_rounded(dtype, sum);
    }
}
