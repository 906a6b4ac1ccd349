/* SPDX-License-Identifier: MIT */
/* Where a task reads and writes: the caller's tensors, their stand-ins, or the
 * slots between layers. */
#include "stack/task.h"

#include <assert.h>
#include <string.h>

/* A tensor of the caller as [T,B,features]. Where a dimension has one entry its
 * stride is free, and becomes the one that keeps all rows evenly spaced. */
srnn_sequence srnn_task__sequence(const srnn_plan *p, const srnn_tensor *tensor)
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
    const int64_t row = srnn_plan__width(p);
    const int64_t elements = p->slot_steps * p->B * row;
    return (srnn_sequence){(unsigned char *)p->slots +
                               number * elements * srnn_plan__element(p),
                           row, p->B * row, row};
}

/* From step t, row b and feature f on. */
static srnn_sequence from(const srnn_plan *p, srnn_sequence s, int64_t t,
                          int64_t b, int64_t f)
{
    const int64_t offset = t * s.time_stride + b * s.batch_stride + f;
    s.data = (unsigned char *)s.data + offset * srnn_plan__element(p);
    return s;
}

/* What a layer writes in a chunk, which begins at step t. */
static srnn_sequence output_of(const srnn_plan *p, int64_t layer, int64_t chunk,
                               int64_t t)
{
    const bool is_last = layer == p->rnn->options.num_layers - 1;
    if (p->is_in_place || (is_last && p->has_output))
        return from(p, srnn_task__sequence(p, &p->output), t, 0, 0);
    if (p->partition.schedule == SRNN_SCHEDULE_LAYERS)
        return slot(p, 2 * layer + chunk % 2);
    return slot(p, layer % 2);
}

static srnn_sequence input_of(const srnn_plan *p, int64_t layer, int64_t chunk,
                              int64_t t)
{
    if (layer > 0)
        return output_of(p, layer - 1, chunk, t);
    return from(p, srnn_task__sequence(p, &p->input), t, 0, 0);
}

/* The states of one cell in h0 or h_n: [L*D,B,H], or [L*D,H]. */
srnn_matrix srnn_task__states(const srnn_plan *p, const srnn_tensor *states,
                              int64_t cell)
{
    const bool has_rows = states->rank == 3 && p->B > 1;
    return (srnn_matrix){(unsigned char *)states->data +
                             cell * states->strides[0] * srnn_plan__element(p),
                         p->B, states->shape[states->rank - 1],
                         has_rows ? states->strides[1]
                                  : states->shape[states->rank - 1]};
}

/* The same between chunks. */
static srnn_matrix states_between(const srnn_plan *p, int64_t cell)
{
    const int64_t H = p->rnn->options.hidden_size;
    return (srnn_matrix){(unsigned char *)p->states +
                             cell * p->B * H * srnn_plan__element(p),
                         p->B, H, H};
}

static srnn_matrix rows_of(const srnn_plan *p, srnn_matrix matrix,
                           const srnn_task *task)
{
    matrix.data = (unsigned char *)matrix.data +
                  task->first_row * matrix.stride * srnn_plan__element(p);
    matrix.rows = task->rows;
    return matrix;
}

/* Where the last chunk leaves its states; nowhere if nobody wants them. */
static srnn_matrix last_states(const srnn_plan *p, int64_t cell,
                               int64_t direction)
{
    if (p->call.h_n == NULL ||
        (p->call.is_window && srnn_plan__reverses(p, direction)))
        return (srnn_matrix){NULL, 0, 0, 0};
    return srnn_task__states(p, &p->h_n, cell);
}

/* The half of a direction, from row b on. */
static srnn_sequence half(const srnn_plan *p, srnn_sequence output,
                          const srnn_task *task)
{
    const int64_t H = p->rnn->options.hidden_size;
    output = from(p, output, 0, task->first_row, task->direction * H);
    output.features = H;
    return output;
}

static int64_t cell_of(const srnn_plan *p, const srnn_task *task)
{
    return srnn_options__cell(&p->rnn->options, task->layer, task->direction);
}

srnn_layer_pass srnn_task__pass(const srnn_plan *p, const srnn_task *task)
{
    const int64_t cell = cell_of(p, task);
    const int64_t done = task->chunk * p->partition.chunk;
    const int64_t left = p->T - done;
    const bool is_last = left <= p->partition.chunk;
    const int64_t steps = is_last ? left : p->partition.chunk;
    const bool reverse = srnn_plan__reverses(p, task->direction);
    const int64_t t = reverse ? left - steps : done;
    const srnn_sequence input = input_of(p, task->layer, task->chunk, t);
    const srnn_sequence output = output_of(p, task->layer, task->chunk, t);
    const bool takes_h0 = task->chunk == 0 && p->call.h0 != NULL;
    const srnn_matrix before =
        takes_h0 ? srnn_task__states(p, &p->h0, cell) : states_between(p, cell);
    const srnn_matrix after = is_last ? last_states(p, cell, task->direction)
                                      : states_between(p, cell);
    const int64_t behind = is_last && !reverse ? p->call.look_ahead : 0;
    assert(steps > behind);
    const bool is_top = task->layer == p->rnn->options.num_layers - 1;
    return (srnn_layer_pass){
        .cell = &p->rnn->cells[cell],
        .kernels = &p->kernels,
        .T = is_top ? steps - behind : steps,
        .B = task->rows,
        .reverse = reverse,
        .input = from(p, input, 0, task->first_row, 0),
        .output = half(p, output, task),
        .is_projected = p->is_in_place && task->layer > 0,
        .h0 = rows_of(p, before, task),
        .h_n = after.data == NULL ? after : rows_of(p, after, task),
        .h_n_step = reverse ? 0 : steps - behind - 1,
        .columns = p->rnn->options.hidden_size};
}

void srnn_task__set_aside(const srnn_plan *p, const srnn_task *task,
                          int64_t number, int64_t t, int64_t steps)
{
    const srnn_sequence source = srnn_task__sequence(p, &p->output);
    const srnn_sequence target = slot(p, number);
    for (int64_t i = 0; i < steps; i++)
        for (int64_t b = 0; b < task->rows; b++) {
            const int64_t row = task->first_row + b;
            memcpy(from(p, target, i, row, 0).data,
                   from(p, source, t + i, row, 0).data,
                   (size_t)(srnn_plan__width(p) * srnn_plan__element(p)));
        }
}

srnn_layer_pass srnn_task__projection(const srnn_plan *p, const srnn_task *task,
                                      int64_t number, int64_t t, int64_t steps)
{
    const srnn_sequence output =
        from(p, srnn_task__sequence(p, &p->output), t, 0, 0);
    return (srnn_layer_pass){
        .cell = &p->rnn->cells[cell_of(p, task)],
        .kernels = &p->kernels,
        .T = steps,
        .B = task->rows,
        .input = from(p, slot(p, number), 0, task->first_row, 0),
        .output = half(p, output, task),
        .columns = p->rnn->options.hidden_size};
}
