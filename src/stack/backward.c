/* SPDX-License-Identifier: MIT */
/* Backward: span after span from the end of the recording, and in each of them
 * from the top layer down (stack/back.h). */
#include "stack/backward.h"

#include <string.h>

#include "stack/back.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/integer.h"

/* This member's part of the gradients of the outputs of a span. */
static void read_d_output(const srnn_walker *w, const srnn_back *b,
                          const srnn_span *s)
{
    const srnn_rows *const rows = &b->walk.rows;
    const int64_t width = srnn_walk__width(&b->walk);
    const srnn_part part = srnn_walker__part_of_steps(w, s->first, s->end);
    if (part.count == 0)
        return;
    const srnn_matrix to = srnn_back__g(
        b, s, srnn_back__options(b)->num_layers - 1, 0, part.row, part.count);
    srnn_outside__gather(&b->d_output, rows, part.at, part.count, to.data,
                         width);
}

static bool back_layer(srnn_walker *w, const srnn_back *b, const srnn_span *s,
                       int64_t layer)
{
    const int64_t directions = srnn_options__directions(srnn_back__options(b));
    const bool keeps = srnn_back__keeps_directions(w, b, layer);
    for (int64_t d = 0; d < directions; d++)
        if (srnn_walker__has_direction(w, d) &&
            !srnn_back__recur(w, b, s, layer, d))
            return false;
    if (!keeps && !srnn_walker__barrier(w))
        return false;
    if (b->blocks > 1) {
        srnn_back__take_block(w, b, s, layer);
        if (!srnn_walker__barrier(w))
            return false;
        /* The barrier after the next recurrence is before the next sums. */
        srnn_back__add_sums(w, b, s, layer);
        return true;
    }
    for (int64_t d = 0; d < directions; d++)
        if (!srnn_back__accumulate(w, b, s, layer, d))
            return false;
    if (keeps)
        (void)srnn_walker__barrier(w); /* such a team does not give up */
    if (layer > 0 || b->d_input.data != NULL)
        srnn_back__give_below(w, b, s, layer);
    return srnn_walker__barrier(w);
}

/* The states of a window again, from its checkpoint. */
static bool record_again(srnn_walker *w, const srnn_window *window)
{
    const srnn_walk *const walk = w->walk;
    const bool reverse = srnn_options__reverses(&walk->rnn->options, 0);
    srnn_span span = srnn_span__begin(window, reverse);
    if (!srnn_walker__barrier(w))
        return false;
    if (w->member == 0)
        srnn_walk__restore(walk, window);
    if (!srnn_walker__barrier(w))
        return false;
    while (srnn_span__next(&span, walk, reverse, 1))
        if (!srnn_span__record(w, &span))
            return false;
    return true;
}

static bool back_window(srnn_walker *w, const srnn_back *b,
                        const srnn_window *window)
{
    const bool descends = !srnn_back__reverses(b, 0);
    srnn_span span = srnn_span__begin(window, descends);
    if (b->walk.sizes.window > 0 && !record_again(w, window))
        return false;
    while (srnn_span__next(&span, &b->walk, descends, b->blocks)) {
        if (!b->reads_d_output) {
            read_d_output(w, b, &span);
            if (!srnn_walker__barrier(w))
                return false;
        }
        for (int64_t layer = srnn_back__options(b)->num_layers - 1; layer >= 0;
             layer--)
            if (!back_layer(w, b, &span, layer))
                return false;
    }
    return true;
}

static void back(void *argument, srnn_team *team, int64_t member)
{
    const srnn_back *const b = argument;
    const bool descends = !srnn_back__reverses(b, 0);
    const int64_t T = b->walk.rows.T;
    srnn_walker w = srnn_walker__begin(&b->walk, team, member);
    for (int64_t t = descends ? T - 1 : 0; descends ? t >= 0 : t < T;) {
        const srnn_window window = srnn_walk__window(&b->walk, t);
        if (!back_window(&w, b, &window))
            return;
        t = descends ? window.first - 1 : window.end;
    }
}

/* The columns of the widest matrix that has rows. */
static int64_t widest(const srnn_back *b)
{
    const int64_t width = srnn_walk__width(&b->walk);
    const int64_t inputs = srnn_back__options(b)->input_size;
    return width > inputs ? width : inputs;
}

