/* SPDX-License-Identifier: MIT */
/* The tensor behind srnn_tensor, for all folders below. Arguments are valid
 * here: src/api has checked them. */
#ifndef SRNN_TENSOR_TENSOR_H
#define SRNN_TENSOR_TENSOR_H

#include <stdbool.h>

#include "simplernn/tensor.h"
#include "tensor/arena.h"
#include "tensor/matrix.h"
#include "util/handle.h"

struct srnn_tensor {
    srnn_handle handle;
    srnn_dtype dtype;
    int32_t rank;
    bool is_read_only;
    bool is_fixed; /* It owns its memory, which lies behind this struct, or
                      another object lends it: it cannot be rewrapped. */
    int64_t shape[SRNN_MAX_RANK];
    int64_t strides[SRNN_MAX_RANK]; /* in elements; contiguous where a size is
                                       0 */
    int64_t size;                   /* elements */
    int64_t below; /* bytes from the element that lies lowest to data */
    int64_t bytes; /* from there to behind the one that lies highest */
    void *data;    /* the first element, if there is any */
};

/* What a view is made from; see srnn_tensor_wrap. */
typedef struct {
    const void *data;
    srnn_dtype dtype;
    int32_t rank;
    const int64_t *shape;
    const int64_t *strides; /* NULL for contiguous */
    bool is_read_only;
} srnn_tensor_description;

/* The rank, the sizes and how to build them; see srnn_tensor_create. Sizes
 * that do not fit give SRNN_ERROR_OVERFLOW. */
srnn_status srnn_tensor__create(srnn_tensor **out, srnn_dtype dtype,
                                int32_t rank, const int64_t *shape);

/* SRNN_ERROR_OVERFLOW if an address or the number of elements does not fit,
 * SRNN_ERROR_INVALID if elements of what is writable share memory. */
srnn_status srnn_tensor__wrap(srnn_tensor **out,
                              const srnn_tensor_description *description);

/* The same for a tensor that there is, which is not fixed; after a
 * failure it is what it was. */
srnn_status srnn_tensor__rewrap(srnn_tensor *tensor,
                                const srnn_tensor_description *description);

void srnn_tensor__destroy(srnn_tensor *tensor);

bool srnn_tensor__same_shape(const srnn_tensor *a, const srnn_tensor *b);

/* May they share a byte? False where the addresses from the lowest to the
 * highest are apart, or where overlap.c finds them interleaved. */
bool srnn_tensor__overlap(const srnn_tensor *a, const srnn_tensor *b);

/* The same dtype, shape and strides. */
bool srnn_tensor__same_layout(const srnn_tensor *a, const srnn_tensor *b);

/* The same elements in the same places: a step in place. */
bool srnn_tensor__same_memory(const srnn_tensor *a, const srnn_tensor *b);

/* Copies the values of source over those of target: one shape, one dtype, any
 * strides, no overlap unless the very same memory. */
void srnn_tensor__copy(const srnn_tensor *target, const srnn_tensor *source);

/* Rows are elements side by side in the last dimension, in C order. Copies some
 * of them, which are there, to or from contiguous memory. */
void srnn_tensor__gather(void *to, const srnn_tensor *tensor, int64_t first,
                         int64_t count);
void srnn_tensor__scatter(const srnn_tensor *tensor, const void *from,
                          int64_t first, int64_t count);

/* Are all rows one matrix, as kernels need them? Rows have elements. */
bool srnn_tensor__is_matrix(srnn_matrix *out, const srnn_tensor *tensor);

/* Sets every value to 0; any strides. */
void srnn_tensor__fill_zero(const srnn_tensor *tensor);

/* Are the elements of the last dimension neighbours, as kernels need them? */
bool srnn_tensor__has_packed_rows(const srnn_tensor *tensor);

/* A tensor struct over contiguous memory; false if its bytes do not fit. */
bool srnn_tensor__describe(srnn_tensor *tensor, void *data, srnn_dtype dtype,
                           int32_t rank, const int64_t *shape);

/* The same where they are known to fit. */
srnn_tensor srnn_tensor__contiguous(void *data, srnn_dtype dtype, int32_t rank,
                                    const int64_t *shape);

/* The same over memory from an arena; rank >= 1. */
srnn_tensor srnn_tensor__take(srnn_arena *arena, srnn_dtype dtype, int32_t rank,
                              const int64_t *shape);

/* The tensor itself if its rows are packed, else room for a packed copy. */
srnn_tensor srnn_tensor__take_packed(srnn_arena *arena,
                                     const srnn_tensor *tensor);

/* A new tensor of the given ones side by side along axis, where their sizes
 * add up to joint. */
srnn_status srnn_tensor__concatenate(srnn_tensor **out,
                                     const srnn_tensor *const *tensors,
                                     int32_t axis, int64_t joint);

#endif
