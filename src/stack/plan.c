/* SPDX-License-Identifier: MIT */
/* Where layers meet. One direction, or one layer: a chunk of steps goes through
 * all layers, from slot to slot, and only states are kept for the next chunk.
 *
 * A bidirectional stack: a layer needs the whole output of the one below, which
 * is as wide as its own input products. So all layers work in place: some steps
 * of the output are set aside in a slot, their input products for both
 * directions take their place, and when that is done for all steps the states
 * take theirs. */
#include "stack/plan.h"

#include <assert.h>
#include <string.h>

#include "tensor/dtype.h"
#include "util/integer.h"

static int64_t size_of(const srnn_plan *p)
{
    return srnn_dtype__size(p->input.dtype);
}

/* D*H */
static int64_t width(const srnn_plan *p)
{
    return srnn_options__directions(&p->rnn->options) *
           p->rnn->options.hidden_size;
}

static bool reverses(const srnn_plan *p, int64_t direction)
{
    return srnn_options__reverses(&p->rnn->options, direction);
}

void srnn_plan__sizes(int64_t *T, int64_t *B, const srnn_rnn *rnn,
                      const srnn_tensor *input)
{
    const bool batched = input->rank == 3;
    const bool batch_first = rnn->options.batch_first && batched;
    *T = input->shape[batch_first ? 1 : 0];
    *B = batched ? input->shape[batch_first ? 0 : 1] : 1;
}

static const srnn_tensor *note(srnn_tensor *copy, const srnn_tensor *tensor)
{
    if (tensor == NULL)
        return NULL;
    *copy = *tensor;
    return copy;
}

void srnn_plan__begin(srnn_plan *p, const srnn_rnn *rnn,
                      const srnn_cell__kernels *kernels, const srnn_call *call)
{
    *p = (srnn_plan){.rnn = rnn, .kernels = *kernels};
    p->call = (srnn_call){.input = note(&p->given[0], call->input),
                          .h0 = note(&p->given[1], call->h0),
                          .output = note(&p->given[2], call->output),
                          .h_n = note(&p->given[3], call->h_n),
                          .is_window = call->is_window,
                          .look_ahead = call->look_ahead};
    srnn_plan__sizes(&p->T, &p->B, rnn, call->input);
}

bool srnn_plan__is_empty(const srnn_plan *p)
{
    return p->T == p->call.look_ahead || p->B == 0;
}

static bool is_alike(const srnn_tensor *a, const srnn_tensor *b)
{
    return a == NULL || b == NULL ? a == b : srnn_tensor__same_layout(a, b);
}

static bool has_kernels(const srnn_plan *p, const srnn_cell__kernels *kernels)
{
    return p->kernels.gemm == kernels->gemm && p->kernels.isa == kernels->isa;
}

/* How far a window looks ahead follows from the tensors. */
bool srnn_plan__is_for(const srnn_plan *p, const srnn_cell__kernels *kernels,
                       const srnn_call *call)
{
    return p->call.input != NULL && is_alike(p->call.input, call->input) &&
           is_alike(p->call.h0, call->h0) &&
           is_alike(p->call.output, call->output) &&
           is_alike(p->call.h_n, call->h_n) &&
           p->call.is_window == call->is_window && has_kernels(p, kernels);
}

bool srnn_plan__is_for_sizes(const srnn_plan *p,
                             const srnn_cell__kernels *kernels, int64_t T,
                             int64_t B, const srnn_call_memory *memory)
{
    return p->is_contiguous && p->call.input != NULL && p->T == T &&
           p->B == B && memory->of[0] != NULL &&
           (p->call.h0 == NULL) == (memory->of[1] == NULL) &&
           (p->call.output == NULL) == (memory->of[2] == NULL) &&
           (p->call.h_n == NULL) == (memory->of[3] == NULL) &&
           has_kernels(p, kernels);
}

bool srnn_plan__has_memory(const srnn_plan *p, const srnn_call_memory *memory)
{
    for (int i = 0; i < SRNN_CALL_TENSORS; i++)
        if (p->given[i].data != memory->of[i])
            return false;
    return true;
}

