/* SPDX-License-Identifier: MIT */
/* The rows of a tensor, and a thread's part of them. */
#ifndef SRNN_LINEAR_ROWS_H
#define SRNN_LINEAR_ROWS_H

#include "gemm/outer.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"
#include "util/integer.h"

enum { SRNN_LINEAR_BLOCK = SRNN_OUTER_ROWS };

/* The rows of a tensor as kernels need them: its own memory if that is one
 * matrix, and else copies of one block. */
typedef struct {
    const srnn_tensor *tensor;
    srnn_matrix own;
    bool is_own;
    unsigned char
        *copies; /* [members,SRNN_LINEAR_BLOCK,columns], or of one member */
} srnn_linear_rows;

static inline int64_t srnn_linear_rows__columns(const srnn_tensor *tensor)
{
    return tensor->shape[tensor->rank - 1];
}

static inline int64_t srnn_linear_rows__count(const srnn_tensor *tensor)
{
    return tensor->size / srnn_linear_rows__columns(tensor);
}

static inline srnn_linear_rows srnn_linear_rows__take(srnn_arena *arena,
                                                      const srnn_tensor *tensor,
                                                      int64_t members)
{
    srnn_linear_rows r = {.tensor = tensor};
    r.is_own = srnn_tensor__is_matrix(&r.own, tensor);
    if (!r.is_own)
        r.copies = srnn_arena__take_matrix(
            arena,
            members * srnn_integer__smaller(srnn_linear_rows__count(tensor),
                                            SRNN_LINEAR_BLOCK),
            srnn_linear_rows__columns(tensor), srnn_dtype__size(tensor->dtype));
    return r;
}

/* count rows from `first` on: where they are, or where copies of them go. */
static inline srnn_matrix srnn_linear_rows__at(const srnn_linear_rows *r,
                                               int64_t member, int64_t first,
                                               int64_t count)
{
    const int64_t size = srnn_dtype__size(r->tensor->dtype);
    const int64_t columns = srnn_linear_rows__columns(r->tensor);
    const int64_t block = srnn_integer__smaller(
        srnn_linear_rows__count(r->tensor), SRNN_LINEAR_BLOCK);
    if (!r->is_own)
        return (srnn_matrix){r->copies + member * block * columns * size, count,
                             columns, columns};
    return (srnn_matrix){(unsigned char *)r->own.data +
                             first * r->own.stride * size,
                         count, columns, r->own.stride};
}

#endif
