/* SPDX-License-Identifier: MIT */
/* Records a span: input products of a layer, then its recurrences. A layer
 * makes its input products itself, see layer/layer.h, unless its input has to
 * be gathered, its rows change on the way, or some members have no rows. */
#include "stack/span.h"

#include <string.h>

#include "layer/layer.h"
#include "util/integer.h"

static const srnn_cell_weights *cell_of(const srnn_walk *walk, int64_t layer,
                                        int64_t direction)
{
    return &walk->rnn->cells[srnn_options__cell(srnn_walk__options(walk), layer,
                                                direction)];
}

/* Input products of this member's rows of a block, in the place of states. */
static void project(const srnn_walker *w, const srnn_window *window,
                    int64_t layer, int64_t t, int64_t end)
{
    const srnn_walk *const walk = w->walk;
    const srnn_part part = srnn_walker__part_of_steps(w, t, end);
    if (part.count == 0)
        return;
    const srnn_matrix x = srnn_walk__input(
        walk, window, layer, part.at, part.count, srnn_walker__own_rows(w));
    srnn_cell_projection *const cell_project = SRNN_FOR_DTYPE(
        (srnn_dtype)srnn_walk__options(walk)->dtype, srnn_cell__project);
    for (int64_t d = 0; d < srnn_options__directions(srnn_walk__options(walk));
         d++)
        cell_project(
            cell_of(walk, layer, d), &walk->kernels, x,
            srnn_walk__states(walk, window, layer, d, part.row, part.count), 0);
}

/* The states that a run starts from, of this member's rows: those of the step
 * before, or a copy where they do not lie side by side. */
static srnn_matrix states_before(const srnn_walker *w,
                                 const srnn_window *window, int64_t layer,
                                 int64_t direction, int64_t t,
                                 const srnn_own_rows *own)
{
    const srnn_walk *const walk = w->walk;
    const srnn_rows *const rows = &walk->rows;
    const int64_t H = srnn_walk__options(walk)->hidden_size;
    const bool reverse =
        srnn_options__reverses(srnn_walk__options(walk), direction);
    const int64_t n = srnn_rows__count(rows, t);
    const bool is_end = t == (reverse ? window->end - 1 : window->first);
    const bool is_mixed =
        reverse ? (t + 1 < rows->T && srnn_rows__has_reset(rows, t + 1)) ||
                      (!is_end && srnn_rows__count(rows, t + 1) != n)
                : srnn_rows__has_reset(rows, t);
    if (!is_mixed) {
        const int64_t row =
            is_end ? srnn_walk__first_states(walk, window, direction)
                   : srnn_rows__start(rows, reverse ? t + 1 : t - 1);
        return srnn_walk__own(
            walk, srnn_walk__states(walk, window, layer, direction, row, n),
            own);
    }
    const srnn_matrix mixed = {walk->mixed, n, H, H};
    for (int64_t m = 0; m < own->count; m++) {
        const int64_t i = own->first + m * own->step;
        memcpy((unsigned char *)mixed.data + i * H * srnn_walk__size(walk),
               srnn_walk__state_before(walk, window, layer, direction, t, i),
               (size_t)(H * srnn_walk__size(walk)));
    }
    return srnn_walk__own(walk, mixed, own);
}

/* Does a layer get its input in places that the recurrence does not know, or
 * are there members that have no rows to recur? */
static bool is_projected_apart(const srnn_walk *walk, int64_t layer)
{
    const srnn_partition *const partition = &walk->partition;
    return srnn_walk__gathers(walk, layer) ||
           !srnn_rows__are_even(&walk->rows) ||
           (partition->schedule == SRNN_SCHEDULE_BATCH &&
            partition->members > walk->sizes.B);
}

/* What a layer reads in a run, this member's rows. */
static srnn_sequence input_of(const srnn_walker *w, const srnn_window *window,
                              int64_t layer, int64_t first)
{
    const srnn_walk *const walk = w->walk;
    const int64_t n = srnn_rows__count(&walk->rows, first);
    const srnn_matrix x = srnn_walk__input(walk, window, layer,
                                           (srnn_row_cursor){first, 0}, n, 0);
    const srnn_own_rows rows = srnn_walker__rows(w, n);
    const srnn_matrix own = srnn_walk__own(walk, x, &rows);
    return (srnn_sequence){own.data, x.columns, n * x.stride, own.stride};
}

