/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A dtype, a shape and strides over memory: srnn_tensor.
 */
#ifndef SIMPLERNN_TENSOR_H
#define SIMPLERNN_TENSOR_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The type of elements. */
typedef int32_t srnn_dtype;

/**
 * Values of srnn_dtype. An rnn computes in float32 or float64. Tensors of the
 * other types hold lengths and flags: they can be made, read, copied and
 * joined, and every function that wants values of an rnn refuses them with
 * SRNN_ERROR_DTYPE.
 */
enum srnn_dtype_values {
    SRNN_DTYPE_FLOAT32 = 1001, /**< float */
    SRNN_DTYPE_FLOAT64 = 1002, /**< double */
    SRNN_DTYPE_INT64 = 1003,   /**< int64_t */
    SRNN_DTYPE_UINT8 = 1004    /**< uint8_t */
};

/** Limit of a shape. */
enum srnn_tensor_limits {
    SRNN_MAX_RANK = 8 /**< dimensions */
};

/**
 * A view of memory, its own or the caller's. A handle may be read by many
 * threads at once; its values are ordinary memory, so a write to them needs the
 * caller's own ordering.
 */
typedef struct srnn_tensor srnn_tensor;

/**
 * A new tensor of zeros, contiguous, 64-byte aligned, owning its memory. Any
 * thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each >= 0; may be NULL when rank is 0
 * @retval SRNN_ERROR_INVALID    a NULL, an unknown dtype, a rank or a size out
 *                               of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes with those of the handle, a size of 0
 *                               counted as 1, do not fit int64_t
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_tensor_create(srnn_tensor **out, srnn_dtype dtype,
                                        int32_t rank, const int64_t *shape);

/**
 * A tensor over the caller's memory, without a copy. The library reads it, and
 * writes it only where it is passed as a result. The memory must outlive the
 * tensor. Any thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param data      the first element, aligned to the element size; may be NULL
 *                  if a size is 0
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each >= 0; may be NULL when rank is 0
 * @param strides   rank distances in elements between neighbours, NULL for
 *                  contiguous. No two elements may share memory: in order of
 *                  growing stride, each stride must be at least the extent of
 *                  the dimensions before it (dimensions of size 1 are free,
 *                  others above 0)
 * @retval SRNN_ERROR_INVALID    a NULL, an unknown dtype, a rank or a size out
 *                               of range, data that is not aligned, or strides
 *                               by which elements share memory
 * @retval SRNN_ERROR_OVERFLOW   the bytes, contiguous or from the first to the
 *                               last element, a size of 0 counted as 1, do not
 *                               fit int64_t
 * @retval SRNN_ERROR_NO_MEMORY  there is none for the handle
 */
SRNN_API srnn_status srnn_tensor_wrap(srnn_tensor **out, void *data,
                                      srnn_dtype dtype, int32_t rank,
                                      const int64_t *shape,
                                      const int64_t *strides);

/**
 * Frees a tensor, and its memory if it owns it.
 *
 * @param tensor  NULL does nothing
 */
SRNN_API void srnn_tensor_destroy(srnn_tensor *tensor);

/**
 * The dtype of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        its dtype; 0 for NULL
 */
SRNN_API srnn_dtype srnn_tensor_dtype(const srnn_tensor *tensor);

/**
 * The number of dimensions of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        its rank; 0 for NULL
 */
SRNN_API int32_t srnn_tensor_rank(const srnn_tensor *tensor);

/**
 * The sizes of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        rank sizes, borrowed: they last as long as the tensor; NULL
 *                for NULL
 */
SRNN_API const int64_t *srnn_tensor_shape(const srnn_tensor *tensor);

/**
 * The strides of a tensor, in elements. Any thread.
 *
 * @param tensor  whose
 * @return        rank strides, borrowed: they last as long as the tensor; NULL
 *                for NULL
 */
SRNN_API const int64_t *srnn_tensor_strides(const srnn_tensor *tensor);

/**
 * The number of elements of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        the product of its sizes; 0 for NULL
 */
SRNN_API int64_t srnn_tensor_size(const srnn_tensor *tensor);

/**
 * The memory of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        its first element, borrowed: if the tensor owns its memory,
 *                that lasts as long as the tensor; NULL for NULL
 */
SRNN_API void *srnn_tensor_data(const srnn_tensor *tensor);

/**
 * Copies values from tensor to tensor; strides may differ.
 *
 * @param target  whose values are replaced
 * @param source  of the same shape and dtype
 * @retval SRNN_ERROR_INVALID  a NULL
 * @retval SRNN_ERROR_SHAPE    the shapes differ
 * @retval SRNN_ERROR_DTYPE    the dtypes differ
 * @retval SRNN_ERROR_ALIAS    their memory overlaps (the very same tensor twice
 *                             is fine)
 */
SRNN_API srnn_status srnn_tensor_copy(srnn_tensor *target,
                                      const srnn_tensor *source);

/**
 * A new contiguous tensor that holds the given ones side by side along axis,
 * as torch.cat does: [2,3] and [2,5] along axis 1 give [2,8].
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param tensors   of one dtype and rank >= 1, whose sizes agree outside axis
 * @param count     of tensors, at least 1
 * @param axis      0 to rank-1, or -rank to -1 counted from the end
 * @retval SRNN_ERROR_INVALID    a NULL, a count, rank or axis out of range
 * @retval SRNN_ERROR_SHAPE      ranks, or sizes outside axis, differ
 * @retval SRNN_ERROR_DTYPE      the dtypes differ
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the result do not fit int64_t
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_tensor_concatenate(srnn_tensor **out,
                                             const srnn_tensor *const *tensors,
                                             int64_t count, int32_t axis);

#ifdef __cplusplus
}
#endif

#endif