/* The elements of the gradients of a cell, of the largest. */
static int64_t gradient_size(const srnn_back *b)
{
    const srnn_options *const options = srnn_back__options(b);
    const int64_t inputs =
        options->num_layers > 1 ? widest(b) : options->input_size;
    return options->hidden_size * (inputs + options->hidden_size + 2);
}

/* How many members may take a block each. Members who share a block each have
 * some rows of its gradients. Where there are few, parts of them fill no tile,
 * and what is to be loaded from other cores is more than what is computed. */
static int64_t most_blocks(const srnn_back *b)
{
    enum { FEW_ROWS = 32, SMALL = 2048 };
    const srnn_walk *const walk = &b->walk;
    const bool is_small = srnn_back__options(b)->hidden_size < FEW_ROWS &&
                          srnn_back__options(b)->input_size <= SMALL &&
                          gradient_size(b) <= SMALL;
    const int64_t steps =
        walk->sizes.window > 0 ? walk->sizes.window : walk->sizes.T;
    if (!is_small || steps <= walk->block ||
        srnn_walk__block_rows(walk) > SRNN_OUTER_ROWS ||
        srnn_walk__needs_whole_spans(walk))
        return 1;
    return srnn_integer__smaller(walk->threads,
                                 srnn_integer__divide_up(steps, walk->block));
}

/* See srnn_arena. */
static void lay_out(srnn_back *b, srnn_arena *arena)
{
    const srnn_options *const options = srnn_back__options(b);
    const int64_t size = srnn_back__size(b);
    const int64_t width = srnn_walk__width(&b->walk);
    const int64_t B = b->walk.sizes.B;
    const int64_t block_rows = srnn_walk__block_rows(&b->walk);
    const int64_t steps = srnn_walk__needs_whole_spans(&b->walk)
                              ? b->walk.sizes.T
                              : b->walk.block * most_blocks(b);
    srnn_walk__lay_out(&b->walk, arena);
    for (int i = 0; i < 2; i++)
        b->g[i] = i > 0 && options->num_layers == 1
                      ? NULL
                      : srnn_arena__take_matrix(arena, steps, B * width, size);
    b->carry =
        srnn_arena__take_matrix(arena, B, options->num_layers * width, size);
    b->d_fresh =
        srnn_arena__take_matrix(arena, B, options->num_layers * width, size);
    b->before =
        srnn_arena__take_matrix(arena, block_rows, options->hidden_size, size);
    b->d_x = srnn_arena__take_matrix(arena, srnn_walk__buffer_rows(&b->walk),
                                     options->input_size, size);
    b->zeros = srnn_arena__take(arena, widest(b), size);
    b->scratch_bytes = srnn_outer__scratch_bytes(block_rows, widest(b) * size);
    b->scratch = srnn_arena__take(arena, b->walk.threads, b->scratch_bytes);
    b->sums = NULL;
    if (most_blocks(b) > 1) {
        b->sums_bytes = (gradient_size(b) * size + 63) / 64 * 64;
        b->sums = srnn_arena__take(arena, b->walk.threads, b->sums_bytes);
    }
}

static srnn_status measure(int64_t *out, const srnn_context *context,
                           const srnn_tape_sizes *sizes)
{
    srnn_back b = {.walk = srnn_walk__begin(context, sizes)};
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&b, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "the buffers of backward"));
    *out = arena.used;
    return SRNN_OK;
}

/* In the memory of the context, which may have to be replaced. */
static srnn_status lay_out_in_context(srnn_back *b, srnn_context *context)
{
    srnn_arena arena = {context->memory, context->capacity, 0, false};
    lay_out(b, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "the buffers of backward"));
    const bool fits = arena.used <= context->capacity;
    SRNN_TRY(srnn_context__replace_memory(context, arena.used));
    if (!fits) {
        arena = (srnn_arena){context->memory, context->capacity, 0, false};
        lay_out(b, &arena);
    }
    return SRNN_OK;
}

