/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Memory with a dtype, a shape and strides: srnn_tensor.
 */
#ifndef SIMPLERNN_TENSOR_H
#define SIMPLERNN_TENSOR_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The type of the elements. */
typedef int32_t srnn_dtype;

/**
 * Values of srnn_dtype. A network computes in float32 or float64. The other
 * types are for lengths and flags: tensors of them can be created, read, copied
 * and concatenated. Any other function refuses them with SRNN_ERROR_DTYPE,
 * unless its comment asks for such a tensor.
 */
enum srnn_dtype_values {
    SRNN_DTYPE_FLOAT32 = 1001, /**< float */
    SRNN_DTYPE_FLOAT64 = 1002, /**< double */
    SRNN_DTYPE_INT64 = 1003,   /**< int64_t */
    SRNN_DTYPE_UINT8 = 1004    /**< uint8_t */
};

/** Limits of a tensor. */
enum srnn_tensor_limits {
    SRNN_MAX_RANK = 8 /**< maximum number of dimensions */
};

/**
 * A view of memory. The memory belongs to the tensor or to the caller. Any
 * number of threads may read one handle at once. The values are ordinary
 * memory: the caller must make sure that no thread writes them while another
 * thread uses them.
 */
typedef struct srnn_tensor srnn_tensor;

/**
 * Creates a tensor of zeros that owns its memory, which is contiguous and
 * aligned to 64 bytes. Thread-safe.
 *
 * @param[out] out  receives the tensor; free it with srnn_tensor_destroy()
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each 0 and up; may be NULL if rank is 0
 * @retval SRNN_ERROR_INVALID    an argument is NULL, or dtype is unknown
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the size in bytes does not fit in 63 bits; a 0
 *                               in the shape counts as 1 here
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_create(srnn_tensor **out,
                                                       srnn_dtype dtype,
                                                       int32_t rank,
                                                       const int64_t *shape);

/**
 * Creates a tensor over memory of the caller, without a copy. The library reads
 * the memory, and writes to it only if the tensor is passed as a result. The
 * memory must stay valid until the tensor is destroyed or rewrapped.
 * Thread-safe.
 *
 * @param[out] out  receives the tensor; free it with srnn_tensor_destroy()
 * @param data      the address of the element with index 0 in all dimensions, a
 *                  multiple of the size of an element; may be NULL if a size is
 *                  0
 * @param dtype     of the elements
 * @param rank      0 to SRNN_MAX_RANK
 * @param shape     rank sizes, each 0 and up; may be NULL if rank is 0
 * @param strides   rank distances between neighbours, in elements; NULL for
 *                  contiguous. With a negative stride, the next element has a
 *                  lower address. No two elements may share memory: sorted by
 *                  magnitude, each stride must be larger than the sum of
 *                  (size-1)*|stride| over the dimensions before it. The stride
 *                  of a dimension of size 1 is ignored, and if a size is 0, all
 *                  strides are ignored
 * @retval SRNN_ERROR_INVALID    an argument is NULL, dtype is unknown, data is
 *                               not aligned, or elements share memory
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the size in bytes does not fit in 63 bits,
 *                               either contiguous (a size of 0 counts as 1) or
 *                               from the lowest to the highest element, or an
 *                               element is outside of the address space
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for the handle
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_tensor_wrap(srnn_tensor **out, void *data, srnn_dtype dtype, int32_t rank,
                 const int64_t *shape, const int64_t *strides);

/**
 * Creates a read-only tensor over memory of the caller, without a copy. A
 * function that would write to it fails with SRNN_ERROR_STATE. Any strides are
 * allowed. A stride of 0 repeats an element, as numpy.broadcast_to and torch's
 * expand do. Strides by which elements overlap make sliding windows.
 * Thread-safe.
 *
 * @param[out] out  receives the tensor; free it with srnn_tensor_destroy()
 * @param data      as for srnn_tensor_wrap()
 * @param dtype     as for srnn_tensor_wrap()
 * @param rank      as for srnn_tensor_wrap()
 * @param shape     as for srnn_tensor_wrap()
 * @param strides   rank distances between neighbours, in elements; NULL for
 *                  contiguous
 * @retval SRNN_ERROR_INVALID    an argument is NULL, dtype is unknown, or data
 *                               is not aligned
 * @retval SRNN_ERROR_RANGE      the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   as for srnn_tensor_wrap()
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for the handle
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_wrap_const(
    srnn_tensor **out, const void *data, srnn_dtype dtype, int32_t rank,
    const int64_t *shape, const int64_t *strides);

/**
 * Points a tensor at other memory, with a new dtype, shape and strides, without
 * an allocation. It becomes the same as a new tensor of srnn_tensor_wrap(). No
 * other thread may use the tensor during the call.
 *
 * @param tensor   a tensor that does not own its memory
 * @param data     as for srnn_tensor_wrap()
 * @param dtype    as for srnn_tensor_wrap()
 * @param rank     as for srnn_tensor_wrap()
 * @param shape    as for srnn_tensor_wrap(); may be srnn_tensor_shape() of this
 *                 tensor
 * @param strides  as for srnn_tensor_wrap(); may be srnn_tensor_strides() of
 *                 this tensor
 * @retval SRNN_ERROR_INVALID   an argument is NULL, dtype is unknown, data is
 *                              not aligned, or elements share memory
 * @retval SRNN_ERROR_RANGE     the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW  as for srnn_tensor_wrap()
 * @retval SRNN_ERROR_STATE     the tensor owns its memory, or is borrowed from
 *                              another object
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_tensor_rewrap(srnn_tensor *tensor, void *data, srnn_dtype dtype,
                   int32_t rank, const int64_t *shape, const int64_t *strides);

/**
 * Does the same as srnn_tensor_rewrap(), but read-only: the tensor becomes the
 * same as a new tensor of srnn_tensor_wrap_const().
 *
 * @param tensor   a tensor that does not own its memory
 * @param data     as for srnn_tensor_wrap()
 * @param dtype    as for srnn_tensor_wrap()
 * @param rank     as for srnn_tensor_wrap()
 * @param shape    as for srnn_tensor_rewrap()
 * @param strides  as for srnn_tensor_wrap_const(); may be srnn_tensor_strides()
 *                 of this tensor
 * @retval SRNN_ERROR_INVALID   an argument is NULL, dtype is unknown, or data
 *                              is not aligned
 * @retval SRNN_ERROR_RANGE     the rank or a size is out of range
 * @retval SRNN_ERROR_OVERFLOW  as for srnn_tensor_wrap()
 * @retval SRNN_ERROR_STATE     the tensor owns its memory, or is borrowed from
 *                              another object
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_rewrap_const(
    srnn_tensor *tensor, const void *data, srnn_dtype dtype, int32_t rank,
    const int64_t *shape, const int64_t *strides);

/**
 * Frees a tensor, and its memory if the tensor owns it.
 *
 * @param tensor  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_tensor_destroy(srnn_tensor *tensor);

/**
 * The dtype of a tensor. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        the dtype; 0 for NULL
 * @since 0.2
 */
