/* SPDX-License-Identifier: MIT */
/* Products over many rows: gradients of parameters, block after block, and the
 * gradients of what a layer read. */
#include "stack/back.h"

#include <string.h>

#include "util/integer.h"

enum { KINDS = SRNN_PARAMETER_BIAS_HH + 1 };

/* Gradients of a cell, in the order of their kinds: all of their elements, or
 * some rows of them. NULL if one is not wanted. */
typedef struct {
    unsigned char *of[KINDS];
} gradients;

/* The number of a parameter in the rnn, or -1. */
static int64_t index_of(const srnn_back *b, int64_t cell, int kind)
{
    const int64_t kinds = b->walk.rnn->parameter_count /
                          srnn_options__cells(srnn_back__options(b));
    return kind >= kinds ? -1 : cell * kinds + kind;
}

static gradients gradients_of(const srnn_back *b, int64_t cell)
{
    gradients all = {{NULL}};
    for (int kind = 0; kind < KINDS; kind++) {
        const int64_t index = index_of(b, cell, kind);
        if (index >= 0)
            all.of[kind] = srnn_back__gradient(b, index);
    }
    return all;
}

static bool are_wanted(const gradients *g)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (g->of[kind] != NULL)
            return true;
    return false;
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

/* Some rows of the gradients of a cell, from at most SRNN_OUTER_ROWS rows of
 * its factors. scratch: of this member. */
static void multiply(const srnn_back *b, const factors *f, int64_t first,
                     int64_t own, const gradients *to, bool adds, void *scratch)
{
    const srnn_matrix g = srnn_back__columns(b, f->g, first, own);
    const srnn_matrix with[] = {f->x, f->h};
    for (int kind = 0; kind < 2; kind++) {
        const int64_t N = with[kind].columns;
        if (to->of[kind] != NULL)
            b->outer.product(g, with[kind],
                             (srnn_matrix){to->of[kind], own, N, N}, adds,
                             scratch);
    }
    void *const biases[] = {to->of[SRNN_PARAMETER_BIAS_IH],
                            to->of[SRNN_PARAMETER_BIAS_HH]};
    if (biases[0] != NULL || biases[1] != NULL)
        b->outer.sums(g, biases, adds);
}

static void *scratch_of(const srnn_walker *w, const srnn_back *b)
{
    return b->scratch + w->member * b->scratch_bytes;
}

bool srnn_back__keeps_directions(const srnn_walker *w, const srnn_back *b,
                                 int64_t layer)
{
    return srnn_walker__shares_directions(w) &&
           srnn_rows__are_even(&b->walk.rows) &&
           !srnn_walk__gathers(&b->walk, layer);
}

/* This member's rows of the gradients of one cell: all of them if it keeps its
 * direction. */
static void add_products(const srnn_walker *w, const srnn_back *b,
                         const gradients *all, const factors *f,
                         int64_t first_row, int64_t count, bool keeps,
                         bool adds)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    const factors part = {part_of(b, f->g, first_row, count),
                          part_of(b, f->x, first_row, count),
                          part_of(b, f->h, first_row, count)};
    const int64_t columns[KINDS] = {f->x.columns, H, 1, 1};
    gradients to = {{NULL}};
    int64_t first = 0;
    int64_t own = H;
    if (!keeps)
        srnn_walker__part(w, H, &first, &own);
    if (own == 0)
        return;
    for (int kind = 0; kind < KINDS; kind++)
        if (all->of[kind] != NULL)
            to.of[kind] =
                all->of[kind] + first * columns[kind] * srnn_back__size(b);
    multiply(b, &part, first, own, &to, adds, scratch_of(w, b));
}

bool srnn_back__accumulate(srnn_walker *w, const srnn_back *b,
                           const srnn_span *s, int64_t layer, int64_t direction)
{
    const srnn_rows *const rows = &b->walk.rows;
    const int64_t cell = srnn_back__cell(b, layer, direction);
    const bool descends = !srnn_back__reverses(b, direction);
    int64_t t = descends ? s->end : s->first;
    int64_t end = t;
    const gradients all = gradients_of(b, cell);
    const bool keeps = srnn_back__keeps_directions(w, b, layer);
    if (!are_wanted(&all) ||
        (keeps && !srnn_walker__has_direction(w, direction)))
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
            add_products(w, b, &all, &f, first,
                         srnn_integer__smaller(count - first, SRNN_OUTER_ROWS),
                         keeps, b->call->adds || !is_first);
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

/* The elements of a gradient. */
static int64_t size_of(const srnn_back *b, int64_t cell, int kind)
{
    return srnn_rnn__parameter(b->walk.rnn, index_of(b, cell, kind)).size;
}

/* Where a member leaves the gradients of a cell that are wanted. */
static gradients sums_of(const srnn_back *b, int64_t cell, int64_t member)
{
    gradients sums = gradients_of(b, cell);
    unsigned char *next = b->sums + member * b->sums_bytes;
    for (int kind = 0; kind < KINDS; kind++) {
        if (sums.of[kind] == NULL)
            continue;
        sums.of[kind] = next;
        next += size_of(b, cell, kind) * srnn_back__size(b);
    }
    return sums;
}

/* A layer's only cell, as there is one direction. */
void srnn_back__take_block(const srnn_walker *w, const srnn_back *b,
                           const srnn_span *s, int64_t layer)
{
    const srnn_walker alone = srnn_walker__begin(w->walk, NULL, 0);
    const int64_t t = s->first + w->member * b->walk.block;
    const int64_t end = srnn_integer__smaller(t + b->walk.block, s->end);
    const gradients sums = sums_of(b, layer, w->member);
    if (t >= end)
        return;
    if (are_wanted(&sums)) {
        factors f;
        (void)gather(&alone, b, s, layer, 0, t, end, &f);
        multiply(b, &f, 0, f.g.columns, &sums, false, scratch_of(w, b));
    }
    if (layer > 0 || b->d_input.data != NULL)
        give_block(&alone, b, s, layer, t, end);
}

/* This member's part of a gradient. */
static void add_block(const srnn_walker *w, const srnn_back *b, int64_t cell,
                      int64_t number, bool adds)
{
    const gradients all = gradients_of(b, cell);
    const gradients sums = sums_of(b, cell, number);
    const int64_t size = srnn_back__size(b);
    srnn_cell_sum *const add = SRNN_FOR_DTYPE(
        (srnn_dtype)srnn_back__options(b)->dtype, srnn_cell__add);
    for (int kind = 0; kind < KINDS; kind++) {
        int64_t first = 0;
        int64_t count = 0;
        if (all.of[kind] == NULL)
            continue;
        srnn_walker__part(w, size_of(b, cell, kind), &first, &count);
        void *const to = all.of[kind] + first * size;
        const void *const from = sums.of[kind] + first * size;
        if (adds)
            add(to, to, from, count);
        else
            memcpy(to, from, (size_t)(count * size));
    }
}

void srnn_back__add_sums(const srnn_walker *w, const srnn_back *b,
                         const srnn_span *s, int64_t layer)
{
    const bool descends = !srnn_back__reverses(b, 0);
    const int64_t blocks =
        srnn_integer__divide_up(s->end - s->first, b->walk.block);
    const bool is_first = descends ? s->end == b->walk.rows.T : s->first == 0;
    for (int64_t i = 0; i < blocks; i++)
        add_block(w, b, layer, descends ? blocks - 1 - i : i,
                  b->call->adds || !is_first || i > 0);
}
