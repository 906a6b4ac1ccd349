/* SPDX-License-Identifier: MIT */
/* Where the library's memory comes from. */
#ifndef SIMPLERNN_ALLOCATOR_H
#define SIMPLERNN_ALLOCATOR_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Returns size bytes (size > 0) aligned to alignment (a power of two), or NULL
 * if there are none. Called from any thread.
 */
typedef void *(*srnn_allocate_function)(void *user, size_t size,
                                        size_t alignment);

/* Takes back what the above gave; never called with NULL. */
typedef void (*srnn_free_function)(void *user, void *memory);

/*
 * Replaces the allocator of the whole process. The callbacks must not call the
 * library, throw or unwind. Not covered: the short-lived memory of jansson
 * while a weight file's header is read, OpenBLAS's own buffers, and the stacks
 * of helper threads.
 *
 * allocate, release  both given, or both NULL for the C library's allocator
 * user               passed to both; may be NULL
 * SRNN_ERROR_INVALID if only one callback is NULL, SRNN_ERROR_BUSY while any
 * object of the library is alive. Call it before other threads use the library.
 */
SRNN_API srnn_status srnn_set_allocator(srnn_allocate_function allocate,
                                        srnn_free_function release, void *user);

#ifdef __cplusplus
}
#endif

#endif
