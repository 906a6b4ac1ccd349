/* SPDX-License-Identifier: MIT */
/* Moves elements, run by run along the last dimension. */
#include <string.h>

#include "tensor/dtype.h"
#include "tensor/tensor.h"
#include "util/error.h"

/* One run of elements along the last dimension. */
static void copy_run(void *target, int64_t target_stride, const void *source,
                     int64_t source_stride, int64_t count, int64_t size)
{
    if (target_stride == 1 && source_stride == 1) {
        memcpy(target, source, (size_t)(count * size));
        return;
    }
    for (int64_t i = 0; i < count; i++)
        memcpy((unsigned char *)target + i * target_stride * size,
               (const unsigned char *)source + i * source_stride * size,
               (size_t)size);
}

/* Steps index through all but the last dimension; false after the last. */
static bool next_index(const srnn_tensor *tensor, int64_t *index)
{
    for (int32_t i = tensor->rank - 2; i >= 0; i--) {
        if (++index[i] < tensor->shape[i])
            return true;
        index[i] = 0;
    }
    return false;
}

static unsigned char *element(const srnn_tensor *tensor, const int64_t *index)
{
    int64_t offset = 0;
    for (int32_t i = 0; i + 1 < tensor->rank; i++)
        offset += index[i] * tensor->strides[i];
    return (unsigned char *)tensor->data +
           offset * srnn_dtype__size(tensor->dtype);
}

void srnn_tensor__copy(const srnn_tensor *target, const srnn_tensor *source)
{
    if (source->size == 0 || srnn_tensor__same_memory(target, source))
        return;
    const int32_t last = source->rank - 1;
    const int64_t count = last < 0 ? 1 : source->shape[last];
    int64_t index[SRNN_MAX_RANK] = {0};
    do {
        copy_run(element(target, index), last < 0 ? 1 : target->strides[last],
                 element(source, index), last < 0 ? 1 : source->strides[last],
                 count, srnn_dtype__size(source->dtype));
    } while (next_index(source, index));
}

static void clear_run(unsigned char *target, int64_t stride, int64_t count,
                      int64_t size)
{
    if (stride == 1) {
        memset(target, 0, (size_t)(count * size));
        return;
    }
    for (int64_t i = 0; i < count; i++)
        memset(target + i * stride * size, 0, (size_t)size);
}

void srnn_tensor__fill_zero(const srnn_tensor *tensor)
{
    if (tensor->size == 0)
        return;
    const int32_t last = tensor->rank - 1;
    int64_t index[SRNN_MAX_RANK] = {0};
    do {
        clear_run(element(tensor, index), last < 0 ? 1 : tensor->strides[last],
                  last < 0 ? 1 : tensor->shape[last],
                  srnn_dtype__size(tensor->dtype));
    } while (next_index(tensor, index));
}

srnn_status srnn_tensor__concatenate(srnn_tensor **out,
                                     const srnn_tensor *const *tensors,
                                     int32_t axis, int64_t joint)
{
    srnn_tensor shape = *tensors[0];
    shape.shape[axis] = joint;
    SRNN_TRY(srnn_tensor__create(out, shape.dtype, shape.rank, shape.shape));
    srnn_tensor slice = **out;
    for (int64_t i = 0; joint > 0; i++) {
        const int64_t size = tensors[i]->shape[axis];
        slice.shape[axis] = size;
        srnn_tensor__copy(&slice, tensors[i]);
        slice.data = (unsigned char *)slice.data +
                     size * slice.strides[axis] * srnn_dtype__size(slice.dtype);
        joint -= size;
    }
    return SRNN_OK;
}
