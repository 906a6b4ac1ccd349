/* SPDX-License-Identifier: MIT */
/* Depth and direction. Layer l reads what layer l-1 wrote: two buffers take
 * turns, the last layer writes the caller's output. Tensors whose elements are
 * not side by side pass through a contiguous copy. */
#include "stack/forward.h"

#include "layer/layer.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/memory.h"

srnn_status srnn_context__create(srnn_context **out, srnn_rnn *rnn)
{
    const srnn_gemm__provider *gemm = NULL;
    SRNN_TRY(srnn_gemm__default(&gemm));
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_context)));
    srnn_context *const context = memory;
    context->handle.kind = SRNN_HANDLE_CONTEXT;
    atomic_flag_clear(&context->busy);
    context->rnn = rnn;
    context->gemm = gemm;
    srnn_rnn__retain(rnn);
    *out = context;
    return SRNN_OK;
}

void srnn_context__destroy(srnn_context *context)
{
    context->handle.kind = 0;
    srnn_rnn__release(context->rnn);
    srnn_memory__destroy(context->memory);
    srnn_memory__destroy(context);
}

typedef struct {
    const srnn_rnn *rnn;
    const srnn_gemm__provider *gemm;
    int64_t T;
    int64_t B;
    /* The caller's tensors, or their contiguous stand-ins. h0 is always there,
     * output too. */
    srnn_tensor input;
    srnn_tensor h0;
    srnn_tensor output;
    srnn_tensor h_n;
    bool wants_h_n;
    void *between[2]; /* [T,B,D*H] from layer to layer */
} plan;

/* The shape of a role, without the batch dimension if the input has none. */
static srnn_tensor take_role(srnn_arena *arena, const plan *p, srnn_role role)
{
    int64_t shape[3];
    srnn_rnn__shape(shape, p->rnn, role, p->T, p->B);
    if (p->input.rank == 2 && role == SRNN_ROLE_OUTPUT)
        shape[0] = p->T;
    if (p->input.rank == 2)
        shape[1] = shape[2];
    return srnn_tensor__take(arena, p->input.dtype, p->input.rank, shape);
}

static int64_t width(const plan *p)
{
    return srnn_options__directions(&p->rnn->options) *
           p->rnn->options.hidden_size;
}

/* See srnn_arena. */
static void lay_out(plan *p, srnn_arena *arena, const srnn_tensor *input,
                    const srnn_tensor *h0, const srnn_tensor *output,
                    const srnn_tensor *h_n)
{
    const int64_t layers = p->rnn->options.num_layers;
    p->input = srnn_tensor__take_packed(arena, input);
    p->h0 = h0 != NULL ? srnn_tensor__take_packed(arena, h0)
                       : take_role(arena, p, SRNN_ROLE_HIDDEN);
    p->output = output != NULL ? srnn_tensor__take_packed(arena, output)
                               : take_role(arena, p, SRNN_ROLE_OUTPUT);
    p->wants_h_n = h_n != NULL;
    if (h_n != NULL)
        p->h_n = srnn_tensor__take_packed(arena, h_n);
    for (int i = 0; i < 2 && i + 1 < layers; i++)
        p->between[i] = srnn_arena__take_matrix(arena, p->T * p->B, width(p),
                                                srnn_dtype__size(input->dtype));
}

static srnn_status reserve(srnn_context *context, int64_t bytes)
{
    if (bytes <= context->capacity)
        return SRNN_OK;
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, bytes));
    srnn_memory__destroy(context->memory);
    context->memory = memory;
    context->capacity = bytes;
    return SRNN_OK;
}

/* A tensor of the caller as [T,B,features]. Where a dimension has one entry
 * its stride is free, and becomes the one that keeps all rows evenly spaced. */
static srnn_sequence sequence_of(const plan *p, const srnn_tensor *tensor)
{
    const bool batch_first = p->rnn->options.batch_first && tensor->rank == 3;
    srnn_sequence s = {tensor->data, tensor->shape[tensor->rank - 1],
                       tensor->strides[batch_first ? 1 : 0],
                       tensor->strides[batch_first ? 0 : 1]};
    if (p->B == 1)
        s.batch_stride = s.time_stride;
    if (p->T == 1)
        s.time_stride = p->B * s.batch_stride;
    return s;
}