/* A stand-in stays where it is. */
static void point(srnn_tensor *use, srnn_tensor *given, void *data)
{
    if (use->data == given->data)
        use->data = data;
    given->data = data;
}

void srnn_plan__point(srnn_plan *p, const srnn_call_memory *memory)
{
    point(&p->input, &p->given[0], memory->of[0]);
    point(&p->h0, &p->given[1], memory->of[1]);
    point(&p->output, &p->given[2], memory->of[2]);
    point(&p->h_n, &p->given[3], memory->of[3]);
}

srnn_tensor srnn_plan__spread(const srnn_plan *p, const srnn_tensor *states)
{
    srnn_tensor spread = *states;
    if (spread.rank == 3 && spread.shape[1] == 1 && p->B != 1)
        spread.strides[1] = 0;
    return spread;
}

static size_t state_bytes(const srnn_plan *p)
{
    return (size_t)(p->rnn->options.num_layers * width(p) * p->B * size_of(p));
}

/* An output, without the batch dimension if the input has none. */
static srnn_tensor take_output(srnn_arena *arena, const srnn_plan *p)
{
    int64_t shape[3];
    srnn_rnn__shape(shape, p->rnn, SRNN_ROLE_OUTPUT, p->T, p->B);
    if (p->input.rank == 2) {
        shape[0] = p->T;
        shape[1] = shape[2];
    }
    return srnn_tensor__take(arena, p->input.dtype, p->input.rank, shape);
}

/* How many outputs lie between layers at one time. A wavefront has two chunks
 * under way at each border; elsewhere two slots take turns. */
static int64_t count_slots(const srnn_plan *p)
{
    const int64_t borders =
        p->rnn->options.num_layers - 1 + (p->has_output ? 0 : 1);
    if (p->share.schedule == SRNN_SCHEDULE_LAYERS)
        return 2 * borders;
    return borders < 2 ? borders : 2;
}

/* In place: one for each member that projects steps of its own; members with
 * rows of their own share one. */
static void lay_out_aside(srnn_plan *p)
{
    const int64_t chunk = SRNN_FOR_DTYPE(p->input.dtype, srnn_layer__chunk)(
        p->B, p->rnn->options.hidden_size);
    p->slot_count =
        p->share.schedule == SRNN_SCHEDULE_BATCH ? 1 : p->share.members;
    p->slot_steps = srnn_integer__smaller(
        srnn_integer__divide_up(chunk, p->slot_count), p->T);
}

void srnn_plan__lay_out_ends(srnn_plan *p, srnn_arena *arena)
{
    const srnn_call *const call = &p->call;
    p->input = srnn_tensor__take_packed(arena, call->input);
    if (call->h0 != NULL) {
        const srnn_tensor h0 = srnn_tensor__take_packed(arena, call->h0);
        p->h0 = srnn_plan__spread(p, &h0);
    }
    p->is_in_place = srnn_options__is_bidirectional(&p->rnn->options) &&
                     p->rnn->options.num_layers > 1;
    p->has_output = call->output != NULL || p->is_in_place;
    if (call->output != NULL && call->look_ahead == 0)
        p->output = srnn_tensor__take_packed(arena, call->output);
    else if (p->has_output)
        p->output = take_output(arena, p);
    if (call->h_n != NULL)
        p->h_n = srnn_tensor__take_packed(arena, call->h_n);
    p->states = srnn_arena__take_matrix(
        arena, p->B, p->rnn->options.num_layers * width(p), size_of(p));
}

void srnn_plan__lay_out(srnn_plan *p, srnn_arena *arena)
{
    srnn_plan__lay_out_ends(p, arena);
    p->slot_count = count_slots(p);
    p->slot_steps = p->share.chunk;
    if (p->is_in_place)
        lay_out_aside(p);
    p->slots = srnn_arena__take_matrix(arena, p->slot_steps * p->B,
                                       p->slot_count * width(p), size_of(p));
}

/* To or from a stand-in, if it is one. */
static void copy(const srnn_tensor *target, const srnn_tensor *source)
{
    if (target->data != source->data)
        srnn_tensor__copy(target, source);
}

