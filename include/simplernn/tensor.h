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
 * Values of srnn_dtype. A network computes in float32 or float64. Tensors of
 * the other types hold lengths and flags: they can be created, read, copied and
 * concatenated. Every other function refuses them with SRNN_ERROR_DTYPE, except
 * where it asks for them.
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
 * A view of memory, which belongs to the tensor or to the caller. Any number of
 * threads may read one handle at once. The values are ordinary memory: the
 * caller must order writes to them.
 */
typedef struct srnn_tensor srnn_tensor;

/**
 * Creates a tensor of zeros that owns its memory, contiguous and 64-byte
 * aligned. Any thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each >= 0; may be NULL when rank is 0
 * @retval SRNN_ERROR_INVALID    a NULL, or an unknown dtype
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes, a size of 0 counted as 1, do not fit
 *                               63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_create(srnn_tensor **out,
                                                       srnn_dtype dtype,
                                                       int32_t rank,
                                                       const int64_t *shape);

/**
 * Creates a tensor over memory of the caller, without a copy. The library reads
 * it, and writes it only where the tensor is passed as a result. The memory
 * must last as long as the tensor, or until srnn_tensor_rewrap(). Any thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param data      the element of index 0 in all dimensions, aligned to the
 *                  size of an element; may be NULL if a size is 0
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each >= 0; may be NULL when rank is 0
 * @param strides   rank distances in elements between neighbours; NULL for
 *                  contiguous. A stride may be negative: the next element has a
 *                  lower address then. No two elements may share memory: sorted
 *                  by their size, each stride must step over all that the
 *                  smaller ones reach. The stride of a dimension of size 1 is
 *                  ignored, and all strides are ignored if a size is 0
 * @retval SRNN_ERROR_INVALID    a NULL, an unknown dtype, data that is not
 *                               aligned, or strides by which elements share
 *                               memory
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes do not fit 63 bits, whether
 *                               contiguous (a size of 0 counted as 1) or from
 *                               the lowest to the highest element, or an
 *                               address would not be valid
 * @retval SRNN_ERROR_NO_MEMORY  memory for the handle cannot be had
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_tensor_wrap(srnn_tensor **out, void *data, srnn_dtype dtype, int32_t rank,
                 const int64_t *shape, const int64_t *strides);

/**
 * Creates a read-only tensor over memory of the caller, without a copy. As a
 * result it is refused with SRNN_ERROR_STATE. Any strides are allowed: 0 for a
 * dimension that repeats one element, as numpy.broadcast_to and torch's expand
 * make them, overlapping ones for sliding windows, and negative ones. Any
 * thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller
 * @param data      as for srnn_tensor_wrap()
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each >= 0; may be NULL when rank is 0
 * @param strides   rank distances in elements between neighbours, NULL for
 *                  contiguous
 * @retval SRNN_ERROR_INVALID    a NULL, an unknown dtype, or data that is not
 *                               aligned
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   as for srnn_tensor_wrap()
 * @retval SRNN_ERROR_NO_MEMORY  memory for the handle cannot be had
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_wrap_const(
    srnn_tensor **out, const void *data, srnn_dtype dtype, int32_t rank,
    const int64_t *shape, const int64_t *strides);

/**
 * Points a tensor at other memory, with another shape and dtype, without an
 * allocation. It becomes what srnn_tensor_wrap() gives for these arguments. No
 * other thread may use the tensor meanwhile.
 *
 * @param tensor   a tensor that does not own its memory
 * @param data     as for srnn_tensor_wrap(), like the other parameters
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
 * @retval SRNN_ERROR_OVERFLOW  as for srnn_tensor_wrap()
 * @retval SRNN_ERROR_STATE     the tensor owns its memory
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_tensor_rewrap(srnn_tensor *tensor, void *data, srnn_dtype dtype,
                   int32_t rank, const int64_t *shape, const int64_t *strides);

/**
 * Points a tensor at other memory as srnn_tensor_rewrap() does, to be only
 * read. It becomes what srnn_tensor_wrap_const() gives for these arguments.
 *
 * @param tensor   a tensor that does not own its memory
 * @param data     as for srnn_tensor_wrap_const(), like the other parameters
 * @param dtype    of the elements
 * @param rank     0 to SRNN_MAX_RANK
 * @param shape    rank sizes, each >= 0; may be NULL when rank is 0. May be
 *                 srnn_tensor_shape() of this tensor
 * @param strides  NULL for contiguous. May be srnn_tensor_strides() of this
 *                 tensor
 * @retval SRNN_ERROR_INVALID   a NULL, an unknown dtype, or data that is not
 *                              aligned
 * @retval SRNN_ERROR_RANGE     the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW  as for srnn_tensor_wrap()
 * @retval SRNN_ERROR_STATE     the tensor owns its memory
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_rewrap_const(
    srnn_tensor *tensor, const void *data, srnn_dtype dtype, int32_t rank,
    const int64_t *shape, const int64_t *strides);

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
 * @param tensor  the tensor to ask
 * @return        the dtype; 0 for NULL
 * @since 0.2
 */
