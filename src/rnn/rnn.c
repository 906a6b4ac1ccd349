/* SPDX-License-Identifier: MIT */
/* The network's one block of memory and what is in it:
 *
 *     srnn_rnn | parameters[] | cells[] | values of all parameters, without
 *     gaps | for each cell: packed weight_ih, packed weight_hh, bias sum
 */
#include "rnn/rnn.h"

#include <math.h>

#include "gemm/pack.h"
#include "rnn/uniform.h"
#include "tensor/dtype.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"

/* The elements of all parameters. */
static int64_t count_values(srnn_arena *arena, const srnn_options *options)
{
    int64_t total = 0;
    for (int64_t i = 0; i < srnn_parameter_id__count(options); i++) {
        srnn_dimension shape[2];
        int64_t count = 0;
        (void)srnn_parameter_id__shape(shape, options,
                                       srnn_parameter_id__at(options, i));
        if (!srnn_checked__multiply(&count, shape[0].size, shape[1].size) ||
            !srnn_checked__add(&total, total, count)) {
            arena->overflow = true;
            return 0;
        }
    }
    return total;
}

/* Each begins where the one before it ends. */
static void place_parameters(srnn_rnn *rnn, const srnn_options *options)
{
    unsigned char *data = rnn->values;
    for (int64_t i = 0; i < rnn->parameter_count; i++) {
        const srnn_parameter_id id = srnn_parameter_id__at(options, i);
        srnn_parameter *const parameter = &rnn->parameters[i];
        srnn_dimension shape[2];
        parameter->rank = srnn_parameter_id__shape(shape, options, id);
        srnn_parameter_id__format(parameter->name, id);
        parameter->shape[0] = shape[0].size;
        parameter->shape[1] = shape[1].size;
        parameter->data = data;
        data +=
            shape[0].size * shape[1].size * srnn_dtype__size(options->dtype);
    }
}

/* The parameters of one cell lie side by side. */
static const srnn_parameter *parameters_of(const srnn_rnn *rnn, int64_t cell)
{
    return rnn->parameters +
           rnn->parameter_count / srnn_options__cells(&rnn->options) * cell;
}

static void *take_packed(srnn_arena *arena, const srnn_options *options,
                         srnn_parameter_id id)
{
    const srnn_dtype dtype = (srnn_dtype)options->dtype;
    srnn_dimension shape[2];
    (void)srnn_parameter_id__shape(shape, options, id);
    return srnn_arena__take_matrix(arena,
                                   srnn_pack__padded(shape[0].size, dtype),
                                   shape[1].size, srnn_dtype__size(dtype));
}

/* cell is NULL while measuring. */
static void take_cell(srnn_cell_weights *cell, srnn_arena *arena,
                      const srnn_options *options, int64_t layer)
{
    void *const packed_ih =
        take_packed(arena, options,
                    (srnn_parameter_id){SRNN_PARAMETER_WEIGHT_IH, layer, 0});
    void *const packed_hh =
        take_packed(arena, options,
                    (srnn_parameter_id){SRNN_PARAMETER_WEIGHT_HH, layer, 0});
    void *const sum =
        srnn_arena__take(arena, options->hidden_size,
                         srnn_dtype__size((srnn_dtype)options->dtype));
    if (cell == NULL)
        return;
    cell->weight_ih.packed = packed_ih;
    cell->weight_hh.packed = packed_hh;
    cell->bias = sum;
}

static srnn_matrix matrix_of(const srnn_parameter *parameter)
{
    return (srnn_matrix){parameter->data, parameter->shape[0],
                         parameter->shape[1], parameter->shape[1]};
}

static void wire_cell(srnn_rnn *rnn, int64_t index)
{
    const srnn_parameter *const own = parameters_of(rnn, index);
    srnn_cell_weights *const cell = &rnn->cells[index];
    cell->weight_ih.matrix = matrix_of(&own[SRNN_PARAMETER_WEIGHT_IH]);
    cell->weight_hh.matrix = matrix_of(&own[SRNN_PARAMETER_WEIGHT_HH]);
}

/* See srnn_arena: while measuring, rnn is NULL. */
static void lay_out(srnn_rnn **rnn, srnn_arena *arena,
                    const srnn_options *options)
{
    const int64_t cells = srnn_options__cells(options);
    const int64_t count = srnn_parameter_id__count(options);
    const int64_t value_count = count_values(arena, options);
    *rnn = srnn_arena__take(arena, 1, sizeof(srnn_rnn));
    srnn_parameter *const parameters =
        srnn_arena__take(arena, count, sizeof(srnn_parameter));
    srnn_cell_weights *const weights =
        srnn_arena__take(arena, cells, sizeof(srnn_cell_weights));
    void *const values =
        srnn_arena__take(arena, value_count, srnn_dtype__size(options->dtype));
    for (int64_t i = 0; i < cells && !arena->overflow; i++)
        take_cell(weights == NULL ? NULL : weights + i, arena, options,
                  i / srnn_options__directions(options));
    if (*rnn == NULL)
        return;
    (*rnn)->parameter_count = count;
    (*rnn)->parameters = parameters;
    (*rnn)->value_count = value_count;
    (*rnn)->values = values;
    (*rnn)->cells = weights;
    place_parameters(*rnn, options);
}

