/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The named tensors of a safetensors file: srnn_weights.
 */
#ifndef SIMPLERNN_WEIGHTS_H
#define SIMPLERNN_WEIGHTS_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * An open safetensors file. The header is read and checked when the file is
 * opened. Values are read when they are asked for; no file is mapped into
 * memory. Any number of threads may use one handle at once.
 *
 * The format is an 8-byte little-endian header length, a JSON header and the
 * data; see the format section of huggingface/safetensors. This library is
 * stricter: duplicate names, gaps and overlaps in the data, unknown fields,
 * more than SRNN_MAX_RANK dimensions, and more than 4096 bytes of JSON for one
 * tensor are errors. So are tens of thousands of shapes that take 512 KiB more
 * in memory than in the header (SRNN_ERROR_RANGE). Functions that save refuse
 * to write a file that could not be opened, with the same status.
 *
 * Opening a file takes at most 1 MiB more memory than its header has bytes.
 * This includes the memory of jansson, which parses the header piece by piece,
 * with memory from malloc(). As of release 2.14, jansson does not survive every
 * failure of malloc(). So the library first asks malloc() for all the memory
 * that a piece can need, 256 KiB at most, and fails with SRNN_ERROR_NO_MEMORY
 * if there is not enough. If another thread then takes that memory before
 * jansson does, jansson can still fail.
 */
typedef struct srnn_weights srnn_weights;

/** Limits of a file. */
enum srnn_weights_limits {
    SRNN_MAX_HEADER_SIZE = 4194304 /**< 4 MiB of JSON, over 30000 tensors */
};

/**
 * Opens a safetensors file. It stays open until the weights are destroyed.
 * Thread-safe.
 *
 * @param[out] out  receives the weights; free them with srnn_weights_destroy()
 * @param path      of a regular file
 * @retval SRNN_ERROR_INVALID    an argument is NULL, or path is empty
 * @retval SRNN_ERROR_IO         the file cannot be read
 * @retval SRNN_ERROR_FORMAT     the file is not valid
 * @retval SRNN_ERROR_RANGE      the header is larger than SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_weights_open(srnn_weights **out,
                                                      const char *path);

/**
 * Opens a safetensors file that is in memory. The memory must stay valid and
 * unchanged until the weights are destroyed. Thread-safe.
 *
 * @param[out] out  receives the weights; free them with srnn_weights_destroy()
 * @param bytes     the whole file; any alignment
 * @param size      of the file, in bytes
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_FORMAT     the bytes are not a valid file
 * @retval SRNN_ERROR_RANGE      the header is larger than SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_OVERFLOW   size does not fit in 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_weights_open_memory(srnn_weights **out,
                                                             const void *bytes,
                                                             size_t size);

/**
 * A callback that reads a range of a file. The range lies inside the file.
 *
 * It runs on the thread that called srnn_weights_open_callback() or one of the
 * functions that read values: srnn_weights_read_tensor(),
 * srnn_rnn_create_from_weights(), srnn_linear_create_from_weights() and
 * srnn_optimizer_load(). If several threads call them at once, it runs on
 * several threads at once. It may call the library, but it must not destroy the
 * weights, throw or unwind. To pass an exception on, a binding stores it behind
 * user and returns a negative number. All negative numbers are free for this.
 *
 * @param user         the pointer that was passed to
 *                     srnn_weights_open_callback()
 * @param offset       of the range, in bytes
 * @param[out] target  memory of the library, of size bytes
 * @param size         in bytes, above 0
 * @return             size, if all bytes were read. Any other number makes the
 *                     call of the library fail, and is shown in its message
 * @since 0.2
 */
typedef int64_t (*srnn_read_function)(void *user, int64_t offset, void *target,
                                      size_t size);

