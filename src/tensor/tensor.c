/* SPDX-License-Identifier: MIT */
/* Shapes and strides over memory. Knows no arithmetic on values. */
#include "tensor/tensor.h"

#include <assert.h>
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
    tensor->below = 0;
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
                            "a %s tensor of shape %s would need more than "
                            "2^63 - 1 bytes",
                            srnn_dtype__name(dtype), buffer);
}

bool srnn_tensor__describe(srnn_tensor *tensor, void *data, srnn_dtype dtype,
                           int32_t rank, const int64_t *shape)
{
    *tensor = (srnn_tensor){.handle = {SRNN_HANDLE_TENSOR},
                            .dtype = dtype,
                            .rank = rank,
                            .data = data};
    for (int32_t i = 0; i < rank; i++)
        tensor->shape[i] = shape[i];
    return lay_out_contiguous(tensor);
}

srnn_tensor srnn_tensor__contiguous(void *data, srnn_dtype dtype, int32_t rank,
                                    const int64_t *shape)
{
    srnn_tensor tensor;
    (void)srnn_tensor__describe(&tensor, data, dtype, rank, shape);
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
    srnn_tensor tensor;
    if (!srnn_tensor__describe(&tensor, NULL, dtype, rank, shape))
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
    srnn_tensor tensor;
    int64_t bytes = 0;
    if (!srnn_tensor__describe(&tensor, NULL, dtype, rank, shape) ||
        !srnn_checked__add(&bytes, tensor.size * srnn_dtype__size(dtype), head))
        return fail_overflow(rank, shape, dtype);
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, bytes));
    tensor.data = (unsigned char *)memory + head;
    tensor.is_fixed = true;
    *out = memory;
    **out = tensor;
    return SRNN_OK;
}

static uint64_t magnitude(int64_t stride)
{
    return stride < 0 ? 0 - (uint64_t)stride : (uint64_t)stride;
}

/* The next dimension by growing distance of its neighbours, after those in
 * done, or -1. Dimensions of size 1 have no neighbours and so no stride. */
static int32_t next_dimension(const srnn_tensor *tensor, uint32_t done)
{
    int32_t next = -1;
    for (int32_t i = 0; i < tensor->rank; i++) {
        const bool open = tensor->shape[i] > 1 && (done >> i & 1u) == 0;
        if (open && (next < 0 || magnitude(tensor->strides[i]) <
                                     magnitude(tensor->strides[next])))
            next = i;
    }
    return next;
}

static void append_layout(srnn_text *text, const srnn_tensor *tensor)
{
    srnn_text__append_shape(text, tensor->rank, tensor->shape);
    srnn_text__append(text, " with strides ");
    srnn_text__append_shape(text, tensor->rank, tensor->strides);
}

static srnn_status fail_strides(const srnn_tensor *tensor, int32_t dimension,
                                uint64_t extent)
{
    char buffer[400];
    srnn_text text = {buffer, sizeof buffer, 0};
    append_layout(&text, tensor);
    return srnn_error__fail(
        SRNN_ERROR_INVALID,
        "elements of a tensor %s share memory, which only "
        "srnn_tensor_wrap_const allows: stride %d is %" PRId64
        ", expected at least %" PRIu64 " or at most -%" PRIu64,
        buffer, (int)dimension, tensor->strides[dimension], extent, extent);
}

/* The usual case: each stride steps over all of the dimensions behind it. */
static bool is_nested(const srnn_tensor *tensor)
{
    uint64_t extent = 1;
    for (int32_t i = tensor->rank - 1; i >= 0; i--) {
        const uint64_t distance = magnitude(tensor->strides[i]);
        if (tensor->shape[i] == 1)
            continue;
        if (distance < extent)
            return false;
        extent += (uint64_t)(tensor->shape[i] - 1) * distance;
    }
    return true;
}

/* By growing distance, each stride must step over all that lies below it. The
 * addresses fit. */
static srnn_status check_apart(const srnn_tensor *tensor)
{
    uint32_t done = 0;
    uint64_t extent = 1;
    if (is_nested(tensor))
        return SRNN_OK;
    for (int32_t i; (i = next_dimension(tensor, done)) >= 0;) {
        const uint64_t distance = magnitude(tensor->strides[i]);
        if (distance < extent)
            return fail_strides(tensor, i, extent);
        extent += (uint64_t)(tensor->shape[i] - 1) * distance;
        done |= 1u << i;
    }
    return SRNN_OK;
}

