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
 * A view of memory, its own or the caller's, which may be read only. A handle
 * may be read by many threads at once; its values are ordinary memory, so a
 * write to them needs the caller's own ordering.
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
 * @retval SRNN_ERROR_INVALID    a NULL, or an unknown dtype
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes with those of the handle, a size of 0
 *                               counted as 1, do not fit int64_t
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_API srnn_status srnn_tensor_create(srnn_tensor **out, srnn_dtype dtype,
                                        int32_t rank, const int64_t *shape);

/**
 * A tensor over the caller's memory, without a copy. The library reads it, and
 * writes it only where it is passed as a result. The memory must outlive the
 * tensor, or srnn_tensor_rewrap() it. Any thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param data      the first element, that of index 0 in all dimensions,
 * aligned to the element size; may be NULL if a size is 0
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each >= 0; may be NULL when rank is 0
 * @param strides   rank distances in elements between neighbours, below 0 where
 *                  the next one lies lower; NULL for contiguous. No two
 * elements may share memory: in order of growing distance, each stride must be
 * at least the extent of the dimensions before it, either way. Those of
 * dimensions of size 1 are free, and if a size is 0 none is looked at
 * @retval SRNN_ERROR_INVALID    a NULL, an unknown dtype, data that is not
 *                               aligned, or strides by which elements share
 *                               memory
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes, contiguous (a size of 0 counted as
 * 1) or from the lowest to the highest element, do not fit int64_t, or an
 * address is none
 * @retval SRNN_ERROR_NO_MEMORY  there is none for the handle
 * @since 0.2
 */
SRNN_API srnn_status srnn_tensor_wrap(srnn_tensor **out, void *data,
                                      srnn_dtype dtype, int32_t rank,
                                      const int64_t *shape,
                                      const int64_t *strides);

/**
 * The same over memory that is only read: passed as a result the tensor gives
 * SRNN_ERROR_STATE. Any strides will do: 0 for a dimension that repeats one
 * element, as numpy.broadcast_to and torch's expand make, less than an extent
 * for windows that slide over each other, or below 0. Any thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param data      as in srnn_tensor_wrap()
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each >= 0; may be NULL when rank is 0
 * @param strides   rank distances in elements between neighbours, NULL for
 *                  contiguous
 * @retval SRNN_ERROR_INVALID    a NULL, an unknown dtype, or data that is not
 *                               aligned
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   as in srnn_tensor_wrap()
 * @retval SRNN_ERROR_NO_MEMORY  there is none for the handle
 * @since 0.2
 */
SRNN_API srnn_status srnn_tensor_wrap_const(srnn_tensor **out, const void *data,
                                            srnn_dtype dtype, int32_t rank,
                                            const int64_t *shape,
                                            const int64_t *strides);

/**
 * Makes the tensor what srnn_tensor_wrap() would have made of these arguments,
 * without an allocation: other memory, another shape, another dtype. Nobody
 * else may use the tensor meanwhile; what was computed with it stays as it is.
 * After a failure the tensor is what it was.
 *
 * @param tensor   one that was wrapped, read only or not
 * @param data     as in srnn_tensor_wrap(), as are the others
 * @param dtype    of the elements
 * @param rank     0 to SRNN_MAX_RANK
 * @param shape    rank sizes, each >= 0; may be NULL when rank is 0. May be
 *                 srnn_tensor_shape() of this tensor
 * @param strides  NULL for contiguous. May be srnn_tensor_strides() of this
 *                 tensor
 * @retval SRNN_ERROR_INVALID   a NULL, an unknown dtype, data that is not
 *                              aligned, or strides by which elements share
 *                              memory
 * @retval SRNN_ERROR_RANGE     the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW  as in srnn_tensor_wrap()
 * @retval SRNN_ERROR_STATE     the tensor owns its memory
 * @since 0.2
 */
SRNN_API srnn_status srnn_tensor_rewrap(srnn_tensor *tensor, void *data,
                                        srnn_dtype dtype, int32_t rank,
                                        const int64_t *shape,
                                        const int64_t *strides);

