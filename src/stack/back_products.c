/* SPDX-License-Identifier: MIT */
/* Products over many rows: gradients of parameters, block after block, and the
 * gradients of what a layer read. */
#include "stack/back.h"

#include <string.h>

#include "util/integer.h"

static void *gradient_of(const srnn_back *b, int64_t cell,
                         srnn_parameter_kind kind)
{
    const int64_t kinds = b->walk.rnn->parameter_count /
                          srnn_options__cells(srnn_back__options(b));
    return kind >= kinds ? NULL : srnn_back__gradient(b, cell * kinds + kind);
}

/* What the weights of a cell were multiplied with, in the rows of a block. */
typedef struct {
    srnn_matrix g;
    srnn_matrix x;
    srnn_matrix h;
} factors;

/* This member's part of what has to be gathered for a block; the whole is in
 * factors after a barrier. Returns whether a barrier is needed. */
static bool gather(const srnn_walker *w, const srnn_back *b, const srnn_span *s,
                   int64_t layer, int64_t direction, int64_t t, int64_t end,
                   factors *f)
{
    const srnn_walk *const walk = &b->walk;
    const int64_t H = srnn_back__options(b)->hidden_size;
    const int64_t row = srnn_rows__start(&walk->rows, t);
    const int64_t count = srnn_rows__start(&walk->rows, end) - row;
    const bool is_even = srnn_rows__are_even(&walk->rows);
    const bool gathers = srnn_walk__gathers(walk, layer);
    const int64_t columns = srnn_walk__input_width(walk, layer);
    const srnn_row_cursor begin = {t, 0};
    f->g = srnn_back__g(b, s, layer, direction, row, count);
    f->x = (srnn_matrix){walk->x, count, columns, columns};
    f->h = (srnn_matrix){b->before, count, H, H};
    if (!gathers)
        f->x = srnn_walk__input(walk, s->window, layer, begin, count, 0);
    if (is_even)
        f->h = srnn_walk__states(walk, s->window, layer, direction,
                                 row + (srnn_back__reverses(b, direction)
                                            ? walk->sizes.B
                                            : -walk->sizes.B),
                                 count);
    if (is_even && !gathers)
        return false;
    const srnn_part own = srnn_walker__part_of_steps(w, t, end);
    const int64_t first = own.row - row;
    srnn_row_cursor at = own.at;
    if (gathers && own.count > 0)
        (void)srnn_walk__input(walk, s->window, layer, at, own.count, first);
    for (int64_t n = first; !is_even && n < first + own.count; n++) {
        memcpy((unsigned char *)b->before + n * H * srnn_back__size(b),
               srnn_walk__state_before(walk, s->window, layer, direction, at.t,
                                       at.i),
               (size_t)(H * srnn_back__size(b)));
        srnn_rows__next(&walk->rows, &at);
    }
    return true;
}

/* Rows [first, first + count) of a matrix. */
static srnn_matrix part_of(const srnn_back *b, srnn_matrix m, int64_t first,
                           int64_t count)
{
    return srnn_walk__own(&b->walk, m, &(srnn_own_rows){first, 1, count});
}

/* An element of a gradient; NULL if it is not wanted. */
static void *element_of(const srnn_back *b, void *gradient, int64_t index)
{
    return gradient == NULL
               ? NULL
               : (unsigned char *)gradient + index * srnn_back__size(b);
}

/* This member's rows of the gradients of one cell, from at most
 * SRNN_OUTER_ROWS rows of its factors. */
static void add_products(const srnn_walker *w, const srnn_back *b, int64_t cell,
                         const factors *f, int64_t first_row, int64_t count,
                         bool adds)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    void *const scratch = b->scratch + w->member * b->scratch_bytes;
    const srnn_matrix with[] = {part_of(b, f->x, first_row, count),
                                part_of(b, f->h, first_row, count)};
    int64_t first = 0;
    int64_t own = 0;
    srnn_walker__part(w, H, &first, &own);
    if (own == 0)
        return;
    const srnn_matrix g =
        srnn_back__columns(b, part_of(b, f->g, first_row, count), first, own);
    void *const weights[] = {gradient_of(b, cell, SRNN_PARAMETER_WEIGHT_IH),
                             gradient_of(b, cell, SRNN_PARAMETER_WEIGHT_HH)};
    for (int i = 0; i < 2; i++) {
        const int64_t N = with[i].columns;
        if (weights[i] != NULL)
            b->outer.product(
                g, with[i],
                (srnn_matrix){element_of(b, weights[i], first * N), own, N, N},
                adds, scratch);
    }
    void *const biases[] = {
        element_of(b, gradient_of(b, cell, SRNN_PARAMETER_BIAS_IH), first),
        element_of(b, gradient_of(b, cell, SRNN_PARAMETER_BIAS_HH), first)};
    if (biases[0] != NULL || biases[1] != NULL)
        b->outer.sums(g, biases, adds);
}

