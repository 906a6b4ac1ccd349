/* SPDX-License-Identifier: MIT */
/* srnn_cell_*: checks, then src/rnn. */
#include <inttypes.h>

#include "api/check.h"
#include "rnn/cell_view.h"
#include "util/text.h"

enum { WEIGHTS = 4 };

static const char *const names[WEIGHTS] = {"weight_ih", "weight_hh", "bias_ih",
                                           "bias_hh"};

static srnn_status check_handles(const srnn_tensor *const *weights)
{
    for (int i = 0; i < WEIGHTS; i++)
        if (i < 2 || weights[i] != NULL)
            SRNN_TRY(
                srnn_check__handle(weights[i], SRNN_HANDLE_TENSOR, names[i]));
    return SRNN_OK;
}

/* The options of an rnn that is this cell alone. */
static srnn_status note_options(srnn_options *options,
                                const srnn_tensor *const *weights)
{
    for (int i = 0; i < 2; i++) {
        const srnn_dimension matrix[] = {
            {"hidden_size", SRNN_ANY_SIZE},
            {i == 0 ? "input_size" : "hidden_size", SRNN_ANY_SIZE}};
        if (weights[i]->rank != 2)
            return srnn_shape__fail(names[i], weights[i]->rank,
                                    weights[i]->shape, "a cell", 2, matrix);
    }
    options->hidden_size = weights[0]->shape[0];
    options->input_size = weights[0]->shape[1];
    options->bias = weights[2] != NULL || weights[3] != NULL;
    options->dtype = weights[0]->dtype;
    SRNN_TRY(srnn_check__dtype_is_real(options->dtype, names[0]));
    SRNN_TRY(srnn_check__range(options->hidden_size, "hidden_size of weight_ih",
                               1, SRNN_MAX_SIZE));
    return srnn_check__range(options->input_size, "input_size of weight_ih", 1,
                             SRNN_MAX_SIZE);
}

static srnn_status check_weight(const srnn_options *options, int kind,
                                const srnn_tensor *weight)
{
    srnn_dimension wanted[2];
    const int32_t rank = srnn_parameter_id__shape(
        wanted, options, (srnn_parameter_id){(srnn_parameter_kind)kind, 0, 0});
    SRNN_TRY(srnn_check__dtype(weight, names[kind], (srnn_dtype)options->dtype,
                               "weight_ih"));
    if (srnn_shape__matches(weight->rank, weight->shape, rank, wanted))
        return SRNN_OK;
    return srnn_shape__fail(names[kind], weight->rank, weight->shape,
                            "a cell with this weight_ih", rank, wanted);
}

/* A cell of its own: an rnn of one, which the view then alone keeps alive. */
static srnn_status create(srnn_cell **out, const srnn_options *options,
                          const srnn_tensor *const *weights)
{
    srnn_rnn *rnn = NULL;
    SRNN_TRY(srnn_rnn__create(&rnn, options));
    for (int64_t i = 0; i < rnn->parameter_count; i++) {
        const srnn_tensor target = srnn_rnn__parameter(rnn, i);
        if (weights[i] != NULL) /* the rnn is zero */
            srnn_tensor__copy(&target, weights[i]);
    }
    srnn_rnn__update(rnn);
    const srnn_status status = srnn_cell__create(out, rnn, 0, 0);
    srnn_rnn__release(rnn);
    return status;
}

srnn_status srnn_cell_create(srnn_cell **out, srnn_nonlinearity nonlinearity,
                             const srnn_tensor *weight_ih,
                             const srnn_tensor *weight_hh,
                             const srnn_tensor *bias_ih,
                             const srnn_tensor *bias_hh)
{
    const srnn_tensor *const weights[WEIGHTS] = {weight_ih, weight_hh, bias_ih,
                                                 bias_hh};
    srnn_options options = srnn_options__defaults;
    options.nonlinearity = nonlinearity;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__nonlinearity("nonlinearity", nonlinearity));
    SRNN_TRY(check_handles(weights));
    SRNN_TRY(note_options(&options, weights));
    for (int i = 0; i < WEIGHTS; i++)
        if (weights[i] != NULL)
            SRNN_TRY(check_weight(&options, i, weights[i]));
    return create(out, &options, weights);
}