static uint64_t next_version(void)
{
    static atomic_uint_fast64_t last;
    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

srnn_status srnn_rnn__create(srnn_rnn **out, const srnn_options *options)
{
    srnn_rnn *rnn = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&rnn, &arena, options);
    SRNN_TRY(srnn_arena__check(&arena, "the rnn's parameters"));
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&rnn, &arena, options);
    rnn->handle.kind = SRNN_HANDLE_RNN;
    atomic_init(&rnn->references, 1);
    rnn->options = *options;
    rnn->version = next_version();
    for (int64_t i = 0; i < srnn_options__cells(options); i++)
        wire_cell(rnn, i);
    *out = rnn;
    return SRNN_OK;
}

void srnn_rnn__retain(srnn_rnn *rnn)
{
    atomic_fetch_add(&rnn->references, 1);
}

void srnn_rnn__release(srnn_rnn *rnn)
{
    if (atomic_fetch_sub(&rnn->references, 1) != 1)
        return;
    rnn->handle.kind = 0;
    srnn_memory__destroy(rnn);
}

static void pack(const srnn_rnn *rnn, const srnn_gemm_weight *weight)
{
    srnn_pack_function *const function =
        srnn_pack__find(srnn_isa__best(), (srnn_dtype)rnn->options.dtype);
    function(weight->packed, weight->matrix);
}

static void add_biases(const srnn_rnn *rnn, int64_t cell)
{
    const srnn_dtype dtype = (srnn_dtype)rnn->options.dtype;
    srnn_cell_sum *const add = SRNN_FOR_DTYPE(dtype, srnn_cell__add);
    const srnn_parameter *const own = parameters_of(rnn, cell);
    add(rnn->cells[cell].bias, own[SRNN_PARAMETER_BIAS_IH].data,
        own[SRNN_PARAMETER_BIAS_HH].data, rnn->options.hidden_size);
}

static void follow(const srnn_rnn *rnn, int64_t index)
{
    const srnn_parameter_id id = srnn_parameter_id__at(&rnn->options, index);
    const int64_t cell =
        index * srnn_options__cells(&rnn->options) / rnn->parameter_count;
    if (id.kind == SRNN_PARAMETER_WEIGHT_IH)
        pack(rnn, &rnn->cells[cell].weight_ih);
    else if (id.kind == SRNN_PARAMETER_WEIGHT_HH)
        pack(rnn, &rnn->cells[cell].weight_hh);
    else
        add_biases(rnn, cell);
}

void srnn_rnn__update_parameter(srnn_rnn *rnn, int64_t index)
{
    follow(rnn, index);
    rnn->version = next_version();
}

/* Adds biases once for each of a pair, which is nothing beside the weights. */
void srnn_rnn__update(srnn_rnn *rnn)
{
    for (int64_t i = 0; i < rnn->parameter_count; i++)
        follow(rnn, i);
    rnn->version = next_version();
}

srnn_status srnn_rnn__clone(srnn_rnn **out, const srnn_rnn *rnn)
{
    SRNN_TRY(srnn_rnn__create(out, &rnn->options));
    (*out)->has_cell_names = rnn->has_cell_names;
    const srnn_tensor target = srnn_rnn__flat(*out);
    const srnn_tensor source = srnn_rnn__flat(rnn);
    srnn_tensor__copy(&target, &source);
    srnn_rnn__update(*out);
    return SRNN_OK;
}

/* U(-1/sqrt(H), 1/sqrt(H)), torch.nn.RNNBase.reset_parameters */
void srnn_rnn__initialise(srnn_rnn *rnn, uint64_t seed)
{
    const double bound = 1.0 / sqrt((double)rnn->options.hidden_size);
    srnn_uniform generator;
    srnn_uniform__seed(&generator, seed);
    for (int64_t i = 0; i < rnn->parameter_count; i++) {
        const srnn_tensor values = srnn_rnn__parameter(rnn, i);
        srnn_uniform__fill(&generator, values.data, values.dtype, values.size,
                           bound);
    }
    srnn_rnn__update(rnn);
}

int64_t srnn_rnn__find_parameter(const srnn_rnn *rnn, const char *name)
{
    srnn_parameter_id id;
    if (!srnn_parameter_id__parse(&id, name) ||
        !srnn_parameter_id__exists(&rnn->options, id))
        return -1;
    return srnn_parameter_id__index(&rnn->options, id);
}

srnn_tensor srnn_rnn__parameter(const srnn_rnn *rnn, int64_t index)
{
    const srnn_parameter *const parameter = &rnn->parameters[index];
    return srnn_tensor__contiguous(parameter->data,
                                   (srnn_dtype)rnn->options.dtype,
                                   parameter->rank, parameter->shape);
}

srnn_tensor srnn_rnn__flat(const srnn_rnn *rnn)
{
    return srnn_tensor__contiguous(rnn->values, (srnn_dtype)rnn->options.dtype,
                                   1, &rnn->value_count);
}
