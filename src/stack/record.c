/* SPDX-License-Identifier: MIT */
/* A forward onto a tape: what the call brings goes into the recording, then
 * window after window is recorded. */
#include "stack/record.h"

#include <string.h>

#include "stack/forward.h"
#include "stack/span.h"
#include "util/error.h"

/* The call of a recording. */
typedef struct {
    srnn_walk walk;
    srnn_outside output;
    srnn_outside h_n;
} recording;

static void write_rows(const recording *r, const srnn_window *window,
                       srnn_row_cursor at, int64_t count)
{
    const srnn_walk *const walk = &r->walk;
    const int64_t top = srnn_walk__options(walk)->num_layers - 1;
    const srnn_matrix y =
        srnn_walk__states(walk, window, top, 0,
                          srnn_rows__start(&walk->rows, at.t) + at.i, count);
    srnn_outside__scatter(&r->output, &walk->rows, at, count, y.data, y.stride);
}

/* The outputs of this member's part of a span, which are those of its own rows
 * where nobody waits for those of others. */
static void write_output(const srnn_walker *w, const recording *r,
                         const srnn_span *s)
{
    if (r->output.data == NULL)
        return;
    if (srnn_walker__keeps_rows(w)) {
        const srnn_own_rows own = srnn_walker__rows(w, w->walk->sizes.B);
        for (int64_t t = s->first; t < s->end; t++)
            write_rows(r, s->window, (srnn_row_cursor){t, own.first},
                       own.count);
        return;
    }
    const srnn_part part = srnn_walker__part_of_steps(w, s->first, s->end);
    if (part.count > 0)
        write_rows(r, s->window, part.at, part.count);
}

/* The last states of this member's rows that end in a window. */
static void write_h_n(const srnn_walker *w, const recording *r,
                      const srnn_window *window, int64_t layer,
                      int64_t direction)
{
    const srnn_walk *const walk = w->walk;
    const srnn_rows *const rows = &walk->rows;
    const bool reverse =
        srnn_options__reverses(srnn_walk__options(walk), direction);
    const int64_t cell =
        srnn_options__cell(srnn_walk__options(walk), layer, direction);
    int64_t first = 0;
    int64_t count = 0;
    srnn_walker__part(w, walk->sizes.B, &first, &count);
    for (int64_t i = first; i < first + count; i++) {
        const int64_t length = srnn_rows__length(rows, i);
        const int64_t t = reverse ? 0 : length - 1;
        if (length == 0 || t < window->first || t >= window->end)
            continue;
        const srnn_matrix state = srnn_walk__states(
            walk, window, layer, direction, srnn_rows__start(rows, t) + i, 1);
        srnn_outside__write_state(&r->h_n, rows, cell, i, state.data);
    }
}

/* The states that the next window starts from, after this one. */
static void carry_states(const srnn_walk *walk, const srnn_window *window,
                         const srnn_window *next)
{
    const int64_t B = walk->sizes.B;
    const int64_t H = srnn_walk__options(walk)->hidden_size;
    const bool reverse = srnn_options__reverses(srnn_walk__options(walk), 0);
    const size_t bytes = (size_t)(H * srnn_walk__size(walk));
    const int64_t t = reverse ? window->first : window->end - 1;
    const int64_t running = srnn_rows__count(&walk->rows, t);
    for (int64_t layer = 0; layer < srnn_walk__options(walk)->num_layers;
         layer++) {
        for (int64_t i = 0; i < B; i++) {
            const int64_t row =
                i < running ? srnn_rows__start(&walk->rows, t) + i
                            : srnn_walk__first_states(walk, window, 0) + i;
            memcpy((unsigned char *)walk->mixed + i * (int64_t)bytes,
                   srnn_walk__states(walk, window, layer, 0, row, 1).data,
                   bytes);
        }
        memcpy(srnn_walk__states(walk, next, layer, 0,
                                 srnn_walk__first_states(walk, next, 0), B)
                   .data,
               walk->mixed, (size_t)B * bytes);
    }
}

/* All spans of a window. */
static bool record_window(srnn_walker *w, const recording *r,
                          const srnn_window *window)
{
    const srnn_options *const options = srnn_walk__options(w->walk);
    const bool reverse = srnn_options__reverses(options, 0);
    srnn_span span = srnn_span__begin(window, reverse);
    while (srnn_span__next(&span, w->walk, reverse, 1)) {
        if (!srnn_span__record(w, &span))
            return false;
        write_output(w, r, &span);
    }
    for (int64_t layer = 0; r->h_n.data != NULL && layer < options->num_layers;
         layer++)
        for (int64_t d = 0; d < srnn_options__directions(options); d++)
            write_h_n(w, r, window, layer, d);
    return true;
}