SRNN_API srnn_dtype srnn_tensor_dtype(const srnn_tensor *tensor);

/**
 * The number of dimensions of a tensor. Any thread.
 *
 * @param tensor  the tensor to ask
 * @return        the rank; 0 for NULL
 * @since 0.2
 */
SRNN_API int32_t srnn_tensor_rank(const srnn_tensor *tensor);

/**
 * The sizes of a tensor. Any thread.
 *
 * @param tensor  the tensor to ask
 * @return        rank sizes, borrowed: they last as long as the tensor, and
 *                srnn_tensor_rewrap() changes them; NULL for NULL
 * @since 0.2
 */
SRNN_API const int64_t *srnn_tensor_shape(const srnn_tensor *tensor);

/**
 * The strides of a tensor, in elements: those that were given, or contiguous
 * ones if a size is 0. Any thread.
 *
 * @param tensor  the tensor to ask
 * @return        rank strides, borrowed like the sizes; NULL for NULL
 * @since 0.2
 */
SRNN_API const int64_t *srnn_tensor_strides(const srnn_tensor *tensor);

/**
 * The number of elements of a tensor. Any thread.
 *
 * @param tensor  the tensor to ask
 * @return        the product of its sizes; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_tensor_size(const srnn_tensor *tensor);

/**
 * The memory of a tensor, to write to. Any thread.
 *
 * @param tensor  the tensor to ask
 * @return        the element of index 0, borrowed: memory that the tensor owns
 *                lasts as long as the tensor; NULL for a read-only tensor and
 *                for NULL
 * @since 0.2
 */
SRNN_API void *srnn_tensor_data(const srnn_tensor *tensor);

/**
 * The memory of a tensor, to read. Any thread.
 *
 * @param tensor  the tensor to ask
 * @return        the element of index 0, borrowed: memory that the tensor owns
 *                lasts as long as the tensor; NULL for NULL
 * @since 0.2
 */
SRNN_API const void *srnn_tensor_const_data(const srnn_tensor *tensor);

/**
 * Tells whether a tensor is read only. Any thread.
 *
 * @param tensor  the tensor to ask
 * @return        1 or 0; 0 for NULL
 * @since 0.2
 */
SRNN_API int32_t srnn_tensor_is_read_only(const srnn_tensor *tensor);

/**
 * Copies the values of a tensor to another one; strides may differ.
 *
 * @param target  the tensor to write
 * @param source  a tensor of the same shape and dtype
 * @retval SRNN_ERROR_INVALID  a NULL
 * @retval SRNN_ERROR_SHAPE    the shapes differ
 * @retval SRNN_ERROR_DTYPE    the dtypes differ
 * @retval SRNN_ERROR_ALIAS    they share memory. The very same elements in both
 *                             are allowed. Slices that lie side by side in the
 *                             rows of one buffer do not share memory; tensors
 *                             that interleave in another way are judged by
 *                             their lowest and highest address
 * @retval SRNN_ERROR_STATE    target is read only
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_copy(srnn_tensor *target,
                                                     const srnn_tensor *source);

/**
 * Creates a contiguous tensor that holds the given ones side by side along an
 * axis, as torch.cat does: [2,3] and [2,5] along axis 1 give [2,8]. Any thread.
 *
 * @param[out] out  receives the tensor, to be destroyed by the caller; not one
 *                  of the pointers at tensors
 * @param tensors   of one dtype and one rank >= 1, with the same sizes except
 *                  along axis
 * @param count     of tensors, at least 1
 * @param axis      0 to rank-1, or -rank to -1 counted from the end
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_RANGE      the count, a rank or the axis is out of range
 * @retval SRNN_ERROR_SHAPE      the ranks differ, or a size except along axis
 * @retval SRNN_ERROR_DTYPE      the dtypes differ
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the result do not fit 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_tensor_concatenate(srnn_tensor **out, const srnn_tensor *const *tensors,
                        int64_t count, int32_t axis);

#ifdef __cplusplus
}
#endif

#endif
