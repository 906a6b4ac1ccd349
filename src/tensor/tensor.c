/* SPDX-License-Identifier: MIT */
/* Shapes and strides over memory. Knows no arithmetic on values. */
#include "tensor/tensor.h"

#include <inttypes.h>
#include <string.h>

#include "tensor/dtype.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/text.h"

/* Elements side by side in C order: strides, and how many there are. A size of
 * 0 counts as 1 here, so that strides stay positive and huge sizes beside a 0
 * are still refused. */
static bool lay_out_contiguous(srnn_tensor *tensor)
{
    int64_t extent = 1;
    tensor->size = 1;
    for (int32_t i = tensor->rank - 1; i >= 0; i--) {
        const int64_t size = tensor->shape[i];
        tensor->strides[i] = extent;
        if (!srnn_checked__multiply(&extent, extent, size == 0 ? 1 : size))
            return false;
        tensor->size *= size;
    }
    return srnn_checked__multiply(&tensor->bytes, extent,
                                  srnn_dtype__size(tensor->dtype));
}

static srnn_status fail_overflow(int32_t rank, const int64_t *shape,
                                 srnn_dtype dtype)
{
    char buffer[200];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append_shape(&text, rank, shape);
    return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                            "the bytes of a %s tensor of shape %s do not fit "
                            "63 bits",
                            srnn_dtype__name(dtype), buffer);
}

static srnn_tensor describe(srnn_dtype dtype, int32_t rank,
                            const int64_t *shape)
{
    srnn_tensor tensor = {
        {SRNN_HANDLE_TENSOR}, dtype, rank, {0}, {0}, 0, 0, NULL};
    for (int32_t i = 0; i < rank; i++)
        tensor.shape[i] = shape[i];
    return tensor;
}

srnn_tensor srnn_tensor__contiguous(void *data, srnn_dtype dtype, int32_t rank,
                                    const int64_t *shape)
{
    srnn_tensor tensor = describe(dtype, rank, shape);
    (void)lay_out_contiguous(&tensor);
    tensor.data = data;
    return tensor;
}

bool srnn_tensor__has_packed_rows(const srnn_tensor *tensor)
{
    const int32_t last = tensor->rank - 1;
    return tensor->shape[last] <= 1 || tensor->strides[last] == 1;
}

srnn_tensor srnn_tensor__take(srnn_arena *arena, srnn_dtype dtype, int32_t rank,
                              const int64_t *shape)
{
    srnn_tensor tensor = describe(dtype, rank, shape);
    if (!lay_out_contiguous(&tensor))
        arena->overflow = true;
    tensor.data = srnn_arena__take(arena, tensor.size, srnn_dtype__size(dtype));
    return tensor;
}

srnn_tensor srnn_tensor__take_packed(srnn_arena *arena,
                                     const srnn_tensor *tensor)
{
    if (srnn_tensor__has_packed_rows(tensor))
        return *tensor;
    return srnn_tensor__take(arena, tensor->dtype, tensor->rank, tensor->shape);
}

/* One block: the struct, then the values on the next cache line. */
srnn_status srnn_tensor__create(srnn_tensor **out, srnn_dtype dtype,
                                int32_t rank, const int64_t *shape)
{
    const int64_t line = SRNN_MEMORY_ALIGNMENT;
    const int64_t head =
        ((int64_t)sizeof(srnn_tensor) + line - 1) / line * line;
    srnn_tensor tensor = describe(dtype, rank, shape);
    int64_t bytes = 0;
    if (!lay_out_contiguous(&tensor) ||
        !srnn_checked__add(&bytes, tensor.size * srnn_dtype__size(dtype), head))
        return fail_overflow(rank, shape, dtype);
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, bytes));
    tensor.data = (unsigned char *)memory + head;
    *out = memory;
    **out = tensor;
    return SRNN_OK;
}

/* The next dimension by growing stride after those in done, or -1. Dimensions
 * of size 1 have no neighbours and so no stride. */
static int32_t next_dimension(const srnn_tensor *tensor, uint32_t done)
{
    int32_t next = -1;
    for (int32_t i = 0; i < tensor->rank; i++) {
        const bool open = tensor->shape[i] > 1 && (done >> i & 1u) == 0;
        if (open && (next < 0 || tensor->strides[i] < tensor->strides[next]))
            next = i;
    }
    return next;
}

static srnn_status fail_strides(const srnn_tensor *tensor, int32_t dimension,
                                int64_t extent)
{
    char buffer[200];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append_shape(&text, tensor->rank, tensor->shape);
    srnn_text__append(&text, " with strides ");
    srnn_text__append_shape(&text, tensor->rank, tensor->strides);
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "elements of a tensor %s share memory: stride %d "
                            "is %" PRId64 ", expected at least %" PRId64,
                            buffer, (int)dimension, tensor->strides[dimension],
                            extent);
}

/* By growing stride, each stride must step over all that lies below it. Notes
 * the bytes. */
static srnn_status check_strides(srnn_tensor *tensor)
{
    uint32_t done = 0;
    int64_t extent = 1;
    for (int32_t i; (i = next_dimension(tensor, done)) >= 0;) {
        int64_t reach = 0;
        if (tensor->strides[i] < extent)
            return fail_strides(tensor, i, extent);
        if (!srnn_checked__multiply(&reach, tensor->shape[i] - 1,
                                    tensor->strides[i]) ||
            !srnn_checked__add(&extent, extent, reach))
            return fail_overflow(tensor->rank, tensor->shape, tensor->dtype);
        done |= 1u << i;
    }
    if (!srnn_checked__multiply(&tensor->bytes, extent,
                                srnn_dtype__size(tensor->dtype)))
        return fail_overflow(tensor->rank, tensor->shape, tensor->dtype);
    return SRNN_OK;
}

srnn_status srnn_tensor__wrap(srnn_tensor **out, void *data, srnn_dtype dtype,
                              int32_t rank, const int64_t *shape,
                              const int64_t *strides)
{
    srnn_tensor tensor = describe(dtype, rank, shape);
    if (!lay_out_contiguous(&tensor))
        return fail_overflow(rank, shape, dtype);
    if (strides != NULL && rank > 0)
        memcpy(tensor.strides, strides, (size_t)rank * sizeof *strides);
    SRNN_TRY(check_strides(&tensor));
    tensor.data = data;
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof tensor));
    *out = memory;
    **out = tensor;
    return SRNN_OK;
}

void srnn_tensor__destroy(srnn_tensor *tensor)
{
    if (tensor == NULL)
        return;
    tensor->handle.kind = 0;
    srnn_memory__destroy(tensor);
}

bool srnn_tensor__same_shape(const srnn_tensor *a, const srnn_tensor *b)
{
    return a->rank == b->rank &&
           memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

/* The address behind the last element. */
static uintptr_t end_of(const srnn_tensor *tensor)
{
    return (uintptr_t)tensor->data + (uintptr_t)tensor->bytes;
}

bool srnn_tensor__overlap(const srnn_tensor *a, const srnn_tensor *b)
{
    return a->size > 0 && b->size > 0 && (uintptr_t)a->data < end_of(b) &&
           (uintptr_t)b->data < end_of(a);
}

bool srnn_tensor__same_memory(const srnn_tensor *a, const srnn_tensor *b)
{
    if (a->data != b->data || a->dtype != b->dtype ||
        !srnn_tensor__same_shape(a, b))
        return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (a->shape[i] > 1 && a->strides[i] != b->strides[i])
            return false;
    return true;
}

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
