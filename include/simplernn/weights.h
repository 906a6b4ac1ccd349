/* SPDX-License-Identifier: MIT */
/* srnn_weights: the named tensors of a safetensors file. */
#ifndef SIMPLERNN_WEIGHTS_H
#define SIMPLERNN_WEIGHTS_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The header is read and checked when the file is opened, values when they are
 * asked for; nothing is mapped. Any number of threads may read one handle.
 * Format: an 8-byte little-endian header length, a JSON header, the data;
 * see the format section of huggingface/safetensors. Stricter than that:
 * duplicate names, gaps and overlaps in the data, unknown fields and more than
 * SRNN_MAX_RANK dimensions are errors.
 * jansson, which parses the header, takes its memory from malloc and, as of
 * release 2.14, does not survive a malloc that fails. So malloc is first asked
 * for all that the header can need, and SRNN_ERROR_NO_MEMORY comes from there;
 * another thread that takes the rest in between can still do harm.
 */
typedef struct srnn_weights srnn_weights;

enum {
    SRNN_MAX_HEADER_SIZE = 4194304 /* 4 MiB of JSON, over 30000 tensors */
};

/*
 * Opens a safetensors file, which stays open until destroy.
 *
 * out   receives the weights, to be destroyed by the caller
 * path  of a regular file
 * SRNN_ERROR_INVALID for a NULL or an empty path, SRNN_ERROR_IO if it cannot be
 * read, SRNN_ERROR_FORMAT if it is not a valid file, SRNN_ERROR_OVERFLOW if
 * the header is above SRNN_MAX_HEADER_SIZE, SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_weights_open(srnn_weights **out, const char *path);

/*
 * The same from memory, which must stay as it is until destroy.
 *
 * bytes  the whole file; any alignment
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_OVERFLOW if size does not fit
 * int64_t; otherwise as srnn_weights_open, without SRNN_ERROR_IO.
 */
SRNN_API srnn_status srnn_weights_open_memory(srnn_weights **out,
                                              const void *bytes, size_t size);

/*
 * Reads size bytes (size > 0) at a byte offset of a file of the caller's into
 * target, which is the library's and holds that many; the range lies inside the
 * file. Returns size. Less (the file has ended), more, or a negative number,
 * which the error text shows, fails the call that asked.
 *
 * It runs on the thread of srnn_weights_open_callback, srnn_weights_tensor or
 * srnn_rnn_create_from_weights, so on several at once if several use the
 * weights. It may call the library, but must not destroy the weights it reads
 * for, throw or unwind.
 */
typedef int64_t (*srnn_read_function)(void *user, int64_t offset, void *target,
                                      size_t size);

/*
 * The same through a callback, which must serve until destroy: an archive, a
 * decrypted stream, a file that is open already.
 *
 * read  called for every byte that is needed, and no other
 * user  passed to it; may be NULL; never freed
 * size  of the whole file, in bytes
 * SRNN_ERROR_INVALID for a NULL out or read, or a size below 0, SRNN_ERROR_IO
 * if the callback fails; otherwise as srnn_weights_open.
 */
SRNN_API srnn_status srnn_weights_open_callback(srnn_weights **out,
                                                srnn_read_function read,
                                                void *user, int64_t size);

/* Closes the file and frees the weights. NULL does nothing. */
SRNN_API void srnn_weights_destroy(srnn_weights *weights);

/*
 * count is the number of tensors; name the one at an index, in byte order of
 * the names, NULL if there is none; borrowed from the weights.
 */
SRNN_API int64_t srnn_weights_count(const srnn_weights *weights);
SRNN_API const char *srnn_weights_name(const srnn_weights *weights,
                                       int64_t index);

/*
 * The metadata text of a key, borrowed from the weights; NULL if there is none.
 */
SRNN_API const char *srnn_weights_metadata(const srnn_weights *weights,
                                           const char *key);

/*
 * Reads a tensor.
 *
 * out  receives a new tensor, to be destroyed by the caller: float64 for F64,
 *      float32 for F32, and for F16 and BF16, which are widened
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_NOT_FOUND, SRNN_ERROR_DTYPE for
 * other element types, SRNN_ERROR_IO (the file shrank since, say, or the
 * callback failed), SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_weights_tensor(srnn_tensor **out,
                                         const srnn_weights *weights,
                                         const char *name);

#ifdef __cplusplus
}
#endif

#endif
