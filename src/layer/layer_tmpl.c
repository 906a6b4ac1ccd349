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

/* The columns of the output that this pass makes. */
static srnn_matrix own(const srnn_layer_pass *pass, srnn_matrix y)
{
    return columns_of(y, pass->first_column, pass->columns);
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

static void project_rows(const srnn_layer_pass *pass, srnn_matrix x,
                         srnn_matrix y)
{
    cell_project(pass->cell, pass->kernels, x, own(pass, y),
                 pass->first_column);
}

/* As one matrix where that is possible, else as the fewest: one for each step,
 * or one for each row of the batch. */
static void project(const srnn_layer_pass *pass, int64_t t, int64_t steps)
{
    const srnn_sequence x = pass->input;
    const srnn_sequence y = pass->output;
    if (is_time_major(x, pass->B) && is_time_major(y, pass->B)) {
        srnn_matrix rows_x = at(x, t, pass->B);
        srnn_matrix rows_y = at(y, t, pass->B);
        rows_x.rows = steps * pass->B;
        rows_y.rows = steps * pass->B;
        project_rows(pass, rows_x, rows_y);
    } else if (steps < pass->B) {
        for (int64_t i = t; i < t + steps; i++)
            project_rows(pass, at(x, i, pass->B), at(y, i, pass->B));
    } else {
        for (int64_t b = 0; b < pass->B; b++)
            project_rows(pass, over_time(x, t, b, steps),
                         over_time(y, t, b, steps));
    }
}

void SRNN_REAL_NAME(srnn_layer__project)(const srnn_layer_pass *pass)
{
    project(pass, 0, pass->T);
}

static void copy_rows(srnn_matrix target, srnn_matrix source)
{
    for (int64_t m = 0; m < source.rows; m++)
        memcpy((real *)target.data + m * target.stride,
               (const real *)source.data + m * source.stride,
               (size_t)source.columns * sizeof(real));
}

/* One step; the new state. */
static srnn_matrix step(const srnn_layer_pass *pass, srnn_matrix h, int64_t t)
{
    const srnn_matrix y = at(pass->output, t, pass->B);
    cell_advance(pass->cell, pass->kernels, h, own(pass, y), pass->first_column,
                 t);
    return y;
}

/* After a step: false if this member is to leave. Where the team gives up,
 * member 0 takes all columns over; the input products of the chunk are there.
 */
static bool stay(srnn_layer_pass *pass)
{
    if (pass->team == NULL || srnn_team__barrier(pass->team, pass->member))
        return true;
    pass->team = NULL;
    pass->first_column = 0;
    pass->columns = pass->output.features;
    return pass->member == 0;
}

/* A batch of states within a line: to make the input products of all steps
 * first takes longer than to make them step by step. Rows in tiles: they stay
 * in registers on the way. */
static bool recurs_on_input(const srnn_layer_pass *pass)
{
    const int64_t row = pass->output.features * (int64_t)sizeof(real);
    return !pass->is_projected &&
           srnn_cell__recurs_on_input(pass->kernels, pass->input.features,
                                      pass->output.features) &&
           (pass->B * row <= SRNN_LINE_BYTES ||
            srnn_cell__tiles(pass->kernels, pass->B, row));
}

/* From step t on, in the order of the pass. */
static srnn_recur_sequence in_order(const srnn_layer_pass *pass,
                                    srnn_sequence sequence, int64_t t)
{
    return (srnn_recur_sequence){at(sequence, t, pass->B).data,
                                 pass->reverse ? -sequence.time_stride
                                               : sequence.time_stride,
                                 sequence.batch_stride};
}

/* All steps of a chunk at once; the new state. */
static srnn_matrix recur(const srnn_layer_pass *pass, srnn_matrix h, int64_t t,
                         int64_t steps)
{
    const srnn_sequence y = pass->output;
    const int64_t first = pass->reverse ? t + steps - 1 : t;
    const int64_t last = pass->reverse ? t : t + steps - 1;
    srnn_recur_pass chunk = {.T = steps,
                             .weight_hh = &pass->cell->weight_hh,
                             .h = h,
                             .y = in_order(pass, y, first)};
    if (recurs_on_input(pass)) {
        chunk.weight_ih = &pass->cell->weight_ih;
        chunk.bias = pass->cell->bias;
        chunk.x = in_order(pass, pass->input, first);
    }
    pass->kernels->recur(&chunk);
    return at(y, last, pass->B);
}

bool SRNN_REAL_NAME(srnn_layer__forward)(const srnn_layer_pass *given)
{
    srnn_layer_pass pass = *given;
    const int64_t length =
        SRNN_REAL_NAME(srnn_layer__chunk)(pass.B, pass.output.features);
    srnn_matrix h = pass.h0;
    for (int64_t done = 0; done < pass.T; done += length) {
        const int64_t left = pass.T - done;
        const int64_t steps = srnn_integer__smaller(left, length);
        const int64_t first = pass.reverse ? left - steps : done;
        if (!pass.is_projected && !recurs_on_input(&pass))
            project(&pass, first, steps);
        if (srnn_cell__recurs(pass.kernels, pass.output.features)) {
            h = recur(&pass, h, first, steps);
            continue;
        }
        for (int64_t i = 0; i < steps; i++) {
            h = step(&pass, h, pass.reverse ? left - 1 - i : done + i);
            if (!stay(&pass))
                return false;
        }
    }
    if (pass.h_n.data == NULL)
        return pass.team == given->team;
    /* The next pass may start from these states, all columns of them. */
    copy_rows(own(&pass, pass.h_n),
              own(&pass, at(pass.output, pass.h_n_step, pass.B)));
    return stay(&pass) && pass.team == given->team;
}