srnn_status srnn_backward__size(int64_t *out, const srnn_context *context,
                                const srnn_tape_sizes *sizes)
{
    const int64_t team =
        context->threads > 1 ? srnn_team__bytes(context->threads) : 0;
    int64_t buffers = 0;
    int64_t weights = 0;
    SRNN_TRY(measure(&buffers, context, sizes));
    SRNN_TRY(srnn_transposed__size(&weights, context->rnn));
    if (!srnn_checked__add(out, buffers, weights) ||
        !srnn_checked__add(out, *out, team))
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "the buffers of backward would need more than "
                                "2^63 - 1 bytes");
    return SRNN_OK;
}

/* States [L*D,B,H] of the caller, or zeros, in the order of packed rows. */
static void read_carry(const srnn_back *b)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    const int64_t B = b->walk.sizes.B;
    const int64_t cells = srnn_options__cells(srnn_back__options(b));
    const srnn_outside d_h_n = srnn_outside__states(b->call->d_h_n);
    if (d_h_n.data == NULL) {
        memset(b->carry, 0, (size_t)(cells * B * H * srnn_back__size(b)));
        return;
    }
    for (int64_t cell = 0; cell < cells; cell++)
        for (int64_t i = 0; i < B; i++)
            srnn_outside__read_state(&d_h_n, &b->walk.rows, cell, i,
                                     (unsigned char *)b->carry +
                                         (cell * B + i) * H *
                                             srnn_back__size(b));
}

/* Where the batch shares a state: the sum of its rows, b up. */
static void write_sum(const srnn_back *b, const srnn_outside *to,
                      const void *states, int64_t cell)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    const int64_t B = b->walk.sizes.B;
    const bool is_single = srnn_back__options(b)->dtype == SRNN_DTYPE_FLOAT32;
    for (int64_t k = 0; k < H; k++) {
        double sum = 0;
        for (int64_t row = 0; row < B; row++) {
            const int64_t at = (cell * B + b->walk.places[row]) * H + k;
            sum += is_single ? (double)((const float *)states)[at]
                             : ((const double *)states)[at];
        }
        unsigned char *const element =
            to->data +
            (cell * to->step_stride + k * to->feature_stride) * to->size;
        if (is_single)
            memcpy(element, &(float){(float)sum}, sizeof(float));
        else
            memcpy(element, &sum, sizeof sum);
    }
}

/* Gradients [L*D,B,H] of states, to the caller. */
static void write_states(const srnn_back *b, const srnn_tensor *tensor,
                         const void *states)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    const int64_t B = b->walk.sizes.B;
    const srnn_outside to = srnn_outside__states(tensor);
    if (tensor == NULL || tensor->size == 0)
        return;
    const bool is_shared = tensor->rank == 3 && tensor->shape[1] != B;
    for (int64_t cell = 0; cell < srnn_options__cells(srnn_back__options(b));
         cell++) {
        if (is_shared) {
            write_sum(b, &to, states, cell);
            continue;
        }
        for (int64_t i = 0; i < B; i++)
            srnn_outside__write_state(&to, &b->walk.rows, cell, i,
                                      (const unsigned char *)states +
                                          (cell * B + i) * H *
                                              srnn_back__size(b));
    }
}

/* Without any row, no block is added. */
static void clear_gradients(const srnn_back *b)
{
    const srnn_rnn *const rnn = b->walk.rnn;
    for (int64_t i = 0; !b->call->adds && i < rnn->parameter_count; i++) {
        void *const gradient = srnn_back__gradient(b, i);
        const srnn_tensor parameter = srnn_rnn__parameter(rnn, i);
        if (gradient != NULL)
            memset(gradient, 0, (size_t)(parameter.size * srnn_back__size(b)));
    }
}

static void choose_kernels(srnn_back *b, const srnn_context *context)
{
    const srnn_options *const options = srnn_back__options(b);
    const srnn_cell_kernels *const kernels = &context->kernels;
    const srnn_dtype dtype = (srnn_dtype)options->dtype;
    const srnn_nonlinearity nonlinearity =
        (srnn_nonlinearity)options->nonlinearity;
    b->outer = srnn_outer__find(kernels->isa, dtype);
    b->gradient =
        srnn_activation__find_gradient(nonlinearity, kernels->isa, dtype);
    if (srnn_cell__recurs(kernels, options->hidden_size))
        b->recur =
            srnn_cell__choose_recur_backward(kernels, dtype, nonlinearity);
    b->tiny = context->keeps_tiny_gradients ? 0
              : dtype == SRNN_DTYPE_FLOAT32 ? 0x1p-100
                                            : 0x1p-960;
}

