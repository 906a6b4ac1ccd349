/* SPDX-License-Identifier: MIT */
/* The input product of a chunk of steps goes into the output at once; then each
 * step turns its part of the output into the new state, in place, while it is
 * still in cache:
 *
 *     output = b_ih + b_hh + input W_ih^T           [rows,I] x [I,H]
 *     output[t] = act(output[t] + output[t-1] W_hh^T)
 */
#include <string.h>

#include "layer/layer.h"
#include "simd/real.h"
#include "util/integer.h"

#define cell_project SRNN_REAL_NAME(srnn_cell__project)
#define cell_advance SRNN_REAL_NAME(srnn_cell__advance)

/* The batch at time t. */
static srnn_matrix at(srnn_sequence sequence, int64_t t, int64_t B)
{
    return (srnn_matrix){(real *)sequence.data + t * sequence.time_stride, B,
                         sequence.features, sequence.batch_stride};
}

/* Its output should stay in the second-level cache, and its rows be many enough
 * for the product to be efficient. */
int64_t SRNN_REAL_NAME(srnn_layer__chunk)(int64_t B, int64_t hidden_size)
{
    enum { CHUNK_BYTES = 1 << 18, CHUNK_ROWS = 512 };
    const int64_t row = hidden_size * (int64_t)sizeof(real);
    const int64_t rows =
        row * CHUNK_ROWS > CHUNK_BYTES ? CHUNK_ROWS : CHUNK_BYTES / row;
    return srnn_integer__divide_up(rows, B);
}

/* Some columns of a matrix. */
static srnn_matrix columns_of(srnn_matrix matrix, int64_t first,
                              int64_t columns)
{
    matrix.data = (real *)matrix.data + first;
    matrix.columns = columns;
    return matrix;
}

/* The columns of the output that this run makes. */
static srnn_matrix own(const srnn_layer__run *run, srnn_matrix y)
{
    return columns_of(y, run->first_column, run->columns);
}

/* Are the rows evenly spaced in the order t, b? Then they are one matrix. */
static bool is_time_major(srnn_sequence sequence, int64_t B)
{
    return sequence.time_stride == B * sequence.batch_stride;
}

/* All steps of one row of the batch. */
static srnn_matrix over_time(srnn_sequence sequence, int64_t t, int64_t b,
                             int64_t steps)
{
    return (srnn_matrix){(real *)sequence.data + t * sequence.time_stride +
                             b * sequence.batch_stride,
                         steps, sequence.features, sequence.time_stride};
}

static void project_rows(const srnn_layer__run *run, srnn_matrix x,
                         srnn_matrix y)
{
    cell_project(run->cell, run->kernels, x, own(run, y), run->first_column);
}

/* As one matrix where that is possible, else as the fewest: one for each step,
 * or one for each row of the batch. */
static void project(const srnn_layer__run *run, int64_t t, int64_t steps)
{
    const srnn_sequence x = run->input;
    const srnn_sequence y = run->output;
    if (is_time_major(x, run->B) && is_time_major(y, run->B)) {
        srnn_matrix rows_x = at(x, t, run->B);
        srnn_matrix rows_y = at(y, t, run->B);
        rows_x.rows = steps * run->B;
        rows_y.rows = steps * run->B;
        project_rows(run, rows_x, rows_y);
    } else if (steps < run->B) {
        for (int64_t i = t; i < t + steps; i++)
            project_rows(run, at(x, i, run->B), at(y, i, run->B));
    } else {
        for (int64_t b = 0; b < run->B; b++)
            project_rows(run, over_time(x, t, b, steps),
                         over_time(y, t, b, steps));
    }
}

void SRNN_REAL_NAME(srnn_layer__project)(const srnn_layer__run *run)
{
    project(run, 0, run->T);
}

static void copy_rows(srnn_matrix target, srnn_matrix source)
{
    for (int64_t m = 0; m < source.rows; m++)
        memcpy((real *)target.data + m * target.stride,
               (const real *)source.data + m * source.stride,
               (size_t)source.columns * sizeof(real));
}

/* One step; the new state. */
static srnn_matrix step(const srnn_layer__run *run, srnn_matrix h, int64_t t)
{
    const srnn_matrix y = at(run->output, t, run->B);
    cell_advance(run->cell, run->kernels, h, own(run, y), run->first_column);
    return y;
}

/* After a step: false if this member is to leave. Where the team breaks up,
 * member 0 takes all columns over; the input products of the chunk are there.
 */
static bool stay(srnn_layer__run *run)
{
    if (run->team == NULL || srnn_team__meet(run->team, run->member))
        return true;
    run->team = NULL;
    run->first_column = 0;
    run->columns = run->output.features;
    return run->member == 0;
}

/* A batch of states within a line: to make the input products of all steps
 * first takes longer than to make them step by step. */
static bool recurs_on_input(const srnn_layer__run *run)
{
    enum { LINE = SRNN_LINE_BYTES / sizeof(real) };
    return !run->is_projected &&
           srnn_cell__recurs_on_input(run->kernels, run->input.features,
                                      run->output.features) &&
           run->B * run->output.features <= LINE;
}

/* From step t on, in the order of the run. */
static srnn_recur__sequence in_order(const srnn_layer__run *run,
                                     srnn_sequence sequence, int64_t t)
{
    return (srnn_recur__sequence){at(sequence, t, run->B).data,
                                  run->reverse ? -sequence.time_stride
                                               : sequence.time_stride,
                                  sequence.batch_stride};
}

/* All steps of a chunk at once; the new state. */
static srnn_matrix recur(const srnn_layer__run *run, srnn_matrix h, int64_t t,
                         int64_t steps)
{
    const srnn_sequence y = run->output;
    const int64_t first = run->reverse ? t + steps - 1 : t;
    const int64_t last = run->reverse ? t : t + steps - 1;
    srnn_recur__run chunk = {.T = steps,
                             .weight_hh = &run->cell->weight_hh,
                             .h = h,
                             .y = in_order(run, y, first)};
    if (recurs_on_input(run)) {
        chunk.weight_ih = &run->cell->weight_ih;
        chunk.bias = run->cell->bias;
        chunk.x = in_order(run, run->input, first);
    }
    run->kernels->recur(&chunk);
    return at(y, last, run->B);
}

bool SRNN_REAL_NAME(srnn_layer__forward)(const srnn_layer__run *given)
{
    srnn_layer__run run = *given;
    const int64_t length =
        SRNN_REAL_NAME(srnn_layer__chunk)(run.B, run.output.features);
    srnn_matrix h = run.h0;
    for (int64_t done = 0; done < run.T; done += length) {
        const int64_t left = run.T - done;
        const int64_t steps = left < length ? left : length;
        const int64_t first = run.reverse ? left - steps : done;
        if (!run.is_projected && !recurs_on_input(&run))
            project(&run, first, steps);
        if (srnn_cell__recurs(run.kernels, run.output.features)) {
            h = recur(&run, h, first, steps);
            continue;
        }
        for (int64_t i = 0; i < steps; i++) {
            h = step(&run, h, run.reverse ? left - 1 - i : done + i);
            if (!stay(&run))
                return false;
        }
    }
    if (run.h_n.data == NULL)
        return run.team == given->team;
    /* The next run may start from these states, all columns of them. */
    copy_rows(own(&run, run.h_n),
              own(&run, at(run.output, run.h_n_step, run.B)));
    return stay(&run) && run.team == given->team;
}
