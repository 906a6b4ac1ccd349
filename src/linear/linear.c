/* SPDX-License-Identifier: MIT */
/* The layer's one block of memory and what is in it:
 *
 *     srnn_linear | weight and bias, without a gap | packed weight |
 *     packed transposed weight | zeros
 */
#include "linear/linear.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gemm/pack.h"
#include "rnn/uniform.h"
#include "tensor/dtype.h"
#include "util/error.h"

/* What a layer is to be. */
typedef struct {
    srnn_dtype dtype;
    int64_t in;
    int64_t out;
    bool has_bias;
} form;

static srnn_parameter parameter_of(const char *name, void *data, int32_t rank,
                                   int64_t rows, int64_t columns)
{
    srnn_parameter made = {
        .rank = rank, .shape = {rows, columns}, .data = data};
    (void)snprintf(made.name, sizeof made.name, "%s", name);
    return made;
}

static void wire(srnn_linear *linear, const form *f, void *packed,
                 void *packed_transposed)
{
    unsigned char *const values = linear->values;
    linear->dtype = f->dtype;
    linear->parameter_count = f->has_bias ? 2 : 1;
    linear->parameters[0] = parameter_of("weight", values, 2, f->out, f->in);
    linear->parameters[1] = parameter_of(
        "bias", values + f->out * f->in * srnn_dtype__size(f->dtype), 1, f->out,
        1);
    linear->weight = (srnn_gemm_weight){
        .matrix = {values, f->out, f->in, f->in}, .packed = packed};
    linear->transposed =
        (srnn_gemm_weight){.matrix = {values, f->in, f->out, f->in},
                           .packed = packed_transposed,
                           .is_transposed = true};
}

/* See srnn_arena: while measuring, linear is NULL. */
static void lay_out(srnn_linear **linear, srnn_arena *arena, const form *f)
{
    const int64_t size = srnn_dtype__size(f->dtype);
    /* Below 2^61, as either is at most SRNN_MAX_SIZE. */
    const int64_t count = f->out * f->in + (f->has_bias ? f->out : 0);
    *linear = srnn_arena__take(arena, 1, sizeof(srnn_linear));
    void *const values = srnn_arena__take(arena, count, size);
    void *const packed = srnn_arena__take_matrix(
        arena, srnn_pack__padded(f->out, f->dtype), f->in, size);
    void *const packed_transposed = srnn_arena__take_matrix(
        arena, srnn_pack__padded(f->in, f->dtype), f->out, size);
    void *const zeros =
        srnn_arena__take(arena, f->in > f->out ? f->in : f->out, size);
    if (*linear == NULL)
        return;
    (*linear)->value_count = count;
    (*linear)->values = values;
    (*linear)->zeros = zeros;
    wire(*linear, f, packed, packed_transposed);
}

srnn_status srnn_linear__create(srnn_linear **out, srnn_dtype dtype,
                                int64_t in_features, int64_t out_features,
                                bool bias)
{
    const form f = {dtype, in_features, out_features, bias};
    srnn_linear *linear = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&linear, &arena, &f);
    SRNN_TRY(srnn_arena__check(&arena, "the parameters of the linear layer"));
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&linear, &arena, &f);
    linear->handle.kind = SRNN_HANDLE_LINEAR;
    atomic_init(&linear->references, 1);
    atomic_init(&linear->readers, 0);
    *out = linear;
    return SRNN_OK;
}

void srnn_linear__retain(srnn_linear *linear)
{
    atomic_fetch_add(&linear->references, 1);
}

void srnn_linear__release(srnn_linear *linear)
{
    if (atomic_fetch_sub(&linear->references, 1) != 1)
        return;
    linear->handle.kind = 0;
    srnn_memory__destroy(linear);
}

void srnn_linear__update(srnn_linear *linear)
{
    srnn_pack_function *const pack =
        srnn_pack__find(srnn_isa__best(), linear->dtype);
    pack(linear->weight.packed, linear->weight.matrix);
    srnn_pack__transposed(linear->transposed.packed, linear->weight.matrix,
                          linear->dtype);
}