SRNN_API srnn_dtype srnn_tensor_dtype(const srnn_tensor *tensor);

/**
 * The number of dimensions of a tensor. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        the rank; 0 for NULL
 * @since 0.2
 */
SRNN_API int32_t srnn_tensor_rank(const srnn_tensor *tensor);

/**
 * The sizes of a tensor. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        rank sizes, borrowed from the tensor; srnn_tensor_rewrap()
 *                changes them; NULL for NULL
 * @since 0.2
 */
SRNN_API const int64_t *srnn_tensor_shape(const srnn_tensor *tensor);

/**
 * The strides of a tensor, in elements. They are the strides that the caller
 * gave, or contiguous ones if a size is 0. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        rank strides, borrowed like the sizes; NULL for NULL
 * @since 0.2
 */
SRNN_API const int64_t *srnn_tensor_strides(const srnn_tensor *tensor);

/**
 * The number of elements of a tensor. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        the product of its sizes; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_tensor_size(const srnn_tensor *tensor);

/**
 * The memory of a tensor, to write to. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        the address of the element with index 0, borrowed from the
 *                tensor if that owns its memory; NULL for a read-only tensor
 *                and for NULL
 * @since 0.2
 */
SRNN_API void *srnn_tensor_data(const srnn_tensor *tensor);

/**
 * The memory of a tensor, to read. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        the address of the element with index 0, borrowed from the
 *                tensor if that owns its memory; NULL for NULL
 * @since 0.2
 */
SRNN_API const void *srnn_tensor_const_data(const srnn_tensor *tensor);

/**
 * Tells whether a tensor is read-only. Thread-safe.
 *
 * @param tensor  the tensor to query
 * @return        1 or 0; 0 for NULL
 * @since 0.2
 */
SRNN_API int32_t srnn_tensor_is_read_only(const srnn_tensor *tensor);

/**
 * Copies the values of a tensor to another one. Their strides may differ.
 *
 * The tensors may be views of exactly the same elements. Otherwise they must
 * not overlap. Slices that lie side by side in the rows of one buffer do not
 * overlap. Other tensors that interleave count as overlapping if their ranges
 * of addresses do.
 *
 * @param target  the tensor to write
 * @param source  a tensor of the same shape and dtype
 * @retval SRNN_ERROR_INVALID  an argument is NULL
 * @retval SRNN_ERROR_SHAPE    the shapes differ
 * @retval SRNN_ERROR_DTYPE    the dtypes differ
 * @retval SRNN_ERROR_ALIAS    the tensors overlap
 * @retval SRNN_ERROR_STATE    target is read-only
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tensor_copy(srnn_tensor *target,
                                                     const srnn_tensor *source);

/**
 * Joins tensors along an axis into a new contiguous tensor, as torch.cat does.
 * For example, [2,3] and [2,5] along axis 1 give [2,8]. Thread-safe.
 *
 * @param[out] out  receives the tensor; free it with srnn_tensor_destroy(). It
 *                  must not be the address of an element of tensors
 * @param tensors   of one dtype and one rank of at least 1, and of the same
 *                  sizes except along axis
 * @param count     the number of tensors, at least 1
 * @param axis      0 to rank-1, or -rank to -1 counted from the end
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_RANGE      the count, a rank or the axis is out of range
 * @retval SRNN_ERROR_SHAPE      the ranks differ, or a size that is not along
 *                               axis
 * @retval SRNN_ERROR_DTYPE      the dtypes differ
 * @retval SRNN_ERROR_OVERFLOW   the size of the result does not fit in 63 bits
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
