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

#include "tensor/dtype.h"
#include "util/integer.h"

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
                      const srnn_cell_kernels *kernels, const srnn_call *call)
{
    *p = (srnn_plan){.rnn = rnn, .kernels = *kernels};
    p->call = (srnn_call){.input = note(&p->given[0], call->input),
                          .h0 = note(&p->given[1], call->h0),
                          .output = note(&p->given[2], call->output),
                          .h_n = note(&p->given[3], call->h_n),
                          .is_window = call->is_window,
                          .is_of_stream = call->is_of_stream,
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

static bool has_kernels(const srnn_plan *p, const srnn_cell_kernels *kernels)
{
    return p->kernels.gemm == kernels->gemm && p->kernels.isa == kernels->isa;
}

/* How far a window looks ahead follows from the tensors. */
bool srnn_plan__is_for(const srnn_plan *p, const srnn_cell_kernels *kernels,
                       const srnn_call *call)
{
    return p->call.input != NULL && is_alike(p->call.input, call->input) &&
           is_alike(p->call.h0, call->h0) &&
           is_alike(p->call.output, call->output) &&
           is_alike(p->call.h_n, call->h_n) &&
           p->call.is_window == call->is_window && has_kernels(p, kernels);
}

bool srnn_plan__is_for_sizes(const srnn_plan *p,
                             const srnn_cell_kernels *kernels, int64_t T,
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
    if (p->partition.schedule == SRNN_SCHEDULE_LAYERS)
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
        p->partition.schedule == SRNN_SCHEDULE_BATCH ? 1 : p->partition.members;
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
        arena, p->B, p->rnn->options.num_layers * srnn_plan__width(p),
        srnn_plan__element(p));
}

void srnn_plan__lay_out(srnn_plan *p, srnn_arena *arena)
{
    srnn_plan__lay_out_ends(p, arena);
    p->slot_count = count_slots(p);
    p->slot_steps = p->partition.chunk;
    if (p->is_in_place)
        lay_out_aside(p);
    p->slots = srnn_arena__take_matrix(arena, p->slot_steps * p->B,
                                       p->slot_count * srnn_plan__width(p),
                                       srnn_plan__element(p));
}
