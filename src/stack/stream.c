/* SPDX-License-Identifier: MIT */
/* A step reads one set of states and writes the other; then they change places.
 * A layer's input is the state that the layer below has just written. */
#include "stack/stream.h"

#include <string.h>

#include "tensor/dtype.h"
#include "util/error.h"
#include "util/memory.h"

/* The states of a layer. */
static void *layer_of(const srnn_tensor *states, int64_t layer)
{
    const int64_t offset = layer * states->strides[0];
    return (unsigned char *)states->data +
           offset * srnn_dtype__size(states->dtype);
}

/* A step of each layer; the first one's x is what the caller gives. */
static void prepare(srnn_recur__run *steps, const srnn_rnn *rnn,
                    const srnn_tensor *states, const srnn_tensor *next)
{
    const int64_t B = states->shape[1];
    const int64_t H = states->shape[2];
    for (int64_t layer = 0; layer < rnn->options.num_layers; layer++) {
        const srnn_cell__weights *const cell = &rnn->cells[layer];
        steps[layer] = (srnn_recur__run){
            .T = 1,
            .weight_hh = &cell->weight_hh,
            .h = {layer_of(states, layer), B, H, H},
            .y = {layer_of(next, layer), 0, H},
            .weight_ih = &cell->weight_ih,
            .bias = cell->bias,
            .x = {layer == 0 ? NULL : layer_of(next, layer - 1), 0,
                  cell->weight_ih.matrix.columns}};
    }
}

/* See srnn_arena. */
static srnn_stream *lay_out(srnn_arena *arena, const srnn_rnn *rnn,
                            int64_t batch)
{
    const srnn_dtype dtype = (srnn_dtype)rnn->options.dtype;
    const int64_t L = rnn->options.num_layers;
    const int64_t shape[] = {L * srnn_options__directions(&rnn->options), batch,
                             rnn->options.hidden_size};
    srnn_stream *const stream = srnn_arena__take(arena, 1, sizeof(srnn_stream));
    if (rnn->options.bidirectional) {
        const srnn_tensor states = srnn_tensor__take(arena, dtype, 3, shape);
        if (stream != NULL)
            *stream = (srnn_stream){.states = states};
        return stream;
    }
    srnn_recur__run *const steps =
        srnn_arena__take(arena, 2 * L, sizeof(srnn_recur__run));
    const srnn_tensor states = srnn_tensor__take(arena, dtype, 3, shape);
    const srnn_tensor next = srnn_tensor__take(arena, dtype, 3, shape);
    if (stream == NULL)
        return NULL;
    prepare(steps, rnn, &states, &next);
    prepare(steps + L, rnn, &next, &states);
    *stream = (srnn_stream){states, next, steps, steps + L};
    return stream;
}

srnn_status srnn_stream__create(srnn_stream **out, const srnn_rnn *rnn,
                                int64_t batch)
{
    void *memory = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    (void)lay_out(&arena, rnn, batch);
    SRNN_TRY(srnn_arena__check(&arena, "the states of a stream"));
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    *out = lay_out(&arena, rnn, batch);
    return SRNN_OK;
}

void srnn_stream__destroy(srnn_stream *stream)
{
    srnn_memory__destroy(stream);
}

static void change_places(srnn_stream *stream)
{
    const srnn_stream before = *stream;
    stream->states.data = before.next.data;
    stream->next.data = before.states.data;
    stream->steps = before.steps_back;
    stream->steps_back = before.steps;
}

/* What the kernel for small cells does in one. */
static void step_in_halves(const srnn_cell__weights *cell,
                           const srnn_cell__kernels *kernels,
                           const srnn_recur__run *step, srnn_dtype dtype)
{
    srnn_cell__half *const project = SRNN_FOR_DTYPE(dtype, srnn_cell__project);
    srnn_cell__half *const advance = SRNN_FOR_DTYPE(dtype, srnn_cell__advance);
    const int64_t I = cell->weight_ih.matrix.columns;
    const srnn_matrix x = {step->x.data, step->h.rows, I, I};
    srnn_matrix y = step->h;
    y.data = step->y.data;
    project(cell, kernels, x, y, 0);
    advance(cell, kernels, step->h, y, 0);
}

void srnn_stream__step(srnn_stream *stream, const srnn_rnn *rnn,
                       const srnn_cell__kernels *kernels, const void *input,
                       void *output)
{
    const srnn_dtype dtype = stream->states.dtype;
    srnn_recur__run *const first = stream->steps;
    const srnn_recur__run *const last = first + rnn->options.num_layers - 1;
    first->x.data = (void *)input;
    for (const srnn_recur__run *step = first; step <= last; step++) {
        if (srnn_cell__recurs_on_input(kernels, step->weight_ih->matrix.columns,
                                       step->h.columns))
            kernels->recur(step);
        else
            step_in_halves(&rnn->cells[step - first], kernels, step, dtype);
    }
    if (output != NULL)
        memcpy(
            output, last->y.data,
            (size_t)(last->h.rows * last->h.columns * srnn_dtype__size(dtype)));
    change_places(stream);
}