static void record(void *argument, srnn_team *team, int64_t member)
{
    const recording *const r = argument;
    const srnn_walk *const walk = &r->walk;
    srnn_walker w = srnn_walker__begin(walk, team, member);
    const bool reverse = srnn_options__reverses(srnn_walk__options(walk), 0);
    const int64_t length = walk->sizes.window;
    srnn_window window =
        srnn_walk__window(walk, reverse ? walk->rows.T - 1 : 0);
    while (true) {
        if (!record_window(&w, r, &window))
            return;
        if (length == 0 ||
            (reverse ? window.first == 0 : window.end == walk->rows.T))
            return;
        const srnn_window next =
            srnn_walk__window(walk, reverse ? window.first - 1 : window.end);
        if (!srnn_walker__barrier(&w))
            return;
        if (w.member == 0) {
            carry_states(walk, &window, &next);
            srnn_walk__keep(walk, &next);
        }
        if (!srnn_walker__barrier(&w))
            return;
        window = next;
    }
}

/* The buffers in the memory of the context, which may have to be replaced. */
static srnn_status lay_out_in_context(srnn_walk *walk, srnn_context *context)
{
    srnn_arena arena = {context->memory, context->capacity, 0, false};
    srnn_walk__lay_out(walk, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "the buffers of a recording"));
    const bool fits = arena.used <= context->capacity;
    SRNN_TRY(srnn_context__replace_memory(context, arena.used));
    if (!fits) {
        arena = (srnn_arena){context->memory, context->capacity, 0, false};
        srnn_walk__lay_out(walk, &arena);
    }
    return SRNN_OK;
}

/* Makes room in the tape, which has been laid out. */
static srnn_status reserve_tape(srnn_walk *walk, srnn_tape *tape)
{
    const bool fits = walk->parts.bytes <= tape->capacity;
    SRNN_TRY(srnn_tape__reserve(tape, walk->parts.bytes));
    return fits
               ? SRNN_OK
               : srnn_tape__lay_out(&walk->parts, srnn_walk__options(walk),
                                    &walk->sizes, tape->memory, tape->capacity);
}

/* Lengths, resets and fresh states, into the tape. */
static void note_sequences(srnn_walk *walk, const srnn_padded_call *call)
{
    const srnn_tape_parts *const parts = &walk->parts;
    const int64_t T = walk->sizes.T;
    const int64_t B = walk->sizes.B;
    parts->recording->used = T;
    if (call->lengths != NULL) {
        parts->recording->used = srnn_rows__sort(
            parts->order, parts->lengths, parts->starts, walk->places, T, B,
            call->lengths->data, srnn_padded__stride(call->lengths));
    }
    if (call->resets == NULL)
        return;
    const srnn_rows rows = srnn_tape__rows(parts);
    const srnn_tensor *const resets = call->resets;
    const bool batched = resets->rank == 2;
    const bool batch_first =
        batched && srnn_walk__options(walk)->batch_first != 0;
    const int64_t step = resets->strides[batch_first ? 1 : 0];
    const int64_t row = batched ? resets->strides[batch_first ? 0 : 1] : 0;
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < B; i++)
            parts->resets[t * B + i] =
                ((const uint8_t *)
                     resets->data)[t * step + srnn_rows__row(&rows, i) * row];
}

/* States of the caller, or zeros, into rows of memory. */
static void read_states(const srnn_walk *walk, const srnn_outside *from,
                        int64_t cell, srnn_matrix to)
{
    for (int64_t i = 0; i < to.rows; i++) {
        void *const row =
            (unsigned char *)to.data + i * to.stride * srnn_walk__size(walk);
        if (from->data == NULL)
            memset(row, 0, (size_t)(to.columns * srnn_walk__size(walk)));
        else
            srnn_outside__read_state(from, &walk->rows, cell, i, row);
    }
}

/* h0 goes where the first window starts, fresh into the tape. */
static void note_states(srnn_walk *walk, const srnn_padded_call *call)
{
    const srnn_options *const options = srnn_walk__options(walk);
    const int64_t B = walk->sizes.B;
    const int64_t H = options->hidden_size;
    const srnn_outside h0 = srnn_outside__states(call->tensors.h0);
    const srnn_outside fresh = srnn_outside__states(call->fresh);
    const bool reverse = srnn_options__reverses(options, 0);
    const srnn_window window = srnn_walk__window(
        walk, reverse && walk->rows.T > 0 ? walk->rows.T - 1 : 0);
    for (int64_t cell = 0; cell < srnn_options__cells(options); cell++) {
        const int64_t d = cell % srnn_options__directions(options);
        const int64_t layer = cell / srnn_options__directions(options);
        read_states(walk, &h0, cell,
                    srnn_walk__states(walk, &window, layer, d,
                                      srnn_walk__first_states(walk, &window, d),
                                      B));
        if (call->resets != NULL)
            read_states(walk, &fresh, cell,
                        (srnn_matrix){(unsigned char *)walk->parts.fresh +
                                          cell * B * H * srnn_walk__size(walk),
                                      B, H, H});
    }
    if (walk->sizes.window > 0)
        srnn_walk__keep(walk, &window);
}

