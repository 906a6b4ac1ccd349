/* SPDX-License-Identifier: MIT */
/* srnn_tensor_*: checks, then src/tensor. */
#include "tensor/tensor.h"

#include <inttypes.h>

#include "api/check.h"
#include "util/checked.h"
#include "util/text.h"

static srnn_status check_shape(srnn_dtype dtype, int32_t rank,
                               const int64_t *shape)
{
    SRNN_TRY(srnn_check__dtype_is_known(dtype));
    SRNN_TRY(srnn_check__range(rank, "rank", 0, SRNN_MAX_RANK));
    if (rank > 0)
        SRNN_TRY(srnn_check__pointer(shape, "shape"));
    for (int32_t i = 0; i < rank; i++)
        if (shape[i] < 0)
            return srnn_error__fail(SRNN_ERROR_RANGE,
                                    "shape[%" PRId32 "] is %" PRId64
                                    ", expected at least 0",
                                    i, shape[i]);
    return SRNN_OK;
}

srnn_status srnn_tensor_create(srnn_tensor **out, srnn_dtype dtype,
                               int32_t rank, const int64_t *shape)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_shape(dtype, rank, shape));
    return srnn_tensor__create(out, dtype, rank, shape);
}

/* The shape is one, and the memory is there, aligned for kernels that read
 * elements. */
static srnn_status check_description(const srnn_tensor_description *d)
{
    SRNN_TRY(check_shape(d->dtype, d->rank, d->shape));
    bool empty = false;
    for (int32_t i = 0; i < d->rank; i++)
        empty = empty || d->shape[i] == 0;
    if (!empty)
        SRNN_TRY(srnn_check__pointer(d->data, "data"));
    return srnn_check__aligned(d->data, "data", d->dtype);
}

static srnn_status wrap(srnn_tensor **out, const srnn_tensor_description *d)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_description(d));
    return srnn_tensor__wrap(out, d);
}

srnn_status srnn_tensor_wrap(srnn_tensor **out, void *data, srnn_dtype dtype,
                             int32_t rank, const int64_t *shape,
                             const int64_t *strides)
{
    return wrap(out, &(srnn_tensor_description){data, dtype, rank, shape,
                                                strides, false});
}

srnn_status srnn_tensor_wrap_const(srnn_tensor **out, const void *data,
                                   srnn_dtype dtype, int32_t rank,
                                   const int64_t *shape, const int64_t *strides)
{
    return wrap(out, &(srnn_tensor_description){data, dtype, rank, shape,
                                                strides, true});
}

static srnn_status rewrap(srnn_tensor *tensor, const srnn_tensor_description *d)
{
    SRNN_TRY(srnn_check__handle(tensor, SRNN_HANDLE_TENSOR, "tensor"));
    if (tensor->is_fixed)
        return srnn_error__fail(SRNN_ERROR_STATE,
                                "tensor owns its memory or is borrowed, so it "
                                "cannot point at other memory");
    SRNN_TRY(check_description(d));
    return srnn_tensor__rewrap(tensor, d);
}

srnn_status srnn_tensor_rewrap(srnn_tensor *tensor, void *data,
                               srnn_dtype dtype, int32_t rank,
                               const int64_t *shape, const int64_t *strides)
{
    return rewrap(tensor, &(srnn_tensor_description){data, dtype, rank, shape,
                                                     strides, false});
}

srnn_status srnn_tensor_rewrap_const(srnn_tensor *tensor, const void *data,
                                     srnn_dtype dtype, int32_t rank,
                                     const int64_t *shape,
                                     const int64_t *strides)
{
    return rewrap(tensor, &(srnn_tensor_description){data, dtype, rank, shape,
                                                     strides, true});
}

void srnn_tensor_destroy(srnn_tensor *tensor)
{
    if (srnn_check__is(tensor, SRNN_HANDLE_TENSOR))
        srnn_tensor__destroy(tensor);
}

srnn_dtype srnn_tensor_dtype(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) ? tensor->dtype : 0;
}

int32_t srnn_tensor_rank(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) ? tensor->rank : 0;
}

const int64_t *srnn_tensor_shape(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) ? tensor->shape : NULL;
}

const int64_t *srnn_tensor_strides(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) ? tensor->strides : NULL;
}

