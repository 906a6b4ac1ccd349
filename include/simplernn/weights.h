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
 * Format: an 8-byte little-endian header length, a JSON header, the data;
 * see the format section of huggingface/safetensors. Stricter than that:
 * duplicate names, gaps and overlaps in the data, unknown fields and more than
 * SRNN_MAX_RANK dimensions are errors.
 *
 * jansson, which parses the header, takes its memory from malloc and, as of
 * release 2.14, does not survive a malloc that fails. So malloc is first asked
 * for all that the header can need, and SRNN_ERROR_NO_MEMORY comes from there;
 * another thread that takes the rest in between can still do harm.
 */
typedef struct srnn_weights srnn_weights;

/** Limit of a file. */
enum {
    SRNN_MAX_HEADER_SIZE = 4194304 /**< 4 MiB of JSON, over 30000 tensors */
};

/**
 * Opens a safetensors file, which stays open until destroy.
 *
 * @param[out] out  receives the weights, to be destroyed by the caller
 * @param path      of a regular file
 * @retval SRNN_ERROR_INVALID    a NULL or an empty path
 * @retval SRNN_ERROR_IO         the file cannot be read
 * @retval SRNN_ERROR_FORMAT     it is not a valid file
 * @retval SRNN_ERROR_OVERFLOW   the header is above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_weights_open(srnn_weights **out, const char *path);

/**
 * The same from memory, which must stay as it is until destroy.
 *
 * @param[out] out  receives the weights, to be destroyed by the caller
 * @param bytes     the whole file; any alignment
 * @param size      of the file, in bytes
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_FORMAT     the bytes are not a valid file
 * @retval SRNN_ERROR_OVERFLOW   size does not fit int64_t, or the header is
 *                               above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_weights_open_memory(srnn_weights **out,
                                              const void *bytes, size_t size);

/**
 * Reads a range, which lies inside it, of a file of the caller's.
 *
 * It runs on the thread of srnn_weights_open_callback(), srnn_weights_tensor()
 * or srnn_rnn_create_from_weights(), so on several at once if several use the
 * weights. It may call the library, but must not destroy the weights it reads
 * for, throw or unwind.
 *
 * @param user         what srnn_weights_open_callback() got
 * @param offset       of the range, in bytes
 * @param[out] target  the library's memory, of size bytes
 * @param size         in bytes, above 0
 * @return             size. Less (the file has ended), more, or a negative
 *                     number, which the error text shows, fails the call that
 *                     asked
 */
typedef int64_t (*srnn_read_function)(void *user, int64_t offset, void *target,
                                      size_t size);

/**
 * The same through a callback, which must serve until destroy: an archive, a
 * decrypted stream, a file that is open already.
 *
 * @param[out] out  receives the weights, to be destroyed by the caller
 * @param read      called for every byte that is needed, and no other
 * @param user      passed to it; may be NULL; never freed
 * @param size      of the whole file, in bytes
 * @retval SRNN_ERROR_INVALID    a NULL out or read, or a size below 0
 * @retval SRNN_ERROR_IO         the callback fails
 * @retval SRNN_ERROR_FORMAT     the bytes are not a valid file
 * @retval SRNN_ERROR_OVERFLOW   the header is above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_weights_open_callback(srnn_weights **out,
                                                srnn_read_function read,
                                                void *user, int64_t size);

/**
 * Closes the file and frees the weights.
 *
 * @param weights  NULL does nothing
 */
SRNN_API void srnn_weights_destroy(srnn_weights *weights);

/**
 * The number of tensors in a file.
 *
 * @param weights  whose
 * @return         0 and up; 0 for NULL
 */
SRNN_API int64_t srnn_weights_count(const srnn_weights *weights);

/**
 * The name of a tensor.
 *
 * @param weights  whose
 * @param index    0 and up, in byte order of the names
 * @return         the name, borrowed from the weights; NULL if there is none
 */
SRNN_API const char *srnn_weights_name(const srnn_weights *weights,
                                       int64_t index);

/**
 * A text of the metadata.
 *
 * @param weights  whose
 * @param key      of the text; NULL has none
 * @return         the text, borrowed from the weights; NULL if there is none
 */
SRNN_API const char *srnn_weights_metadata(const srnn_weights *weights,
                                           const char *key);

/**
 * Reads a tensor.
 *
 * @param[out] out  receives a new tensor, to be destroyed by the caller:
 *                  float64 for F64, float32 for F32, and for F16 and BF16,
 *                  which are widened
 * @param weights   where it is
 * @param name      its full name
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no tensor has that name
 * @retval SRNN_ERROR_DTYPE      it has another element type
 * @retval SRNN_ERROR_IO         the file shrank since, say, or the callback
 *                               failed
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_weights_tensor(srnn_tensor **out,
                                         const srnn_weights *weights,
                                         const char *name);

#ifdef __cplusplus
}
#endif

#endif
