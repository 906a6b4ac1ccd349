/* SPDX-License-Identifier: MIT */
/* Where the states and inputs of a walk lie. */
#include "stack/walk.h"

#include <string.h>

#include "util/checked.h"
#include "util/integer.h"

srnn_walk srnn_walk__begin(const srnn_context *context,
                           const srnn_tape_sizes *sizes)
{
    return (srnn_walk){
        .rnn = context->rnn,
        .kernels = context->kernels,
        .sizes = *sizes,
        .threads = context->threads,
        .block = srnn_integer__smaller(srnn_tape__block(sizes->B), sizes->T)};
}

int64_t srnn_walk__input_width(const srnn_walk *walk, int64_t layer)
{
    return layer == 0 ? srnn_walk__options(walk)->input_size
                      : srnn_walk__width(walk);
}

static int64_t lead_of(const srnn_walk *walk)
{
    return srnn_tape__lead(srnn_walk__options(walk), walk->sizes.B);
}

/* Bytes of the states of a layer over so many steps; they have been checked. */
static int64_t layer_bytes(const srnn_walk *walk, int64_t steps)
{
    const int64_t ends =
        lead_of(walk) +
        srnn_tape__trail(srnn_walk__options(walk), walk->sizes.B);
    return (steps * walk->sizes.B + ends) * srnn_walk__width(walk) *
           srnn_walk__size(walk);
}

void srnn_walk__lay_out(srnn_walk *walk, srnn_arena *arena)
{
    const srnn_options *const options = srnn_walk__options(walk);
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
    walk->dropout =
        (srnn_dropout){srnn_walk__options(walk)->dropout, recording->seed};
    walk->first_row = recording->first_row;
    walk->first_step = recording->first_step;
    walk->input = srnn_outside__sequence(walk->rnn, input, recording->steps,
                                         recording->batch);
}

bool srnn_walk__next_steps(int64_t *first, int64_t *end, int64_t from,
                           int64_t to, int64_t length, bool descends)
{
    if (descends ? *first == from : *end == to)
        return false;
    if (descends) {
        *end = *first;
        *first = from + (*end - 1 - from) / length * length;
    } else {
        *first = *end;
        *end = srnn_integer__smaller(*first + length, to);
    }
    return true;
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
    const int64_t H = srnn_walk__options(walk)->hidden_size;
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
    return srnn_options__reverses(srnn_walk__options(walk), direction)
               ? srnn_rows__start(&walk->rows, window->end)
               : srnn_rows__start(&walk->rows, window->first) - walk->sizes.B;
}

/* [B,H]: what a window starts from in a layer, in the tape and in front of the
 * window. */
typedef struct {
    void *kept;
    void *states;
    size_t bytes;
} checkpoint;

static checkpoint checkpoint_of(const srnn_walk *walk,
                                const srnn_window *window, int64_t layer)
{
    const int64_t B = walk->sizes.B;
    const int64_t bytes =
        B * srnn_walk__options(walk)->hidden_size * srnn_walk__size(walk);
    const int64_t layers = srnn_walk__options(walk)->num_layers;
    const int64_t number = window->first / walk->sizes.window;
    return (checkpoint){
        (unsigned char *)walk->parts.states + (number * layers + layer) * bytes,
        srnn_walk__states(walk, window, layer, 0,
                          srnn_walk__first_states(walk, window, 0), B)
            .data,
        (size_t)bytes};
}

void srnn_walk__keep(const srnn_walk *walk, const srnn_window *window)
{
    for (int64_t layer = 0; layer < srnn_walk__options(walk)->num_layers;
         layer++) {
        const checkpoint c = checkpoint_of(walk, window, layer);
        memcpy(c.kept, c.states, c.bytes);
    }
}

void srnn_walk__restore(const srnn_walk *walk, const srnn_window *window)
{
    for (int64_t layer = 0; layer < srnn_walk__options(walk)->num_layers;
         layer++) {
        const checkpoint c = checkpoint_of(walk, window, layer);
        memcpy(c.states, c.kept, c.bytes);
    }
}

static const void *fresh_of(const srnn_walk *walk, int64_t layer,
                            int64_t direction, int64_t i)
{
    const int64_t cell =
        srnn_options__cell(srnn_walk__options(walk), layer, direction);
    return (unsigned char *)walk->parts.fresh +
           (cell * walk->sizes.B + i) * srnn_walk__options(walk)->hidden_size *
               srnn_walk__size(walk);
}

const void *srnn_walk__state_before(const srnn_walk *walk,
                                    const srnn_window *window, int64_t layer,
                                    int64_t direction, int64_t t, int64_t i)
{
    const srnn_rows *const rows = &walk->rows;
    const bool reverse =
        srnn_options__reverses(srnn_walk__options(walk), direction);
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

bool srnn_walk__has_rows_in_place(const srnn_walk *walk)
{
    return srnn_rows__are_even(&walk->rows) && !walk->drops &&
           !srnn_walk__gathers(walk, 0);
}

void srnn_walk__drop(const srnn_walk *walk, int64_t layer, srnn_row_cursor at,
                     srnn_matrix to, srnn_matrix from)
{
    const int64_t size = srnn_walk__size(walk);
    srnn_dropout_function *const drop = SRNN_FOR_DTYPE(
        (srnn_dtype)srnn_walk__options(walk)->dtype, srnn_dropout__drop);
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