static srnn_status check_direction(const srnn_options *options,
                                   srnn_direction direction)
{
    if (!srnn_options__is_bidirectional(options))
        return direction == options->direction
                   ? SRNN_OK
                   : srnn_check__fail_value(
                         "direction", direction,
                         srnn_options__is_forward(options)
                             ? "SRNN_DIRECTION_FORWARD, that of the rnn"
                             : "SRNN_DIRECTION_REVERSE, that of the rnn");
    if (direction == SRNN_DIRECTION_FORWARD ||
        direction == SRNN_DIRECTION_REVERSE)
        return SRNN_OK;
    return srnn_check__fail_value(
        "direction", direction,
        "SRNN_DIRECTION_FORWARD or SRNN_DIRECTION_REVERSE");
}

srnn_status srnn_cell_create_view(srnn_cell **out, const srnn_rnn *rnn,
                                  int64_t layer, srnn_direction direction)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    const srnn_options *const options = &rnn->options;
    const bool is_both = srnn_options__is_bidirectional(options);
    SRNN_TRY(srnn_check__range(layer, "layer", 0, options->num_layers - 1));
    SRNN_TRY(check_direction(options, direction));
    const int64_t number =
        is_both && direction == SRNN_DIRECTION_REVERSE ? 1 : 0;
    /* Who looks at an rnn is no part of what it is. */
    return srnn_cell__create(out, (srnn_rnn *)rnn, layer, number);
}

void srnn_cell_destroy(srnn_cell *cell)
{
    if (srnn_check__is(cell, SRNN_HANDLE_CELL))
        srnn_cell__destroy(cell);
}

int64_t srnn_cell_input_size(const srnn_cell *cell)
{
    return srnn_check__is(cell, SRNN_HANDLE_CELL)
               ? cell->weights->weight_ih.matrix.columns
               : 0;
}

int64_t srnn_cell_hidden_size(const srnn_cell *cell)
{
    return srnn_check__is(cell, SRNN_HANDLE_CELL)
               ? cell->weights->weight_hh.matrix.columns
               : 0;
}

/* A tensor of a step: [B,features], or [features] where the input has no
 * batch. */
static srnn_status check_operand(const srnn_cell *cell,
                                 const srnn_tensor *tensor, const char *name,
                                 const srnn_tensor *input, bool is_input)
{
    const bool batched = input->rank != 1;
    const srnn_dimension wanted[] = {
        {"batch", is_input ? SRNN_ANY_SIZE : input->shape[0]},
        {is_input ? "input_size" : "hidden_size",
         is_input ? srnn_cell_input_size(cell) : srnn_cell_hidden_size(cell)}};
    const int32_t rank = batched ? 2 : 1;
    const srnn_dimension *const first = batched ? wanted : wanted + 1;
    SRNN_TRY(srnn_check__dtype(
        tensor, name, (srnn_dtype)cell->rnn->options.dtype, "the cell"));
    if (srnn_shape__matches(tensor->rank, tensor->shape, rank, first))
        return SRNN_OK;
    char owner[80];
    srnn_text text = {owner, sizeof owner, 0};
    srnn_text__append(&text, "a cell");
    if (!is_input && batched)
        srnn_text__append(&text, " with batch %" PRId64, input->shape[0]);
    else if (!batched)
        srnn_text__append(&text, " with input of rank 1, no batch,");
    return srnn_shape__fail(name, tensor->rank, tensor->shape, owner, rank,
                            first);
}

srnn_status srnn_cell_forward(const srnn_cell *cell, const srnn_tensor *input,
                              const srnn_tensor *hidden, srnn_tensor *output)
{
    SRNN_TRY(srnn_check__handle(cell, SRNN_HANDLE_CELL, "cell"));
    SRNN_TRY(srnn_check__handle(input, SRNN_HANDLE_TENSOR, "input"));
    if (hidden != NULL)
        SRNN_TRY(srnn_check__handle(hidden, SRNN_HANDLE_TENSOR, "hidden"));
    SRNN_TRY(srnn_check__result(output, "output"));
    SRNN_TRY(check_operand(cell, input, "input", input, true));
    if (hidden != NULL)
        SRNN_TRY(check_operand(cell, hidden, "hidden", input, false));
    SRNN_TRY(check_operand(cell, output, "output", input, false));
    SRNN_TRY(srnn_check__apart(output, "output", input, "input"));
    if (hidden != NULL && !srnn_tensor__same_memory(hidden, output))
        SRNN_TRY(srnn_check__apart(output, "output", hidden, "hidden"));
    return srnn_cell__forward(cell, input, hidden, output);
}