void srnn_plan__read(const srnn_plan *p)
{
    copy(&p->input, p->call.input);
    if (p->call.h0 != NULL)
        copy(&p->h0, p->call.h0); /* as many as were given */
    else
        memset(p->states, 0, state_bytes(p));
}

/* The first steps of the output are the caller's. */
static void write_window(const srnn_plan *p)
{
    srnn_tensor kept = p->output; /* not empty, and copied by its shape */
    memcpy(kept.shape, p->call.output->shape, sizeof kept.shape);
    srnn_tensor__copy(p->call.output, &kept);
}

void srnn_plan__write(const srnn_plan *p)
{
    if (p->call.look_ahead > 0)
        write_window(p);
    else if (p->call.output != NULL)
        copy(p->call.output, &p->output);
    if (p->call.h_n != NULL)
        copy(p->call.h_n, &p->h_n);
}

/* A tensor of the caller as [T,B,features]. Where a dimension has one entry its
 * stride is free, and becomes the one that keeps all rows evenly spaced. */
srnn_sequence srnn_plan__sequence(const srnn_plan *p, const srnn_tensor *tensor)
{
    const bool batch_first = p->rnn->options.batch_first && tensor->rank == 3;
    srnn_sequence s = {tensor->data, tensor->shape[tensor->rank - 1],
                       tensor->strides[batch_first ? 1 : 0],
                       tensor->strides[batch_first ? 0 : 1]};
    if (p->B == 1)
        s.batch_stride = p->T == 1 ? s.features : s.time_stride;
    if (p->T == 1)
        s.time_stride = p->B * s.batch_stride;
    return s;
}

static srnn_sequence slot(const srnn_plan *p, int64_t number)
{
    const int64_t row = width(p);
    const int64_t elements = p->slot_steps * p->B * row;
    return (srnn_sequence){(unsigned char *)p->slots +
                               number * elements * size_of(p),
                           row, p->B * row, row};
}

/* From step t, row b and feature f on. */
static srnn_sequence from(const srnn_plan *p, srnn_sequence s, int64_t t,
                          int64_t b, int64_t f)
{
    const int64_t offset = t * s.time_stride + b * s.batch_stride + f;
    s.data = (unsigned char *)s.data + offset * size_of(p);
    return s;
}

/* What a layer writes in a chunk, which begins at step t. */
static srnn_sequence output_of(const srnn_plan *p, int64_t layer, int64_t chunk,
                               int64_t t)
{
    const bool is_last = layer == p->rnn->options.num_layers - 1;
    if (p->is_in_place || (is_last && p->has_output))
        return from(p, srnn_plan__sequence(p, &p->output), t, 0, 0);
    if (p->share.schedule == SRNN_SCHEDULE_LAYERS)
        return slot(p, 2 * layer + chunk % 2);
    return slot(p, layer % 2);
}

static srnn_sequence input_of(const srnn_plan *p, int64_t layer, int64_t chunk,
                              int64_t t)
{
    if (layer > 0)
        return output_of(p, layer - 1, chunk, t);
    return from(p, srnn_plan__sequence(p, &p->input), t, 0, 0);
}

/* The states of one cell in h0 or h_n: [L*D,B,H], or [L*D,H]. */
srnn_matrix srnn_plan__states(const srnn_plan *p, const srnn_tensor *states,
                              int64_t cell)
{
    const bool has_rows = states->rank == 3 && p->B > 1;
    return (srnn_matrix){
        (unsigned char *)states->data + cell * states->strides[0] * size_of(p),
        p->B, states->shape[states->rank - 1],
        has_rows ? states->strides[1] : states->shape[states->rank - 1]};
}

/* The same between chunks. */
static srnn_matrix states_between(const srnn_plan *p, int64_t cell)
{
    const int64_t H = p->rnn->options.hidden_size;
    return (srnn_matrix){
        (unsigned char *)p->states + cell * p->B * H * size_of(p), p->B, H, H};
}

