/* SPDX-License-Identifier: MIT */
/* Whether two tensors may share a byte. Their ranges of addresses may meet
 * where they do not: slices of one buffer, side by side in each of its rows.
 *
 *     |x x x x y y|x x x x y y|x x x x y y|
 *
 * If all strides from some distance on are multiples of a period P, then modulo
 * P a tensor lies where the dimensions below that distance do, which is one
 * interval of a circle of P bytes. Where two intervals do not meet, nor do the
 * tensors. */
#include <assert.h>

#include "tensor/dtype.h"
#include "tensor/tensor.h"

/* A dimension that reaches somewhere, in bytes. */
typedef struct {
    uint64_t stride;
    uint64_t reach; /* from its first to its last index */
    int owner;      /* 0 or 1 */
} dimension;

enum { DIMENSIONS = 2 * SRNN_MAX_RANK };

/* Appends those of a tensor to count others, by falling stride. */
static int insert(dimension *dimensions, int count, const srnn_tensor *tensor,
                  int owner)
{
    const uint64_t width = (uint64_t)srnn_dtype__size(tensor->dtype);
    for (int32_t i = 0; i < tensor->rank; i++) {
        const int64_t given = tensor->strides[i];
        if (tensor->shape[i] == 1 || given == 0)
            continue;
        const uint64_t stride =
            (given < 0 ? 0 - (uint64_t)given : (uint64_t)given) * width;
        int at = count++;
        for (; at > 0 && dimensions[at - 1].stride < stride; at--)
            dimensions[at] = dimensions[at - 1];
        dimensions[at] = (dimension){
            stride, (uint64_t)(tensor->shape[i] - 1) * stride, owner};
    }
    return count;
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t lowest(const srnn_tensor *tensor)
{
    return (uintptr_t)tensor->data - (uint64_t)tensor->below;
}

/* Do intervals of such extents, this far apart, not meet on the circle? */
static bool is_apart(uint64_t distance, const uint64_t *extents,
                     uint64_t period)
{
    return extents[0] <= distance && extents[1] <= period - distance;
}

/* Tries each distance: dimensions from it on give the period, the others the
 * intervals, which begin where the tensors do, as what lies lower is whole
 * periods away. */
static bool is_interleaved(const srnn_tensor *a, const srnn_tensor *b)
{
    dimension dimensions[DIMENSIONS];
    uint64_t extents[] = {(uint64_t)a->bytes, (uint64_t)b->bytes};
    uint64_t period = 0;
    const int count = insert(dimensions, insert(dimensions, 0, a, 0), b, 1);
    for (int i = 0; i < count; i++) {
        period = greatest_common_divisor(period, dimensions[i].stride);
        extents[dimensions[i].owner] -= dimensions[i].reach;
        assert(period > 0); /* no stride here is 0 */
        const uint64_t from = lowest(a) % period;
        const uint64_t to = lowest(b) % period;
        const uint64_t distance = to >= from ? to - from : to + period - from;
        if (is_apart(distance, extents, period))
            return true;
    }
    return false;
}

bool srnn_tensor__overlap(const srnn_tensor *a, const srnn_tensor *b)
{
    return a->size > 0 && b->size > 0 &&
           lowest(a) < lowest(b) + (uint64_t)b->bytes &&
           lowest(b) < lowest(a) + (uint64_t)a->bytes && !is_interleaved(a, b);
}