/* A buffer between layers, in the order of the caller's output. */
static srnn_sequence between(const plan *p, int64_t layer)
{
    const int64_t row = width(p);
    srnn_sequence s = {p->between[layer % 2], row, p->B * row, row};
    if (p->rnn->options.batch_first && p->B > 1 && p->T > 1) {
        s.time_stride = row;
        s.batch_stride = p->T * row;
    }
    return s;
}

/* The half of an output that one direction writes. */
static srnn_sequence half(const plan *p, srnn_sequence output,
                          int64_t direction)
{
    const int64_t hidden_size = p->rnn->options.hidden_size;
    output.data = (unsigned char *)output.data +
                  direction * hidden_size * srnn_dtype__size(p->input.dtype);
    output.features = hidden_size;
    return output;
}

/* The states [B,H] of one cell in h0 or h_n: [L*D,B,H], or [L*D,H]. */
static srnn_matrix states_of(const srnn_tensor *states, int64_t cell)
{
    const bool batched = states->rank == 3;
    return (srnn_matrix){
        (unsigned char *)states->data +
            cell * states->strides[0] * srnn_dtype__size(states->dtype),
        batched ? states->shape[1] : 1, states->shape[states->rank - 1],
        states->strides[batched ? 1 : 0]};
}

static void run_layer(const plan *p, int64_t layer)
{
    const int64_t directions = srnn_options__directions(&p->rnn->options);
    const bool is_last = layer + 1 == p->rnn->options.num_layers;
    const srnn_sequence input =
        layer == 0 ? sequence_of(p, &p->input) : between(p, layer - 1);
    const srnn_sequence output =
        is_last ? sequence_of(p, &p->output) : between(p, layer);
    for (int64_t direction = 0; direction < directions; direction++) {
        const int64_t cell = layer * directions + direction;
        srnn_layer__run run = {&p->rnn->cells[cell],
                               p->gemm,
                               p->T,
                               p->B,
                               direction == 1,
                               input,
                               half(p, output, direction),
                               states_of(&p->h0, cell),
                               {NULL, 0, 0, 0}};
        if (p->wants_h_n)
            run.h_n = states_of(&p->h_n, cell);
        SRNN_FOR_DTYPE(p->input.dtype, srnn_layer__forward)(&run);
    }
}

/* No step: the states stay as they are. */
static void keep_states(const srnn_tensor *h0, const srnn_tensor *h_n)
{
    if (h_n == NULL || h_n->size == 0)
        return;
    if (h0 != NULL)
        srnn_tensor__copy(h_n, h0);
    else
        srnn_tensor__fill_zero(h_n);
}

static void run_layers(const plan *p)
{
    for (int64_t layer = 0; layer < p->rnn->options.num_layers; layer++)
        run_layer(p, layer);
}

srnn_status srnn_context__forward(srnn_context *context,
                                  const srnn_tensor *input,
                                  const srnn_tensor *h0, srnn_tensor *output,
                                  srnn_tensor *h_n)
{
    const bool batch_first =
        context->rnn->options.batch_first && input->rank == 3;
    plan p = {.rnn = context->rnn, .gemm = context->gemm};
    p.T = input->shape[batch_first ? 1 : 0];
    p.B = input->rank == 2 ? 1 : input->shape[batch_first ? 0 : 1];
    if (p.T == 0 || p.B == 0) {
        keep_states(h0, h_n);
        return SRNN_OK;
    }
    srnn_arena arena = {NULL, 0, false};
    lay_out(&p, &arena, input, h0, output, h_n);
    SRNN_TRY(srnn_arena__check(&arena, "the buffers between layers"));
    SRNN_TRY(reserve(context, arena.used));
    arena = (srnn_arena){context->memory, 0, false};
    lay_out(&p, &arena, input, h0, output, h_n);

    srnn_tensor__copy(&p.input, input);
    if (h0 != NULL)
        srnn_tensor__copy(&p.h0, h0);
    else
        srnn_tensor__fill_zero(&p.h0);
    run_layers(&p);
    if (output != NULL)
        srnn_tensor__copy(output, &p.output);
    if (h_n != NULL)
        srnn_tensor__copy(h_n, &p.h_n);
    return SRNN_OK;
}
