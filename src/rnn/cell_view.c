/* SPDX-License-Identifier: MIT */
/* One step on tensors. Where the kernel cannot work on the caller's memory (a
 * step in place, elements apart), it gets scratch memory for this call. */
#include "rnn/cell_view.h"

#include "tensor/dtype.h"
#include "util/error.h"
#include "util/memory.h"

srnn_status srnn_cell__create(srnn_cell **out, srnn_rnn *rnn, int64_t layer,
                              int64_t direction)
{
    srnn_cell_kernels kernels;
    SRNN_TRY(
        srnn_cell__choose_default(&kernels, (srnn_dtype)rnn->options.dtype,
                                  (srnn_nonlinearity)rnn->options.nonlinearity,
                                  rnn->options.hidden_size));
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_cell)));
    srnn_cell *const cell = memory;
    const int64_t index = srnn_options__cell(&rnn->options, layer, direction);
    *cell = (srnn_cell){{SRNN_HANDLE_CELL}, rnn, &rnn->cells[index], kernels};
    srnn_rnn__retain(rnn);
    srnn_users__add_view(&rnn->users);
    *out = cell;
    return SRNN_OK;
}

void srnn_cell__destroy(srnn_cell *cell)
{
    cell->handle.kind = 0;
    srnn_users__remove_view(&cell->rnn->users);
    srnn_rnn__release(cell->rnn);
    srnn_memory__destroy(cell);
}

typedef struct {
    srnn_tensor input;
    srnn_tensor hidden;
    srnn_tensor output;
} operands;

/* See srnn_arena. */
static void lay_out(operands *use, srnn_arena *arena, const srnn_tensor *input,
                    const srnn_tensor *hidden, const srnn_tensor *output)
{
    const bool in_place =
        hidden != NULL && srnn_tensor__same_memory(hidden, output);
    use->input = srnn_tensor__take_packed(arena, input);
    use->hidden = hidden == NULL
                      ? srnn_tensor__take(arena, output->dtype, output->rank,
                                          output->shape)
                      : srnn_tensor__take_packed(arena, hidden);
    use->output = in_place ? srnn_tensor__take(arena, output->dtype,
                                               output->rank, output->shape)
                           : srnn_tensor__take_packed(arena, output);
}

/* [B,features], or [features] as one row */
static srnn_matrix matrix_of(const srnn_tensor *tensor)
{
    const int64_t rows = tensor->rank == 2 ? tensor->shape[0] : 1;
    const int64_t columns = tensor->shape[tensor->rank - 1];
    return (srnn_matrix){tensor->data, rows, columns,
                         rows > 1 ? tensor->strides[0] : columns};
}

static void step(const srnn_cell *cell, const operands *use)
{
    const srnn_dtype dtype = use->output.dtype;
    srnn_cell_projection *const project =
        SRNN_FOR_DTYPE(dtype, srnn_cell__project);
    srnn_cell_advance *const advance =
        SRNN_FOR_DTYPE(dtype, srnn_cell__advance);
    const srnn_matrix y = matrix_of(&use->output);
    project(cell->weights, &cell->kernels, matrix_of(&use->input), y, 0);
    advance(cell->weights, &cell->kernels, matrix_of(&use->hidden), y, 0, 0);
}

srnn_status srnn_cell__forward(const srnn_cell *cell, const srnn_tensor *input,
                               const srnn_tensor *hidden,
                               const srnn_tensor *output)
{
    if (output->size == 0)
        return SRNN_OK;
    operands use;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&use, &arena, input, hidden, output);
    SRNN_TRY(srnn_arena__check(&arena, "the copies of a step"));
    void *scratch = NULL;
    if (arena.used > 0)
        SRNN_TRY(srnn_memory__create(&scratch, arena.used));
    arena = (srnn_arena){scratch, arena.used, 0, false};
    lay_out(&use, &arena, input, hidden, output);

    srnn_tensor__copy(&use.input, input);
    if (hidden != NULL) /* scratch is zero already */
        srnn_tensor__copy(&use.hidden, hidden);
    step(cell, &use);
    srnn_tensor__copy(output, &use.output);
    srnn_memory__destroy(scratch);
    return SRNN_OK;
}