int64_t srnn_tensor_size(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) ? tensor->size : 0;
}

void *srnn_tensor_data(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) && !tensor->is_read_only
               ? tensor->data
               : NULL;
}

const void *srnn_tensor_const_data(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) ? tensor->data : NULL;
}

int32_t srnn_tensor_is_read_only(const srnn_tensor *tensor)
{
    return srnn_check__is(tensor, SRNN_HANDLE_TENSOR) && tensor->is_read_only;
}

/* axis: the dimension in which they may differ, or -1. */
static srnn_status fail_shapes(const char *name, const srnn_tensor *tensor,
                               const char *other_name, const srnn_tensor *other,
                               int32_t axis)
{
    char buffer[480];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append(&text, "%s is ", name);
    srnn_text__append_shape(&text, tensor->rank, tensor->shape);
    srnn_text__append(&text, "; %s is ", other_name);
    srnn_text__append_shape(&text, other->rank, other->shape);
    if (axis < 0)
        srnn_text__append(&text, ": they must be equal");
    else
        srnn_text__append(&text, ": only dimension %d may differ", (int)axis);
    return srnn_error__fail(SRNN_ERROR_SHAPE, "%s", buffer);
}

srnn_status srnn_tensor_copy(srnn_tensor *target, const srnn_tensor *source)
{
    SRNN_TRY(srnn_check__result(target, "target"));
    SRNN_TRY(srnn_check__handle(source, SRNN_HANDLE_TENSOR, "source"));
    SRNN_TRY(srnn_check__dtype(source, "source", target->dtype, "target"));
    if (!srnn_tensor__same_shape(target, source))
        return fail_shapes("source", source, "target", target, -1);
    if (!srnn_tensor__same_memory(target, source))
        SRNN_TRY(srnn_check__apart(target, "target", source, "source"));
    srnn_tensor__copy(target, source);
    return SRNN_OK;
}

/* One of the tensors to join fits the first one. */
static srnn_status check_part(const srnn_tensor *const *tensors, int64_t index,
                              int32_t axis)
{
    char name[40];
    srnn_text text = {name, sizeof name, 0};
    srnn_text__append(&text, "tensors[%" PRId64 "]", index);
    const srnn_tensor *const part = tensors[index];
    SRNN_TRY(srnn_check__handle(part, SRNN_HANDLE_TENSOR, name));
    const srnn_tensor *const first = tensors[0];
    SRNN_TRY(srnn_check__dtype(part, name, first->dtype, "tensors[0]"));
    bool agrees = part->rank == first->rank;
    for (int32_t i = 0; agrees && i < part->rank; i++)
        agrees = i == axis || part->shape[i] == first->shape[i];
    return agrees ? SRNN_OK
                  : fail_shapes(name, part, "tensors[0]", first, axis);
}

/* The axis counted from the front, and the joint size along it. */
static srnn_status check_parts(int32_t *axis, int64_t *joint,
                               const srnn_tensor *const *tensors, int64_t count)
{
    SRNN_TRY(srnn_check__pointer(tensors, "tensors"));
    SRNN_TRY(srnn_check__range(count, "count", 1, INT64_MAX));
    SRNN_TRY(srnn_check__handle(tensors[0], SRNN_HANDLE_TENSOR, "tensors[0]"));
    const int32_t rank = tensors[0]->rank;
    SRNN_TRY(
        srnn_check__range(rank, "the rank of tensors[0]", 1, SRNN_MAX_RANK));
    SRNN_TRY(srnn_check__range(*axis, "axis", -rank, rank - 1));
    *axis = *axis < 0 ? *axis + rank : *axis;
    *joint = 0;
    for (int64_t i = 0; i < count; i++) {
        SRNN_TRY(check_part(tensors, i, *axis));
        if (!srnn_checked__add(joint, *joint, tensors[i]->shape[*axis]))
            return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                    "the sizes along axis %d add up to more "
                                    "than 2^63 - 1",
                                    (int)*axis);
    }
    return SRNN_OK;
}

srnn_status srnn_tensor_concatenate(srnn_tensor **out,
                                    const srnn_tensor *const *tensors,
                                    int64_t count, int32_t axis)
{
    int64_t joint = 0;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_parts(&axis, &joint, tensors, count));
    return srnn_tensor__concatenate(out, tensors, axis, joint);
}
