/* SPDX-License-Identifier: MIT */
/* srnn_tensor: a dtype, a shape and strides over memory. */
#ifndef SIMPLERNN_TENSOR_H
#define SIMPLERNN_TENSOR_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t srnn_dtype;

enum { SRNN_DTYPE_FLOAT32 = 1, SRNN_DTYPE_FLOAT64 = 2 };

enum { SRNN_MAX_RANK = 8 };

/*
 * A handle may be read by many threads at once; its values are ordinary
 * memory, so a write to them needs the caller's own ordering.
 */
typedef struct srnn_tensor srnn_tensor;

/*
 * A new tensor of zeros, contiguous, 64-byte aligned, owning its memory.
 *
 * out    receives the tensor, to be destroyed by the caller
 * rank   0 to SRNN_MAX_RANK
 * shape  rank sizes, each >= 0; may be NULL when rank is 0
 * SRNN_ERROR_INVALID for a NULL, an unknown dtype, a rank or a size out of
 * range; SRNN_ERROR_OVERFLOW if the bytes with those of the handle, a size of 0
 * counted as 1, do not fit int64_t; SRNN_ERROR_NO_MEMORY. Any thread.
 */
SRNN_API srnn_status srnn_tensor_create(srnn_tensor **out, srnn_dtype dtype,
                                        int32_t rank, const int64_t *shape);

/*
 * A tensor over the caller's memory, without a copy. The library reads it, and
 * writes it only where it is passed as a result. The memory must outlive the
 * tensor.
 *
 * data     the first element, aligned to the element size; may be NULL if a
 *          size is 0
 * strides  rank distances in elements between neighbours, NULL for contiguous.
 *          No two elements may share memory: in order of growing stride, each
 *          stride must be at least the extent of the dimensions before it
 *          (dimensions of size 1 are free, others above 0).
 * The rest, and the statuses, as srnn_tensor_create; SRNN_ERROR_INVALID too for
 * data that is not aligned and for elements that share memory,
 * SRNN_ERROR_OVERFLOW for the bytes from the first to the last element.
 */
SRNN_API srnn_status srnn_tensor_wrap(srnn_tensor **out, void *data,
                                      srnn_dtype dtype, int32_t rank,
                                      const int64_t *shape,
                                      const int64_t *strides);

/* Frees the tensor, and its memory if it owns it. NULL does nothing. */
SRNN_API void srnn_tensor_destroy(srnn_tensor *tensor);

/*
 * What a tensor is. The pointers are borrowed and last as long as the tensor;
 * shape and strides have rank entries, size is the number of elements.
 * Any thread.
 */
SRNN_API srnn_dtype srnn_tensor_dtype(const srnn_tensor *tensor);
SRNN_API int32_t srnn_tensor_rank(const srnn_tensor *tensor);
SRNN_API const int64_t *srnn_tensor_shape(const srnn_tensor *tensor);
SRNN_API const int64_t *srnn_tensor_strides(const srnn_tensor *tensor);
SRNN_API int64_t srnn_tensor_size(const srnn_tensor *tensor);
SRNN_API void *srnn_tensor_data(const srnn_tensor *tensor);

/*
 * Copies the values of source over those of target; strides may differ.
 *
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_SHAPE or SRNN_ERROR_DTYPE if they
 * differ, SRNN_ERROR_ALIAS if their memory overlaps (the very same tensor
 * twice is fine).
 */
SRNN_API srnn_status srnn_tensor_copy(srnn_tensor *target,
                                      const srnn_tensor *source);

/*
 * A new contiguous tensor that holds the given ones side by side along axis,
 * as torch.cat does: [2,3] and [2,5] along axis 1 give [2,8].
 *
 * out      receives the tensor, to be destroyed by the caller
 * tensors  count >= 1 tensors of one dtype and rank >= 1, whose sizes agree
 *          outside axis
 * axis     0 to rank-1, or -rank to -1 counted from the end
 * SRNN_ERROR_INVALID for a NULL, a count, rank or axis out of range,
 * SRNN_ERROR_SHAPE, SRNN_ERROR_DTYPE, SRNN_ERROR_OVERFLOW,
 * SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_tensor_concatenate(srnn_tensor **out,
                                             const srnn_tensor *const *tensors,
                                             int64_t count, int32_t axis);

#ifdef __cplusplus
}
#endif

#endif