/* Notes how far elements lie below and above the first one. */
static bool measure(srnn_tensor *tensor)
{
    const int64_t width = srnn_dtype__size(tensor->dtype);
    int64_t below = 0;
    int64_t above = 1;
    for (int32_t i = 0; i < tensor->rank; i++) {
        int64_t reach = 0;
        if (tensor->shape[i] == 1)
            continue;
        if (!srnn_checked__multiply(&reach, tensor->shape[i] - 1,
                                    tensor->strides[i]) ||
            !(reach < 0 ? srnn_checked__subtract(&below, below, reach)
                        : srnn_checked__add(&above, above, reach)))
            return false;
    }
    return srnn_checked__multiply(&tensor->below, below, width) &&
           srnn_checked__add(&above, above, below) &&
           srnn_checked__multiply(&tensor->bytes, above, width);
}

/* Are all elements, if there are any, at addresses? */
static bool fits_addresses(const srnn_tensor *tensor)
{
    const uint64_t data = (uintptr_t)tensor->data;
    const uint64_t below = (uint64_t)tensor->below;
    return tensor->size == 0 ||
           (below <= data &&
            (uint64_t)tensor->bytes <= UINTPTR_MAX - (data - below));
}

static srnn_status fail_addresses(const srnn_tensor *tensor)
{
    char buffer[400];
    srnn_text text = {buffer, sizeof buffer, 0};
    append_layout(&text, tensor);
    return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                            "a %s tensor %s at %p reaches beyond the address "
                            "space",
                            srnn_dtype__name(tensor->dtype), buffer,
                            tensor->data);
}

/* Where there is no element, strides mean nothing. */
static srnn_status use_strides(srnn_tensor *tensor, const int64_t *strides)
{
    for (int32_t i = 0; i < tensor->rank; i++)
        tensor->strides[i] = strides[i];
    if (!measure(tensor))
        return fail_addresses(tensor);
    return tensor->is_read_only ? SRNN_OK : check_apart(tensor);
}

/* Every member but the sizes and strides behind the rank, which nobody reads.
 * In place: a handle is made for each call of some programs. */
static srnn_status fill(srnn_tensor *tensor, const srnn_tensor_description *d)
{
    assert(d->rank >= 0 && d->rank <= SRNN_MAX_RANK);
    tensor->handle.kind = SRNN_HANDLE_TENSOR;
    tensor->dtype = d->dtype;
    tensor->rank = d->rank;
    tensor->is_read_only = d->is_read_only;
    tensor->is_fixed = false;
    tensor->data = (void *)d->data;
    for (int32_t i = 0; i < tensor->rank; i++)
        tensor->shape[i] = d->shape[i];
    if (!lay_out_contiguous(tensor))
        return fail_overflow(d->rank, d->shape, d->dtype);
    if (d->strides != NULL && tensor->size > 0)
        SRNN_TRY(use_strides(tensor, d->strides));
    return fits_addresses(tensor) ? SRNN_OK : fail_addresses(tensor);
}

srnn_status srnn_tensor__wrap(srnn_tensor **out,
                              const srnn_tensor_description *description)
{
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create_plain(&memory, (int64_t)sizeof(srnn_tensor)));
    const srnn_status status = fill(memory, description);
    if (status == SRNN_OK)
        *out = memory;
    else
        srnn_memory__destroy(memory);
    return status;
}

srnn_status srnn_tensor__rewrap(srnn_tensor *tensor,
                                const srnn_tensor_description *description)
{
    srnn_tensor next;
    SRNN_TRY(fill(&next, description));
    *tensor = next;
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

bool srnn_tensor__same_layout(const srnn_tensor *a, const srnn_tensor *b)
{
    if (a->dtype != b->dtype || !srnn_tensor__same_shape(a, b))
        return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (a->shape[i] > 1 && a->strides[i] != b->strides[i])
            return false;
    return true;
}

bool srnn_tensor__same_memory(const srnn_tensor *a, const srnn_tensor *b)
{
    return a->data == b->data && srnn_tensor__same_layout(a, b);
}