/**
 * Opens a safetensors file that is read by a callback, for example from an
 * archive, an encrypted file or a file that is already open. The callback must
 * stay usable until the weights are destroyed. Thread-safe.
 *
 * @param[out] out  receives the weights; free them with srnn_weights_destroy()
 * @param read      reads the bytes. It is called only for bytes that are needed
 * @param user      is passed to read; may be NULL; never freed
 * @param size      of the whole file, in bytes
 * @retval SRNN_ERROR_INVALID    out or read is NULL
 * @retval SRNN_ERROR_IO         the callback failed
 * @retval SRNN_ERROR_FORMAT     the bytes are not a valid file
 * @retval SRNN_ERROR_RANGE      size is below 0, or the header is larger than
 *                               SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_weights_open_callback(
    srnn_weights **out, srnn_read_function read, void *user, int64_t size);

/**
 * Closes the file and frees the weights.
 *
 * @param weights  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_weights_destroy(srnn_weights *weights);

/**
 * The number of tensors in a file. Thread-safe.
 *
 * @param weights  the file to query
 * @return         0 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_weights_count(const srnn_weights *weights);

/**
 * The name of a tensor. Thread-safe.
 *
 * @param weights  the file to query
 * @param index    0 and up, in byte order of the names
 * @return         the name, borrowed from the weights; NULL if there is no such
 *                 index
 * @since 0.2
 */
SRNN_API const char *srnn_weights_name(const srnn_weights *weights,
                                       int64_t index);

/**
 * The element type of a tensor, as the file names it. Thread-safe.
 *
 * @param weights  the file to query
 * @param index    as for srnn_weights_name()
 * @return         a static string, for example "BF16"; NULL if there is no such
 *                 index
 * @since 0.2
 */
SRNN_API const char *srnn_weights_type(const srnn_weights *weights,
                                       int64_t index);

/**
 * The rank of a tensor. Thread-safe.
 *
 * @param weights  the file to query
 * @param index    as for srnn_weights_name()
 * @return         0 to SRNN_MAX_RANK; 0 if there is no such index
 * @since 0.2
 */
SRNN_API int32_t srnn_weights_rank(const srnn_weights *weights, int64_t index);

/**
 * The shape of a tensor. Thread-safe.
 *
 * @param weights  the file to query
 * @param index    as for srnn_weights_name()
 * @return         srnn_weights_rank() sizes, borrowed from the weights; NULL if
 *                 there is no such index
 * @since 0.2
 */
SRNN_API const int64_t *srnn_weights_shape(const srnn_weights *weights,
                                           int64_t index);

/**
 * Looks up a metadata value by its key. Thread-safe.
 *
 * @param weights  the file to query
 * @param key      for example "nonlinearity"
 * @return         the value, a text, borrowed from the weights; NULL if key is
 *                 NULL or there is no such key
 * @since 0.2
 */
SRNN_API const char *srnn_weights_metadata(const srnn_weights *weights,
                                           const char *key);

/**
 * A key of the metadata by its index, to list all of them. Thread-safe.
 *
 * @param weights  the file to query
 * @param index    0 and up, in byte order of the keys
 * @return         the key, borrowed from the weights; NULL if there is no such
 *                 index
 * @since 0.2
 */
SRNN_API const char *srnn_weights_metadata_key(const srnn_weights *weights,
                                               int64_t index);

/**
 * Reads a tensor. F64 becomes float64. F32, F16 and BF16 become float32. I64
 * becomes int64. U8 and BOOL become uint8. Thread-safe.
 *
 * @param[out] out  receives the tensor; free it with srnn_tensor_destroy()
 * @param weights   the file that holds the tensor
 * @param name      its full name
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NOT_FOUND  no tensor has that name
 * @retval SRNN_ERROR_DTYPE      the tensor has another element type
 * @retval SRNN_ERROR_IO         the file was truncated after it was opened, or
 *                               the callback failed
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_weights_read_tensor(
    srnn_tensor **out, const srnn_weights *weights, const char *name);

#ifdef __cplusplus
}
#endif

#endif
