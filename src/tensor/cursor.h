/* SPDX-License-Identifier: MIT */
/* Goes through the first dimensions of a tensor in C order: through its rows,
 * or through its elements. */
#ifndef SRNN_TENSOR_CURSOR_H
#define SRNN_TENSOR_CURSOR_H

#include "tensor/dtype.h"
#include "tensor/tensor.h"

typedef struct {
    const srnn_tensor *tensor;
    int32_t rank; /* how many dimensions it goes through */
    int64_t index[SRNN_MAX_RANK];
    unsigned char *at; /* the element there, with 0 in other dimensions */
} srnn_cursor;

static inline void srnn_cursor__move(srnn_cursor *cursor, int32_t dimension,
                                     int64_t steps)
{
    const srnn_tensor *const tensor = cursor->tensor;
    cursor->at +=
        steps * tensor->strides[dimension] * srnn_dtype__size(tensor->dtype);
}

/* At a position that is there; position 0 always is. */
static inline srnn_cursor srnn_cursor__begin(const srnn_tensor *tensor,
                                             int32_t rank, int64_t position)
{
    srnn_cursor cursor = {
        .tensor = tensor, .rank = rank, .at = (unsigned char *)tensor->data};
    for (int32_t i = rank - 1; i >= 0 && position > 0; i--) {
        cursor.index[i] = position % tensor->shape[i];
        position /= tensor->shape[i];
        srnn_cursor__move(&cursor, i, cursor.index[i]);
    }
    return cursor;
}

/* To the next position; after the last one to the first, and false. */
static inline bool srnn_cursor__next(srnn_cursor *cursor)
{
    for (int32_t i = cursor->rank - 1; i >= 0; i--) {
        if (++cursor->index[i] < cursor->tensor->shape[i]) {
            srnn_cursor__move(cursor, i, 1);
            return true;
        }
        srnn_cursor__move(cursor, i, 1 - cursor->index[i]);
        cursor->index[i] = 0;
    }
    return false;
}

#endif
