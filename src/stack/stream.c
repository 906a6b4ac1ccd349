/* SPDX-License-Identifier: MIT */
/* A step reads one set of states and writes the other; then they change places.
 * A layer's input is the state that the layer below has just written. */
#include "stack/stream.h"

#include <string.h>

#include "tensor/dtype.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"

enum { HEAD = 2 * SRNN_MEMORY_ALIGNMENT };

_Static_assert(sizeof(srnn_stream) <= HEAD, "stream.h promises 256 bytes");

/* Of one set of states. */
static srnn_status measure(int64_t *bytes, const srnn_options *options,
                           int64_t batch)
{
    const int64_t width = srnn_options__cells(options) * options->hidden_size;
    srnn_arena arena = {NULL, 0, 0, false};
    (void)srnn_arena__take_matrix(&arena, batch, width,
                                  srnn_dtype__size(options->dtype));
    *bytes = arena.used;
    return srnn_arena__check(&arena, "the states of a stream");
}

srnn_status srnn_stream__create(srnn_stream **out, const srnn_context *context,
                                int64_t batch)
{
    void *memory = NULL;
    srnn_rnn *const rnn = context->rnn;
    int64_t bytes = 0;
    int64_t total = 0;
    SRNN_TRY(measure(&bytes, &rnn->options, batch));
    if (!srnn_checked__multiply(&total, bytes, 2) ||
        !srnn_checked__add(&total, total, HEAD))
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "a stream would need more than 2^63 - 1 bytes");
    SRNN_TRY(srnn_memory__create(&memory, total));
    srnn_stream *const stream = memory;
    stream->handle.kind = SRNN_HANDLE_STREAM;
    atomic_init(&stream->busy, 0);
    atomic_init(&stream->rnn, rnn);
    atomic_flag_clear(&stream->changes_rnn);
    stream->kernels = context->kernels;
    stream->flushes = context->flushes;
    stream->batch = batch;
    stream->layer_bytes =
        batch * rnn->options.hidden_size * srnn_dtype__size(rnn->options.dtype);
    stream->set_bytes = bytes;
    stream->is_forward = srnn_options__is_forward(&rnn->options);
    stream->alignment =
        (unsigned char)srnn_dtype__alignment(rnn->options.dtype);
    srnn_rnn__retain(rnn);
    srnn_users__add(&rnn->users, &stream->users[0], &stream->busy);
    *out = stream;
    return SRNN_OK;
}

void srnn_stream__destroy(srnn_stream *stream)
{
    srnn_rnn *const rnn = atomic_load(&stream->rnn);
    stream->handle.kind = 0;
    srnn_users__remove(&rnn->users, &stream->users[stream->user]);
    srnn_rnn__release(rnn);
    srnn_memory__destroy(stream);
}

static unsigned char *states_at(const srnn_stream *stream, bool is_second)
{
    return (unsigned char *)stream + HEAD + (is_second ? stream->set_bytes : 0);
}

srnn_tensor srnn_stream__states(const srnn_stream *stream)
{
    const srnn_rnn *const rnn = atomic_load(&stream->rnn);
    const int64_t shape[] = {srnn_options__cells(&rnn->options), stream->batch,
                             rnn->options.hidden_size};
    return srnn_tensor__contiguous(states_at(stream, stream->is_second),
                                   (srnn_dtype)rnn->options.dtype, 3, shape);
}

/* What the kernel for small cells does in one. */
static void step_in_halves(const srnn_cell_weights *cell,
                           const srnn_stream *stream,
                           const srnn_recur_pass *step, srnn_dtype dtype)
{
    srnn_cell_projection *const project =
        SRNN_FOR_DTYPE(dtype, srnn_cell__project);
    srnn_cell_advance *const advance =
        SRNN_FOR_DTYPE(dtype, srnn_cell__advance);
    const int64_t I = cell->weight_ih.matrix.columns;
    const srnn_matrix x = {step->x.data, step->h.rows, I, I};
    srnn_matrix y = step->h;
    y.data = step->y.data;
    project(cell, &stream->kernels, x, y, 0);
    advance(cell, &stream->kernels, step->h, y, 0, stream->is_second);
}

/* A step of one layer. */
static void step_layer(const srnn_stream *stream, srnn_recur_pass *step,
                       const srnn_cell_weights *cell, srnn_dtype dtype)
{
    step->weight_hh = &cell->weight_hh;
    step->weight_ih = &cell->weight_ih;
    step->bias = cell->bias;
    if (srnn_cell__recurs_on_input(&stream->kernels,
                                   cell->weight_ih.matrix.columns,
                                   step->h.columns)) {
        step->x.batch_stride = cell->weight_ih.matrix.columns;
        stream->kernels.recur(step);
    } else {
        step_in_halves(cell, stream, step, dtype);
    }
}

void srnn_stream__step(srnn_stream *stream, const void *input, void *output)
{
    const srnn_rnn *const rnn = atomic_load(&stream->rnn);
    const srnn_dtype dtype = (srnn_dtype)rnn->options.dtype;
    const int64_t H = rnn->options.hidden_size;
    const size_t bytes = (size_t)stream->layer_bytes;
    srnn_recur_pass step = {
        .T = 1,
        .h = {states_at(stream, stream->is_second), stream->batch, H, H},
        .y = {states_at(stream, !stream->is_second), 0, H},
        .x = {(void *)input, 0, 0}};
    for (int64_t layer = 0;;) {
        step_layer(stream, &step, &rnn->cells[layer], dtype);
        if (++layer == rnn->options.num_layers)
            break;
        step.x.data = step.y.data;
        step.h.data = (unsigned char *)step.h.data + bytes;
        step.y.data = (unsigned char *)step.y.data + bytes;
    }
    if (output != NULL)
        memcpy(output, step.y.data, bytes);
    stream->is_second = !stream->is_second;
}

void srnn_stream__reset(srnn_stream *stream, const uint8_t *rows,
                        const void *fresh, int64_t fresh_batch)
{
    const srnn_tensor states = srnn_stream__states(stream);
    const int64_t bytes = states.shape[2] * srnn_dtype__size(states.dtype);
    unsigned char *to = states.data;
    for (int64_t cell = 0; cell < states.shape[0]; cell++)
        for (int64_t b = 0; b < stream->batch; b++, to += bytes) {
            if (rows != NULL && rows[b] == 0)
                continue;
            if (fresh == NULL) {
                memset(to, 0, (size_t)bytes);
                continue;
            }
            const int64_t from =
                cell * fresh_batch + (fresh_batch == 1 ? 0 : b);
            memcpy(to, (const unsigned char *)fresh + from * bytes,
                   (size_t)bytes);
        }
}

bool srnn_stream__begin_change(srnn_stream *stream)
{
    return !atomic_flag_test_and_set(&stream->changes_rnn);
}

void srnn_stream__end_change(srnn_stream *stream)
{
    atomic_flag_clear(&stream->changes_rnn);
}

/* While it changes, the stream is a user of both: writers of either see it. */
void srnn_stream__set_rnn(srnn_stream *stream, srnn_rnn *rnn)
{
    const unsigned char next = stream->user == 0 ? 1 : 0;
    srnn_rnn__retain(rnn);
    srnn_users__add(&rnn->users, &stream->users[next], &stream->busy);
    srnn_rnn *const before = atomic_exchange(&stream->rnn, rnn);
    srnn_busy__await(&stream->busy);
    srnn_users__remove(&before->users, &stream->users[stream->user]);
    stream->user = next;
    srnn_rnn__release(before);
}