srnn_status srnn_linear__begin_write(srnn_linear *linear)
{
    if (srnn_readers__begin_write(&linear->readers))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_BUSY,
                            "parameters cannot be written while another thread "
                            "runs or writes the linear layer");
}

void srnn_linear__end_write(srnn_linear *linear)
{
    srnn_readers__end_write(&linear->readers);
}

srnn_status srnn_linear__enter(const srnn_linear *linear)
{
    if (srnn_readers__enter(&((srnn_linear *)linear)->readers))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_BUSY,
                            "another thread is writing parameters of the "
                            "linear layer");
}

void srnn_linear__leave(const srnn_linear *linear)
{
    srnn_readers__leave(&((srnn_linear *)linear)->readers);
}

const char *srnn_linear__name(srnn_linear_name *out, const srnn_linear *linear)
{
    (void)snprintf(out->text, sizeof out->text,
                   "a linear layer from %" PRId64 " to %" PRId64 " features",
                   srnn_linear__in_features(linear),
                   srnn_linear__out_features(linear));
    return out->text;
}

static void retain(void *object)
{
    srnn_linear__retain(object);
}

static void release(void *object)
{
    srnn_linear__release(object);
}

static srnn_status begin_write(void *object)
{
    return srnn_linear__begin_write(object);
}

static void end_write(void *object)
{
    srnn_linear__end_write(object);
}

static void update(void *object)
{
    srnn_linear__update(object);
}

static int64_t find(const void *object, const char *name)
{
    const srnn_linear *const linear = object;
    for (int64_t i = 0; i < linear->parameter_count; i++)
        if (strcmp(name, linear->parameters[i].name) == 0)
            return i;
    return -1;
}

static const char *name_of(const void *object, int64_t index)
{
    return ((const srnn_linear *)object)->parameters[index].name;
}

/* A layer without a bias would be read with one if there were one. */
static bool could_have(const void *object, const char *name)
{
    const srnn_linear *const linear = object;
    return strcmp(name, linear->parameters[0].name) == 0 ||
           strcmp(name, linear->parameters[1].name) == 0;
}

static srnn_tensor parameter(const void *object, int64_t index)
{
    const srnn_linear *const linear = object;
    const srnn_parameter *const own = &linear->parameters[index];
    return srnn_tensor__contiguous(own->data, linear->dtype, own->rank,
                                   own->shape);
}

srnn_owner srnn_linear__owner(srnn_linear *linear)
{
    static const srnn_owner_functions functions = {
        .retain = retain,
        .release = release,
        .begin_write = begin_write,
        .end_write = end_write,
        .update = update,
        .find = find,
        .name = name_of,
        .could_have = could_have,
        .parameter = parameter,
    };
    return (srnn_owner){.functions = &functions,
                        .object = linear,
                        .dtype = linear->dtype,
                        .count = linear->parameter_count,
                        .value_count = linear->value_count,
                        .values = linear->values};
}

/* torch.nn.Linear.reset_parameters: kaiming_uniform_ with a = sqrt(5), which
 * computes the bound in these steps, and 1 / sqrt(in_features). */
void srnn_linear__initialise(srnn_linear *linear, uint64_t seed)
{
    const double root = sqrt((double)srnn_linear__in_features(linear));
    const double of_weight = sqrt(3.0) * (sqrt(2.0 / (1.0 + 5.0)) / root);
    const double of_bias = 1.0 / root;
    srnn_uniform generator;
    srnn_uniform__seed(&generator, seed);
    for (int64_t i = 0; i < linear->parameter_count; i++) {
        const srnn_tensor values = parameter(linear, i);
        srnn_uniform__fill(&generator, values.data, values.dtype, values.size,
                           i == 0 ? of_weight : of_bias);
    }
    srnn_linear__update(linear);
}