/* Rows without a step, and padding. They are written before the rest, as h_n
 * may be the memory of h0, which has been read by now. */
static void write_edges(const recording *r)
{
    const srnn_walk *const walk = &r->walk;
    const srnn_options *const options = srnn_walk__options(walk);
    const bool reverse = srnn_options__reverses(options, 0);
    const srnn_window window = srnn_walk__window(
        walk, reverse && walk->rows.T > 0 ? walk->rows.T - 1 : 0);
    if (r->output.data != NULL)
        srnn_outside__clear_padding(&r->output, &walk->rows, walk->sizes.T);
    for (int64_t i = 0; i < walk->sizes.B; i++) {
        if (r->h_n.data == NULL || srnn_rows__length(&walk->rows, i) > 0)
            continue;
        for (int64_t cell = 0; cell < srnn_options__cells(options); cell++) {
            const int64_t d = cell % srnn_options__directions(options);
            const srnn_matrix state = srnn_walk__states(
                walk, &window, cell / srnn_options__directions(options), d,
                srnn_walk__first_states(walk, &window, d) + i, 1);
            srnn_outside__write_state(&r->h_n, &walk->rows, cell, i,
                                      state.data);
        }
    }
}

/* Without a step or a row, nothing but this is recorded. */
static void note_sizes(const srnn_walk *walk, const srnn_tape *tape,
                       const srnn_padded_call *call)
{
    const srnn_options *const options = srnn_walk__options(walk);
    const bool has_steps = walk->sizes.T > 0 && walk->sizes.B > 0;
    *walk->parts.recording =
        (srnn_recording){.bytes = walk->parts.bytes,
                         .version = walk->rnn->version,
                         .steps = walk->sizes.T,
                         .batch = walk->sizes.B,
                         .window = walk->sizes.window,
                         .first_row = tape->first_row,
                         .first_step = tape->first_step,
                         .seed = (uint64_t)tape->seed,
                         .drops = tape->drops != 0 && options->num_layers > 1 &&
                                  options->dropout > 0,
                         .has_batch = call->tensors.input->rank == 3,
                         .has_lengths = has_steps && call->lengths != NULL,
                         .has_resets = has_steps && call->resets != NULL};
}

static void note_call(recording *r, const srnn_padded_call *call)
{
    srnn_walk *const walk = &r->walk;
    const int64_t T = walk->sizes.T;
    const int64_t B = walk->sizes.B;
    note_sequences(walk, call);
    srnn_walk__open(walk, call->tensors.input);
    r->output = srnn_outside__sequence(walk->rnn, call->tensors.output, T, B);
    r->h_n = srnn_outside__states(call->tensors.h_n);
    note_states(walk, call);
    write_edges(r);
}

static srnn_status record_nothing(const srnn_context *context, srnn_tape *tape,
                                  const srnn_padded_call *call,
                                  const srnn_tape_sizes *sizes)
{
    const srnn_options *const options = &context->rnn->options;
    srnn_walk walk = srnn_walk__begin(context, sizes);
    SRNN_TRY(srnn_tape__lay_out(&walk.parts, options, sizes, tape->memory,
                                tape->capacity));
    SRNN_TRY(reserve_tape(&walk, tape));
    note_sizes(&walk, tape, call);
    srnn_forward__keep_states(call->tensors.h_n, call->tensors.h0);
    srnn_tape__remember(walk.parts.recording);
    return SRNN_OK;
}

srnn_status srnn_record__run(srnn_context *context, srnn_tape *tape,
                             const srnn_padded_call *call)
{
    int64_t T = 0;
    int64_t B = 0;
    srnn_plan__sizes(&T, &B, context->rnn, call->tensors.input);
    const srnn_tape_sizes sizes = srnn_tape__sizes(tape, T, B);
    if (T == 0 || B == 0)
        return record_nothing(context, tape, call, &sizes);
    recording r = {.walk = srnn_walk__begin(context, &sizes)};
    SRNN_TRY(srnn_tape__lay_out(&r.walk.parts, &context->rnn->options, &sizes,
                                tape->memory, tape->capacity));
    SRNN_TRY(lay_out_in_context(&r.walk, context));
    SRNN_TRY(srnn_walker__choose_partition(
        &r.walk, context, call->lengths != NULL || call->resets != NULL,
        SRNN_PACE_RECORD));
    SRNN_TRY(reserve_tape(&r.walk, tape));
    note_sizes(&r.walk, tape, call);
    note_call(&r, call);
    if (r.walk.rows.T > 0) {
        if (r.walk.partition.members == 1)
            record(&r, NULL, 0);
        else
            srnn_team__run(context->team, r.walk.partition.members, record, &r);
    }
    srnn_tape__remember(r.walk.parts.recording);
    srnn_walker__note_partition(context, &r.walk);
    return SRNN_OK;
}
