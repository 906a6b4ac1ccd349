/* SPDX-License-Identifier: MIT */
/* Where the states and inputs of a walk lie, and who does what. */
#include "stack/walk.h"

#include <string.h>

#include "util/checked.h"
#include "util/integer.h"

int64_t srnn_walk__input_width(const srnn_walk *walk, int64_t layer)
{
    return layer == 0 ? walk->rnn->options.input_size : srnn_walk__width(walk);
}

static int64_t lead_of(const srnn_walk *walk)
{
    return srnn_tape__lead(&walk->rnn->options, walk->sizes.B);
}

/* Bytes of the states of a layer over so many steps; they have been checked. */
static int64_t layer_bytes(const srnn_walk *walk, int64_t steps)
{
    const int64_t ends =
        lead_of(walk) + srnn_tape__trail(&walk->rnn->options, walk->sizes.B);
    return (steps * walk->sizes.B + ends) * srnn_walk__width(walk) *
           srnn_walk__size(walk);
}

void srnn_walk__lay_out(srnn_walk *walk, srnn_arena *arena)
{
    const srnn_options *const options = &walk->rnn->options;
    const int64_t size = srnn_walk__size(walk);
    const int64_t width = srnn_walk__width(walk);
    const int64_t x_width =
        options->num_layers > 1 && width > options->input_size
            ? width
            : options->input_size;
    int64_t rows = 0;
    walk->window_states = NULL;
    if (walk->sizes.window > 0) { /* one step more, for the ends */
        if (!srnn_checked__multiply(&rows, walk->sizes.window + 1,
                                    walk->sizes.B))
            arena->overflow = true;
        walk->window_states = srnn_arena__take_matrix(
            arena, rows, options->num_layers * width, size);
    }
    walk->x = srnn_arena__take_matrix(arena, srnn_walk__buffer_rows(walk),
                                      x_width, size);
    walk->mixed = srnn_arena__take_matrix(arena, walk->sizes.B,
                                          options->hidden_size, size);
    walk->places = srnn_arena__take(arena, walk->sizes.B, sizeof(int64_t));
}

void srnn_walk__open(srnn_walk *walk, const srnn_tensor *input)
{
    const srnn_recording *const recording = walk->parts.recording;
    walk->rows = srnn_tape__rows(&walk->parts);
    walk->drops = recording->drops != 0;
    walk->dropout = (srnn_dropout){walk->rnn->options.dropout, recording->seed};
    walk->first_row = recording->first_row;
    walk->first_step = recording->first_step;
    walk->input = srnn_outside__sequence(walk->rnn, input, recording->steps,
                                         recording->batch);
}

srnn_window srnn_walk__window(const srnn_walk *walk, int64_t t)
{
    const int64_t length = walk->sizes.window;
    const int64_t lead =
        lead_of(walk) * srnn_walk__width(walk) * srnn_walk__size(walk);
    if (length == 0)
        return (srnn_window){0, walk->rows.T,
                             (unsigned char *)walk->parts.states + lead,
                             layer_bytes(walk, walk->sizes.T)};
    const int64_t first = t / length * length;
    return (srnn_window){
        first, srnn_integer__smaller(first + length, walk->rows.T),
        (unsigned char *)walk->window_states + lead, layer_bytes(walk, length)};
}

srnn_matrix srnn_walk__states(const srnn_walk *walk, const srnn_window *window,
                              int64_t layer, int64_t direction, int64_t row,
                              int64_t count)
{
    const int64_t H = walk->rnn->options.hidden_size;
    const int64_t width = srnn_walk__width(walk);
    const int64_t at = row - srnn_rows__start(&walk->rows, window->first);
    return (srnn_matrix){window->states + layer * window->layer_bytes +
                             (at * width + direction * H) *
                                 srnn_walk__size(walk),
                         count, H, width};
}

int64_t srnn_walk__first_states(const srnn_walk *walk,
                                const srnn_window *window, int64_t direction)
{
    return srnn_options__reverses(&walk->rnn->options, direction)
               ? srnn_rows__start(&walk->rows, window->end)
               : srnn_rows__start(&walk->rows, window->first) - walk->sizes.B;
}

void srnn_walk__restore(const srnn_walk *walk, const srnn_window *window)
{
    const int64_t B = walk->sizes.B;
    const int64_t bytes =
        B * walk->rnn->options.hidden_size * srnn_walk__size(walk);
    const int64_t number = window->first / walk->sizes.window;
    const int64_t layers = walk->rnn->options.num_layers;
    for (int64_t layer = 0; layer < layers; layer++) {
        const srnn_matrix to =
            srnn_walk__states(walk, window, layer, 0,
                              srnn_walk__first_states(walk, window, 0), B);
        memcpy(to.data,
               (unsigned char *)walk->parts.states +
                   (number * layers + layer) * bytes,
               (size_t)bytes);
    }
}

static const void *fresh_of(const srnn_walk *walk, int64_t layer,
                            int64_t direction, int64_t i)
{
    const int64_t cell =
        srnn_options__cell(&walk->rnn->options, layer, direction);
    return (unsigned char *)walk->parts.fresh +
           (cell * walk->sizes.B + i) * walk->rnn->options.hidden_size *
               srnn_walk__size(walk);
}