/**
 * The same for memory that is only read, as srnn_tensor_wrap_const() has it.
 *
 * @param tensor   one that was wrapped, read only or not
 * @param data     as in srnn_tensor_wrap_const(), as are the others
 * @param dtype    of the elements
 * @param rank     0 to SRNN_MAX_RANK
 * @param shape    rank sizes, each >= 0; may be NULL when rank is 0. May be
 *                 srnn_tensor_shape() of this tensor
 * @param strides  NULL for contiguous. May be srnn_tensor_strides() of this
 *                 tensor
 * @retval SRNN_ERROR_INVALID   a NULL, an unknown dtype, or data that is not
 *                              aligned
 * @retval SRNN_ERROR_RANGE     the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW  as in srnn_tensor_wrap()
 * @retval SRNN_ERROR_STATE     the tensor owns its memory
 * @since 0.2
 */
SRNN_API srnn_status srnn_tensor_rewrap_const(srnn_tensor *tensor,
                                              const void *data,
                                              srnn_dtype dtype, int32_t rank,
                                              const int64_t *shape,
                                              const int64_t *strides);

/**
 * Frees a tensor, and its memory if it owns it.
 *
 * @param tensor  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_tensor_destroy(srnn_tensor *tensor);

/**
 * The dtype of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        its dtype; 0 for NULL
 * @since 0.2
 */
SRNN_API srnn_dtype srnn_tensor_dtype(const srnn_tensor *tensor);

/**
 * The number of dimensions of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        its rank; 0 for NULL
 * @since 0.2
 */
SRNN_API int32_t srnn_tensor_rank(const srnn_tensor *tensor);

/**
 * The sizes of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        rank sizes, borrowed: they last as long as the tensor, and
 *                change with srnn_tensor_rewrap(); NULL for NULL
 * @since 0.2
 */
SRNN_API const int64_t *srnn_tensor_shape(const srnn_tensor *tensor);

/**
 * The strides of a tensor, in elements: as they were given, those of a
 * contiguous tensor where a size is 0. Any thread.
 *
 * @param tensor  whose
 * @return        rank strides, borrowed as the sizes are; NULL for NULL
 * @since 0.2
 */
SRNN_API const int64_t *srnn_tensor_strides(const srnn_tensor *tensor);

/**
 * The number of elements of a tensor. Any thread.
 *
 * @param tensor  whose
 * @return        the product of its sizes; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_tensor_size(const srnn_tensor *tensor);

/**
 * The memory of a tensor, to be written to. Any thread.
 *
 * @param tensor  whose
 * @return        its first element, borrowed: if the tensor owns its memory,
 *                that lasts as long as the tensor; NULL for a read-only tensor
 *                and for NULL
 * @since 0.2
 */
SRNN_API void *srnn_tensor_data(const srnn_tensor *tensor);

/**
 * The memory of a tensor, to be read. Any thread.
 *
 * @param tensor  whose
 * @return        its first element, borrowed: if the tensor owns its memory,
 *                that lasts as long as the tensor; NULL for NULL
 * @since 0.2
 */
SRNN_API const void *srnn_tensor_const_data(const srnn_tensor *tensor);

/**
 * Whether a tensor was wrapped as read only. Any thread.
 *
 * @param tensor  whose
 * @return        1 if it was, else 0; 0 for NULL
 * @since 0.2
 */
SRNN_API int32_t srnn_tensor_is_read_only(const srnn_tensor *tensor);

/**
 * Copies values from tensor to tensor; strides may differ.
 *
 * @param target  whose values are replaced
 * @param source  of the same shape and dtype
 * @retval SRNN_ERROR_INVALID  a NULL
 * @retval SRNN_ERROR_SHAPE    the shapes differ
 * @retval SRNN_ERROR_DTYPE    the dtypes differ
 * @retval SRNN_ERROR_ALIAS    they may share memory: their addresses, from the
 *                             lowest to the highest, overlap. Slices that lie
 *                             side by side in the rows of one buffer are apart
 *                             all the same, and the very same tensor twice is
 *                             fine
 * @retval SRNN_ERROR_STATE    target is read only
 * @since 0.2
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
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_RANGE      the count, a rank or the axis is out of range
 * @retval SRNN_ERROR_SHAPE      ranks, or sizes outside axis, differ
 * @retval SRNN_ERROR_DTYPE      the dtypes differ
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the result do not fit int64_t
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_API srnn_status srnn_tensor_concatenate(srnn_tensor **out,
                                             const srnn_tensor *const *tensors,
                                             int64_t count, int32_t axis);

#ifdef __cplusplus
}
#endif

#endif
