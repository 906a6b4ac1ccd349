/* SPDX-License-Identifier: MIT */
/* Moves elements, run by run along the last dimension. */
#include <string.h>

#include "tensor/cursor.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"
#include "util/error.h"

/* count elements of size bytes, so many elements apart; no overlap. */
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

/* A cursor through the rows of a tensor with elements, and how long they are.
 * A tensor without dimensions has one row of one element. */
typedef struct {
    srnn_cursor cursor;
    int64_t count;
    int64_t stride;
} rows;

static rows rows_of(const srnn_tensor *tensor, int64_t first)
{
    const int32_t last = tensor->rank - 1;
    return (rows){srnn_cursor__begin(tensor, last < 0 ? 0 : last, first),
                  last < 0 ? 1 : tensor->shape[last],
                  last < 0 ? 1 : tensor->strides[last]};
}

void srnn_tensor__copy(const srnn_tensor *target, const srnn_tensor *source)
{
    if (source->size == 0 || srnn_tensor__same_memory(target, source))
        return;
    rows to = rows_of(target, 0);
    rows from = rows_of(source, 0);
    do {
        copy_run(to.cursor.at, to.stride, from.cursor.at, from.stride,
                 from.count, srnn_dtype__size(source->dtype));
        (void)srnn_cursor__next(&to.cursor);
    } while (srnn_cursor__next(&from.cursor));
}

void srnn_tensor__gather(void *to, const srnn_tensor *tensor, int64_t first,
                         int64_t count)
{
    const int64_t size = srnn_dtype__size(tensor->dtype);
    unsigned char *target = to;
    rows from = rows_of(tensor, first);
    for (int64_t i = 0; i < count; i++, target += from.count * size) {
        copy_run(target, 1, from.cursor.at, from.stride, from.count, size);
        (void)srnn_cursor__next(&from.cursor);
    }
}

void srnn_tensor__scatter(const srnn_tensor *tensor, const void *from,
                          int64_t first, int64_t count)
{
    const int64_t size = srnn_dtype__size(tensor->dtype);
    const unsigned char *source = from;
    rows to = rows_of(tensor, first);
    for (int64_t i = 0; i < count; i++, source += to.count * size) {
        copy_run(to.cursor.at, to.stride, source, 1, to.count, size);
        (void)srnn_cursor__next(&to.cursor);
    }
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
    rows to = rows_of(tensor, 0);
    do {
        clear_run(to.cursor.at, to.stride, to.count,
                  srnn_dtype__size(tensor->dtype));
    } while (srnn_cursor__next(&to.cursor));
}

/* The stride of all positions in the dimensions before the last one, if they
 * have one. */
static bool find_row_stride(int64_t *out, const srnn_tensor *tensor)
{
    int64_t rows_below = 1;
    *out = 0;
    for (int32_t i = tensor->rank - 2; i >= 0; i--) {
        if (tensor->shape[i] == 1)
            continue;
        if (rows_below == 1)
            *out = tensor->strides[i];
        else if (tensor->strides[i] != *out * rows_below)
            return false;
        rows_below *= tensor->shape[i];
    }
    return true;
}

bool srnn_tensor__is_matrix(srnn_matrix *out, const srnn_tensor *tensor)
{
    const int64_t columns = tensor->shape[tensor->rank - 1];
    int64_t stride = 0;
    if (!srnn_tensor__has_packed_rows(tensor) ||
        !find_row_stride(&stride, tensor))
        return false;
    *out = (srnn_matrix){tensor->data, tensor->size / columns, columns, stride};
    return true;
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
