/* SPDX-License-Identifier: MIT */
/* The input product of the whole sequence goes into the output at once; then
 * each step turns its part of the output into the new state, in place:
 *
 *     output = b_ih + b_hh + input W_ih^T           [T*B,I] x [I,H]
 *     output[t] = act(output[t] + output[t-1] W_hh^T)
 */
#include <string.h>

#include "layer/layer.h"
#include "tensor/real.h"

#define cell_project SRNN_REAL_NAME(srnn_cell__project)
#define cell_advance SRNN_REAL_NAME(srnn_cell__advance)

/* The batch at time t. */
static srnn_matrix at(srnn_sequence sequence, int64_t t, int64_t B)
{
    return (srnn_matrix){(real *)sequence.data + t * sequence.time_stride, B,
                         sequence.features, sequence.batch_stride};
}

/* Are all T*B rows evenly spaced, in the order t, b? Then they are one matrix.
 */
static bool is_time_major(srnn_sequence sequence, int64_t B)
{
    return sequence.time_stride == B * sequence.batch_stride;
}

/* The same in the order b, t. */
static bool is_batch_major(srnn_sequence sequence, int64_t T)
{
    return sequence.batch_stride == T * sequence.time_stride;
}

static srnn_matrix all_rows(srnn_sequence sequence, int64_t rows,
                            int64_t stride)
{
    return (srnn_matrix){sequence.data, rows, sequence.features, stride};
}

static void project(const srnn_layer__run *run)
{
    const srnn_sequence x = run->input;
    const srnn_sequence y = run->output;
    const int64_t rows = run->T * run->B;
    if (is_time_major(x, run->B) && is_time_major(y, run->B)) {
        cell_project(run->cell, run->gemm, all_rows(x, rows, x.batch_stride),
                     all_rows(y, rows, y.batch_stride));
    } else if (is_batch_major(x, run->T) && is_batch_major(y, run->T)) {
        cell_project(run->cell, run->gemm, all_rows(x, rows, x.time_stride),
                     all_rows(y, rows, y.time_stride));
    } else {
        for (int64_t t = 0; t < run->T; t++)
            cell_project(run->cell, run->gemm, at(x, t, run->B),
                         at(y, t, run->B));
    }
}

static void copy_rows(srnn_matrix target, srnn_matrix source)
{
    for (int64_t m = 0; m < source.rows; m++)
        memcpy((real *)target.data + m * target.stride,
               (const real *)source.data + m * source.stride,
               (size_t)source.columns * sizeof(real));
}

void SRNN_REAL_NAME(srnn_layer__forward)(const srnn_layer__run *run)
{
    project(run);
    srnn_matrix h = run->h0;
    for (int64_t step = 0; step < run->T; step++) {
        const int64_t t = run->reverse ? run->T - 1 - step : step;
        const srnn_matrix y = at(run->output, t, run->B);
        cell_advance(run->cell, run->gemm, h, y);
        h = y;
    }
    if (run->h_n.data != NULL)
        copy_rows(run->h_n, h);
}