/* The states of a run [first, end), this member's rows or columns of them.
 * False if the team gave up. */
static bool run(const srnn_walker *w, const srnn_window *window, int64_t layer,
                int64_t direction, int64_t first, int64_t end)
{
    const srnn_walk *const walk = w->walk;
    const bool reverse =
        srnn_options__reverses(srnn_walk__options(walk), direction);
    const int64_t n = srnn_rows__count(&walk->rows, first);
    const srnn_own_rows own = srnn_walker__rows(w, n);
    if (own.count == 0)
        return true;
    const srnn_matrix y = srnn_walk__own(
        walk,
        srnn_walk__states(walk, window, layer, direction,
                          srnn_rows__start(&walk->rows, first), n),
        &own);
    srnn_layer_pass pass = {
        .cell = cell_of(walk, layer, direction),
        .kernels = &walk->kernels,
        .T = end - first,
        .B = own.count,
        .reverse = reverse,
        .output = {y.data, y.columns, n * srnn_walk__width(walk), y.stride},
        .is_projected = is_projected_apart(walk, layer),
        .h0 = states_before(w, window, layer, direction,
                            reverse ? end - 1 : first, &own)};
    if (!pass.is_projected)
        pass.input = input_of(w, window, layer, first);
    if (srnn_walker__columns(w, &pass.first_column, &pass.columns)) {
        pass.team = w->team;
        pass.member = w->member;
    }
    return SRNN_FOR_DTYPE((srnn_dtype)srnn_walk__options(walk)->dtype,
                          srnn_layer__forward)(&pass);
}

/* The recurrence of a direction. False if this member is to leave. */
static bool recur(srnn_walker *w, const srnn_span *s, int64_t layer,
                  int64_t direction)
{
    const srnn_rows *const rows = &w->walk->rows;
    const bool reverse =
        srnn_options__reverses(srnn_walk__options(w->walk), direction);
    for (int64_t t = reverse ? s->end : s->first;
         reverse ? t > s->first : t < s->end;) {
        const int64_t a = reverse ? srnn_rows__run_first(rows, t, s->first) : t;
        const int64_t b = reverse ? t : srnn_rows__run_end(rows, t, s->end);
        /* Member 0 has finished the run alone. */
        if (!run(w, s->window, layer, direction, a, b) &&
            !srnn_walker__goes_on_alone(w))
            return false;
        t = reverse ? a : b;
    }
    return true;
}

bool srnn_span__record(srnn_walker *w, const srnn_span *s)
{
    const srnn_walk *const walk = w->walk;
    const int64_t block = walk->block;
    for (int64_t layer = 0; layer < srnn_walk__options(walk)->num_layers;
         layer++) {
        if (is_projected_apart(walk, layer)) {
            for (int64_t t = s->first; t < s->end; t += block)
                project(w, s->window, layer, t,
                        srnn_integer__smaller(t + block, s->end));
            if (!srnn_walker__barrier(w))
                return false;
        }
        for (int64_t d = 0;
             d < srnn_options__directions(srnn_walk__options(walk)); d++)
            if (srnn_walker__has_direction(w, d) && !recur(w, s, layer, d))
                return false;
        if (!srnn_walker__keeps_rows(w) && !srnn_walker__barrier(w))
            return false;
    }
    return true;
}

srnn_span srnn_span__begin(const srnn_window *window, bool descends)
{
    const int64_t t = descends ? window->end : window->first;
    return (srnn_span){.window = window, .first = t, .end = t};
}

bool srnn_span__next(srnn_span *s, const srnn_walk *walk, bool descends,
                     int64_t blocks)
{
    const srnn_window *const window = s->window;
    const int64_t length = srnn_walk__needs_whole_spans(walk)
                               ? window->end - window->first
                               : walk->block * blocks;
    if (!srnn_walk__next_steps(&s->first, &s->end, window->first, window->end,
                               length, descends))
        return false;
    s->start = srnn_rows__start(&walk->rows, s->first);
    return true;
}