/* Members take a block each if there are enough blocks, and if nothing has to
 * be gathered, for which there is one buffer. */
static int64_t blocks_of(const srnn_back *b)
{
    const srnn_walk *const walk = &b->walk;
    const int64_t members = walk->partition.members;
    const bool takes = walk->partition.schedule == SRNN_SCHEDULE_BATCH &&
                       most_blocks(b) >= members &&
                       srnn_walk__has_rows_in_place(walk) &&
                       (b->d_input.data == NULL ||
                        srnn_outside__is_matrix(&b->d_input, &walk->rows));
    return takes ? members : 1;
}

static void begin(srnn_back *b, const srnn_context *context)
{
    const srnn_tape_sizes *const sizes = &b->walk.sizes;
    const int64_t cells = srnn_options__cells(srnn_back__options(b));
    b->transposed = &context->transposed;
    choose_kernels(b, context);
    b->d_output = srnn_outside__sequence(b->walk.rnn, b->call->d_output,
                                         sizes->T, sizes->B);
    b->reads_d_output = b->d_output.data == NULL ||
                        srnn_outside__is_matrix(&b->d_output, &b->walk.rows);
    b->d_input = srnn_outside__sequence(b->walk.rnn, b->call->d_input, sizes->T,
                                        sizes->B);
    b->blocks = blocks_of(b);
    memset(b->zeros, 0, (size_t)(widest(b) * srnn_back__size(b)));
    memset(b->d_fresh, 0,
           (size_t)(cells * sizes->B * srnn_back__options(b)->hidden_size *
                    srnn_back__size(b)));
    for (int64_t i = 0; i < sizes->B; i++)
        b->walk.places[srnn_rows__row(&b->walk.rows, i)] = i;
    read_carry(b);
}

static void finish(const srnn_back *b)
{
    const srnn_walk *const walk = &b->walk;
    if (b->d_input.data != NULL)
        srnn_outside__clear_padding(&b->d_input, &walk->rows, walk->sizes.T);
    write_states(b, b->call->d_h0, b->carry);
    write_states(b, b->call->d_fresh, b->d_fresh);
}

/* Is there neither a step nor a state that gets a gradient from d_h_n? */
static bool is_nothing(const srnn_recording *recording,
                       const srnn_backward_call *call)
{
    return recording->steps == 0 && (call->d_h_n == NULL || call->d_h0 == NULL);
}

static srnn_status give_zeros(const srnn_back *b)
{
    clear_gradients(b);
    if (b->call->d_h0 != NULL)
        srnn_tensor__fill_zero(b->call->d_h0);
    if (b->call->d_fresh != NULL)
        srnn_tensor__fill_zero(b->call->d_fresh);
    return SRNN_OK;
}

srnn_status srnn_backward__run(srnn_context *context, const srnn_tape *tape,
                               const srnn_backward_call *call)
{
    const srnn_recording *const recording = srnn_tape__recording(tape);
    const srnn_tape_sizes sizes = {recording->steps, recording->batch,
                                   recording->window};
    srnn_back b = {.walk = srnn_walk__begin(context, &sizes), .call = call};
    if (is_nothing(recording, call))
        return give_zeros(&b);
    SRNN_TRY(srnn_walker__choose_partition(&b.walk, context,
                                           recording->has_lengths != 0 ||
                                               recording->has_resets != 0,
                                           SRNN_PACE_BACKWARD));
    SRNN_TRY(lay_out_in_context(&b, context));
    SRNN_TRY(srnn_transposed__reserve(&context->transposed, context->rnn));
    SRNN_TRY(srnn_tape__lay_out(&b.walk.parts, srnn_back__options(&b), &sizes,
                                tape->memory, tape->capacity));
    srnn_transposed__update(&context->transposed, context->rnn);
    srnn_walk__open(&b.walk, call->input);
    begin(&b, context);
    if (b.walk.rows.T == 0) /* as there is no row, too */
        clear_gradients(&b);
    else if (b.walk.partition.members == 1)
        back(&b, NULL, 0);
    else
        srnn_team__run(context->team, b.walk.partition.members, back, &b);
    finish(&b);
    srnn_walker__note_partition(context, &b.walk);
    return SRNN_OK;
}