static srnn_matrix rows_of(const srnn_plan *p, srnn_matrix matrix,
                           const srnn_piece *piece)
{
    matrix.data = (unsigned char *)matrix.data +
                  piece->first_row * matrix.stride * size_of(p);
    matrix.rows = piece->rows;
    return matrix;
}

/* Where the last chunk leaves its states; nowhere if nobody wants them. */
static srnn_matrix last_states(const srnn_plan *p, int64_t cell,
                               int64_t direction)
{
    if (p->call.h_n == NULL || (p->call.is_window && reverses(p, direction)))
        return (srnn_matrix){NULL, 0, 0, 0};
    return srnn_plan__states(p, &p->h_n, cell);
}

/* The half of a direction, from row b on. */
static srnn_sequence half(const srnn_plan *p, srnn_sequence output,
                          const srnn_piece *piece)
{
    const int64_t H = p->rnn->options.hidden_size;
    output = from(p, output, 0, piece->first_row, piece->direction * H);
    output.features = H;
    return output;
}

static int64_t cell_of(const srnn_plan *p, const srnn_piece *piece)
{
    return srnn_options__cell(&p->rnn->options, piece->layer, piece->direction);
}

srnn_layer__run srnn_plan__run(const srnn_plan *p, const srnn_piece *piece)
{
    const int64_t cell = cell_of(p, piece);
    const int64_t done = piece->chunk * p->share.chunk;
    const int64_t left = p->T - done;
    const bool is_last = left <= p->share.chunk;
    const int64_t steps = is_last ? left : p->share.chunk;
    const bool reverse = reverses(p, piece->direction);
    const int64_t t = reverse ? left - steps : done;
    const srnn_sequence input = input_of(p, piece->layer, piece->chunk, t);
    const srnn_sequence output = output_of(p, piece->layer, piece->chunk, t);
    const bool takes_h0 = piece->chunk == 0 && p->call.h0 != NULL;
    const srnn_matrix before =
        takes_h0 ? srnn_plan__states(p, &p->h0, cell) : states_between(p, cell);
    const srnn_matrix after = is_last ? last_states(p, cell, piece->direction)
                                      : states_between(p, cell);
    const int64_t behind = is_last && !reverse ? p->call.look_ahead : 0;
    assert(steps > behind);
    const bool is_top = piece->layer == p->rnn->options.num_layers - 1;
    return (srnn_layer__run){
        .cell = &p->rnn->cells[cell],
        .kernels = &p->kernels,
        .T = is_top ? steps - behind : steps,
        .B = piece->rows,
        .reverse = reverse,
        .input = from(p, input, 0, piece->first_row, 0),
        .output = half(p, output, piece),
        .is_projected = p->is_in_place && piece->layer > 0,
        .h0 = rows_of(p, before, piece),
        .h_n = after.data == NULL ? after : rows_of(p, after, piece),
        .h_n_step = reverse ? 0 : steps - behind - 1,
        .columns = p->rnn->options.hidden_size};
}

void srnn_plan__set_aside(const srnn_plan *p, const srnn_piece *piece,
                          int64_t number, int64_t t, int64_t steps)
{
    const srnn_sequence source = srnn_plan__sequence(p, &p->output);
    const srnn_sequence target = slot(p, number);
    for (int64_t i = 0; i < steps; i++)
        for (int64_t b = 0; b < piece->rows; b++) {
            const int64_t row = piece->first_row + b;
            memcpy(from(p, target, i, row, 0).data,
                   from(p, source, t + i, row, 0).data,
                   (size_t)(width(p) * size_of(p)));
        }
}

srnn_layer__run srnn_plan__projection(const srnn_plan *p,
                                      const srnn_piece *piece, int64_t number,
                                      int64_t t, int64_t steps)
{
    const srnn_sequence output =
        from(p, srnn_plan__sequence(p, &p->output), t, 0, 0);
    return (srnn_layer__run){
        .cell = &p->rnn->cells[cell_of(p, piece)],
        .kernels = &p->kernels,
        .T = steps,
        .B = piece->rows,
        .input = from(p, slot(p, number), 0, piece->first_row, 0),
        .output = half(p, output, piece),
        .columns = p->rnn->options.hidden_size};
}
