/* SPDX-License-Identifier: MIT */
/* A step reads one set of states and writes the other; then they change places.
 * A layer's input is the state that the layer below has just written. */
#include "stack/stream.h"

#include <string.h>

#include "tensor/dtype.h"
#include "util/error.h"
#include "util/memory.h"

/* See srnn_arena. */
static srnn_stream *lay_out(srnn_arena *arena, const srnn_rnn *rnn,
                            int64_t batch)
{
    const srnn_dtype dtype = (srnn_dtype)rnn->options.dtype;
    const int64_t shape[] = {rnn->options.num_layers, batch,
                             rnn->options.hidden_size};
    srnn_stream *const stream = srnn_arena__take(arena, 1, sizeof(srnn_stream));
    const srnn_tensor states = srnn_tensor__take(arena, dtype, 3, shape);
    const srnn_tensor next = srnn_tensor__take(arena, dtype, 3, shape);
    if (stream != NULL)
        *stream = (srnn_stream){states, next};
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

/* The states of a layer. */
static srnn_matrix layer_of(const srnn_tensor *states, int64_t layer)
{
    const int64_t H = states->shape[2];
    const int64_t offset = layer * states->strides[0];
    return (srnn_matrix){(unsigned char *)states->data +
                             offset * srnn_dtype__size(states->dtype),
                         states->shape[1], H, H};
}

static void swap(srnn_stream *stream)
{
    void *const data = stream->states.data;
    stream->states.data = stream->next.data;
    stream->next.data = data;
}

void srnn_stream__step(srnn_stream *stream, const srnn_rnn *rnn,
                       const srnn_cell__kernels *kernels, const void *input,
                       void *output)
{
    const srnn_dtype dtype = stream->states.dtype;
    srnn_cell__half *const project = SRNN_FOR_DTYPE(dtype, srnn_cell__project);
    srnn_cell__half *const advance = SRNN_FOR_DTYPE(dtype, srnn_cell__advance);
    const int64_t B = stream->states.shape[1];
    const int64_t I = rnn->options.input_size;
    srnn_matrix x = {(void *)input, B, I, I};
    for (int64_t layer = 0; layer < rnn->options.num_layers; layer++) {
        const srnn_cell__weights *const cell = &rnn->cells[layer];
        const srnn_matrix y = layer_of(&stream->next, layer);
        project(cell, kernels, x, y, 0);
        advance(cell, kernels, layer_of(&stream->states, layer), y, 0);
        x = y;
    }
    swap(stream);
    if (output != NULL)
        memcpy(output, x.data,
               (size_t)(B * x.columns * srnn_dtype__size(dtype)));
}