const void *srnn_walk__state_before(const srnn_walk *walk,
                                    const srnn_window *window, int64_t layer,
                                    int64_t direction, int64_t t, int64_t i)
{
    const srnn_rows *const rows = &walk->rows;
    const bool reverse = srnn_options__reverses(&walk->rnn->options, direction);
    const bool is_first =
        reverse ? t + 1 >= srnn_rows__length(rows, i) : t == 0;
    int64_t row = srnn_walk__first_states(walk, window, direction) + i;
    if (reverse ? !is_first && srnn_rows__is_reset(rows, t + 1, i)
                : srnn_rows__is_reset(rows, t, i))
        return fresh_of(walk, layer, direction, i);
    if (!is_first && t != (reverse ? window->end - 1 : window->first))
        row = srnn_rows__start(rows, reverse ? t + 1 : t - 1) + i;
    return srnn_walk__states(walk, window, layer, direction, row, 1).data;
}

bool srnn_walk__gathers(const srnn_walk *walk, int64_t layer)
{
    return layer == 0 ? !srnn_outside__is_matrix(&walk->input, &walk->rows)
                      : walk->drops;
}

void srnn_walk__drop(const srnn_walk *walk, int64_t layer, srnn_row_cursor at,
                     srnn_matrix to, srnn_matrix from)
{
    const int64_t size = srnn_walk__size(walk);
    srnn_dropout_function *const drop = SRNN_FOR_DTYPE(
        (srnn_dtype)walk->rnn->options.dtype, srnn_dropout__drop);
    for (int64_t m = 0; m < from.rows; m++) {
        drop(&walk->dropout,
             (srnn_dropout_place){layer, walk->first_step + at.t,
                                  walk->first_row +
                                      srnn_rows__row(&walk->rows, at.i)},
             (unsigned char *)to.data + m * to.stride * size,
             (unsigned char *)from.data + m * from.stride * size, from.columns);
        srnn_rows__next(&walk->rows, &at);
    }
}

srnn_matrix srnn_walk__input(const srnn_walk *walk, const srnn_window *window,
                             int64_t layer, srnn_row_cursor from, int64_t count,
                             int64_t at)
{
    const int64_t columns = srnn_walk__input_width(walk, layer);
    const int64_t row = srnn_rows__start(&walk->rows, from.t) + from.i;
    const srnn_matrix x = {(unsigned char *)walk->x +
                               at * columns * srnn_walk__size(walk),
                           count, columns, columns};
    if (layer == 0) {
        if (!srnn_walk__gathers(walk, 0))
            return srnn_outside__matrix(&walk->input, row, count);
        srnn_outside__gather(&walk->input, &walk->rows, from, count, x.data,
                             columns);
        return x;
    }
    srnn_matrix below =
        srnn_walk__states(walk, window, layer - 1, 0, row, count);
    below.columns = columns;
    if (!walk->drops)
        return below;
    srnn_walk__drop(walk, layer - 1, from, x, below);
    return x;
}

bool srnn_walker__barrier(srnn_walker *w)
{
    if (w->team == NULL || srnn_team__barrier(w->team, w->member) ||
        w->walk->partition.schedule != SRNN_SCHEDULE_COLUMNS)
        return true;
    w->team = NULL;
    w->members = 1;
    return w->member == 0;
}

void srnn_walker__part(const srnn_walker *w, int64_t of, int64_t *first,
                       int64_t *count)
{
    *first = of * w->member / w->members;
    *count = of * (w->member + 1) / w->members - *first;
}

int64_t srnn_walker__own_rows(const srnn_walker *w)
{
    return w->member *
           srnn_integer__divide_up(srnn_walk__block_rows(w->walk), w->members);
}

static bool shares(const srnn_walker *w, srnn_schedule schedule)
{
    return w->team != NULL && w->walk->partition.schedule == schedule;
}

srnn_own_rows srnn_walker__rows(const srnn_walker *w, int64_t n)
{
    srnn_own_rows own = {0, 1, n};
    if (!shares(w, SRNN_SCHEDULE_BATCH))
        return own;
    if (w->walk->rows.lengths == NULL) {
        srnn_walker__part(w, n, &own.first, &own.count);
        return own;
    }
    const int64_t count = srnn_integer__divide_up(n - w->member, w->members);
    return (srnn_own_rows){w->member, w->members, count > 0 ? count : 0};
}

bool srnn_walker__has_direction(const srnn_walker *w, int64_t direction)
{
    return !shares(w, SRNN_SCHEDULE_DIRECTIONS) || direction == w->member;
}

bool srnn_walker__columns(const srnn_walker *w, int64_t *first, int64_t *count)
{
    const int64_t H = w->walk->rnn->options.hidden_size;
    *first = 0;
    *count = H;
    if (!shares(w, SRNN_SCHEDULE_COLUMNS))
        return false;
    srnn_schedule__columns(first, count, H, w->members, w->member);
    return true;
}