static bool wants_gradients(const srnn_back *b, int64_t cell)
{
    for (srnn_parameter_kind kind = SRNN_PARAMETER_WEIGHT_IH;
         kind <= SRNN_PARAMETER_BIAS_HH; kind++)
        if (gradient_of(b, cell, kind) != NULL)
            return true;
    return false;
}

bool srnn_back__accumulate(srnn_walker *w, const srnn_back *b,
                           const srnn_span *s, int64_t layer, int64_t direction)
{
    const srnn_rows *const rows = &b->walk.rows;
    const int64_t cell = srnn_back__cell(b, layer, direction);
    const bool descends = !srnn_back__reverses(b, direction);
    int64_t t = descends ? s->end : s->first;
    int64_t end = t;
    if (!wants_gradients(b, cell))
        return true;
    while (srnn_walk__next_steps(&t, &end, s->first, s->end, b->walk.block,
                                 descends)) {
        factors f;
        const bool meets = gather(w, b, s, layer, direction, t, end, &f);
        const int64_t count = f.g.rows;
        if (meets && !srnn_walker__barrier(w))
            return false;
        const int64_t pieces = srnn_integer__divide_up(count, SRNN_OUTER_ROWS);
        for (int64_t i = 0; i < pieces; i++) {
            const int64_t first =
                (descends ? pieces - 1 - i : i) * SRNN_OUTER_ROWS;
            const bool is_first =
                i == 0 && (descends ? end == rows->T : t == 0);
            add_products(w, b, cell, &f, first,
                         srnn_integer__smaller(count - first, SRNN_OUTER_ROWS),
                         b->call->adds || !is_first);
        }
        if (meets && !srnn_walker__barrier(w))
            return false;
    }
    return true;
}

/* dx of the packed rows from `row` on, as many as the matrix has. */
static void multiply_below(const srnn_back *b, const srnn_span *s,
                           int64_t layer, int64_t row, srnn_matrix to)
{
    for (int64_t d = 0; d < srnn_options__directions(srnn_back__options(b));
         d++)
        b->walk.kernels.product(
            srnn_back__g(b, s, layer, d, row, to.rows),
            &b->transposed->ih[srnn_back__cell(b, layer, d)], 0,
            d == 0 ? b->zeros : NULL, to);
}

/* dx of a block, this member's rows: to where dy of the layer below is, or to
 * d_input. */
static void give_block(const srnn_walker *w, const srnn_back *b,
                       const srnn_span *s, int64_t layer, int64_t t,
                       int64_t end)
{
    const srnn_walk *const walk = &b->walk;
    const int64_t columns = srnn_walk__input_width(walk, layer);
    const srnn_part part = srnn_walker__part_of_steps(w, t, end);
    const int64_t row = part.row;
    const int64_t count = part.count;
    if (count == 0)
        return;
    if (layer > 0) {
        srnn_matrix below = srnn_back__g(b, s, layer - 1, 0, row, count);
        below.columns = columns;
        multiply_below(b, s, layer, row, below);
        if (walk->drops)
            srnn_walk__drop(walk, layer - 1, part.at, below, below);
    } else if (srnn_outside__is_matrix(&b->d_input, &walk->rows)) {
        multiply_below(b, s, 0, row,
                       srnn_outside__matrix(&b->d_input, row, count));
    } else {
        const srnn_matrix aside = {(unsigned char *)b->d_x +
                                       srnn_walker__own_rows(w) * columns *
                                           srnn_back__size(b),
                                   count, columns, columns};
        multiply_below(b, s, 0, row, aside);
        srnn_outside__scatter(&b->d_input, &walk->rows, part.at, count,
                              aside.data, columns);
    }
}

void srnn_back__give_below(const srnn_walker *w, const srnn_back *b,
                           const srnn_span *s, int64_t layer)
{
    const int64_t block = b->walk.block;
    for (int64_t t = s->first; t < s->end; t += block)
        give_block(w, b, s, layer, t, srnn_integer__smaller(t + block, s->end));
}
