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
 * opened, values when they are asked for; nothing is mapped. Any number of
 * threads may read one handle.
 *
 * The format is an 8-byte little-endian header length, a JSON header and the
 * data; see the format section of huggingface/safetensors. This library is
 * stricter: duplicate names, gaps and overlaps in the data, unknown fields and
 * more than SRNN_MAX_RANK dimensions are errors.
 *
 * jansson parses the header. It takes its memory from malloc and, as of release
 * 2.14, does not survive a malloc that fails. So malloc is first asked for all
 * that the header can need, and that may give SRNN_ERROR_NO_MEMORY. If another
 * thread takes the rest of the memory in between, jansson can still fail.
 */
typedef struct srnn_weights srnn_weights;

/** Limits of a file. */
enum srnn_weights_limits {
    SRNN_MAX_HEADER_SIZE = 4194304 /**< 4 MiB of JSON, over 30000 tensors */
};

/**
 * Opens a safetensors file, which stays open until the weights are destroyed.
 * Any thread.
 *
 * @param[out] out  receives the weights, to be destroyed by the caller
 * @param path      of a regular file
 * @retval SRNN_ERROR_INVALID    a NULL or an empty path
 * @retval SRNN_ERROR_IO         the file cannot be read
 * @retval SRNN_ERROR_FORMAT     it is not a valid file
 * @retval SRNN_ERROR_RANGE      the header is above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_weights_open(srnn_weights **out,
                                                      const char *path);

/**
 * Opens a safetensors file in memory, which must stay as it is until the
 * weights are destroyed. Any thread.
 *
 * @param[out] out  receives the weights, to be destroyed by the caller
 * @param bytes     the whole file; any alignment
 * @param size      of the file, in bytes
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_FORMAT     the bytes are not a valid file
 * @retval SRNN_ERROR_RANGE      the header is above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_OVERFLOW   size does not fit 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_weights_open_memory(srnn_weights **out,
                                                             const void *bytes,
                                                             size_t size);

/**
 * Reads a range of a file. The range lies inside the file.
 *
 * It runs on the thread of srnn_weights_open_callback(),
 * srnn_weights_read_tensor() or srnn_rnn_create_from_weights(), so on several
 * at once if several use the weights. It may call the library, but must not
 * destroy the weights it reads for, throw or unwind. To bring an exception of
 * its own across, it stores the exception behind user and returns a negative
 * number; any from -1 down is free for its use.
 *
 * @param user         what srnn_weights_open_callback() got
 * @param offset       of the range, in bytes
 * @param[out] target  memory of the library, of size bytes
 * @param size         in bytes, above 0
 * @return             size. Less (the file has ended), more, or a negative
 *                     number, which the error text shows, fails the call that
 *                     asked
 * @since 0.2
 */
typedef int64_t (*srnn_read_function)(void *user, int64_t offset, void *target,
                                      size_t size);

/**
 * Opens a safetensors file that is read through a callback: an archive, a
 * decrypted stream, a file that is open already. The callback must serve until
 * the weights are destroyed. Any thread.
 *
 * @param[out] out  receives the weights, to be destroyed by the caller
 * @param read      called for every byte that is needed, and no other
 * @param user      passed to it; may be NULL; never freed
 * @param size      of the whole file, in bytes
 * @retval SRNN_ERROR_INVALID    out or read is NULL
 * @retval SRNN_ERROR_IO         the callback failed
 * @retval SRNN_ERROR_FORMAT     the bytes are not a valid file
 * @retval SRNN_ERROR_RANGE      size is below 0, or the header is above
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
 * The number of tensors in a file. Any thread.
 *
 * @param weights  the file to ask
 * @return         0 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_weights_count(const srnn_weights *weights);

/**
 * The name of a tensor. Any thread.
 *
 * @param weights  the file to ask
 * @param index    0 and up, in byte order of the names
 * @return         the name, borrowed: it lasts as long as the weights; NULL if
 *                 no tensor has that index
 * @since 0.2
 */
SRNN_API const char *srnn_weights_name(const srnn_weights *weights,
                                       int64_t index);

/**
 * The element type of a tensor, as the file names it. Any thread.
 *
 * @param weights  the file to ask
 * @param index    as for srnn_weights_name()
 * @return         for example "BF16"; static text; NULL if no tensor has that
 *                 index
 * @since 0.2
 */
SRNN_API const char *srnn_weights_type(const srnn_weights *weights,
                                       int64_t index);

/**
 * The rank of a tensor. Any thread.
 *
 * @param weights  the file to ask
 * @param index    as for srnn_weights_name()
 * @return         0 to SRNN_MAX_RANK; 0 if no tensor has that index
 * @since 0.2
 */
SRNN_API int32_t srnn_weights_rank(const srnn_weights *weights, int64_t index);

/**
 * The shape of a tensor. Any thread.
 *
 * @param weights  the file to ask
 * @param index    as for srnn_weights_name()
 * @return         srnn_weights_rank() sizes, borrowed: they last as long as the
 *                 weights; NULL if no tensor has that index
 * @since 0.2
 */
SRNN_API const int64_t *srnn_weights_shape(const srnn_weights *weights,
                                           int64_t index);

/**
 * Looks up a text of the metadata. Any thread.
 *
 * @param weights  the file to ask
 * @param key      of the text
 * @return         the text, borrowed: it lasts as long as the weights; NULL if
 *                 the key is absent or NULL
 * @since 0.2
 */
SRNN_API const char *srnn_weights_metadata(const srnn_weights *weights,
                                           const char *key);

/**
 * A key of the metadata, to walk through all of them. Any thread.
 *
 * @param weights  the file to ask
 * @param index    0 and up, in byte order of the keys
 * @return         the key, borrowed: it lasts as long as the weights; NULL if
 *                 no key has that index
 * @since 0.2
 */
SRNN_API const char *srnn_weights_metadata_key(const srnn_weights *weights,
                                               int64_t index);

/**
 * Reads a tensor. Any thread.
 *
 * @param[out] out  receives a new tensor, to be destroyed by the caller:
 *                  float64 for F64; float32 for F32, F16 and BF16, which are
 *                  widened; int64 for I64; uint8 for U8 and BOOL
 * @param weights   the file that holds the tensor
 * @param name      its full name
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no tensor has that name
 * @retval SRNN_ERROR_DTYPE      it has another element type
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
