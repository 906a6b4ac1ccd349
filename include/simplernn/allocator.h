/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Where the library's memory comes from.
 */
#ifndef SIMPLERNN_ALLOCATOR_H
#define SIMPLERNN_ALLOCATOR_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Gives memory. Called from any thread.
 *
 * @param user       what srnn_set_allocator() got
 * @param size       in bytes, above 0
 * @param alignment  of the memory, a power of two: 64 for what is computed on,
 *                   that of max_align_t for small handles
 * @return           the memory, or NULL if there is none
 */
typedef void *(*srnn_allocate_function)(void *user, size_t size,
                                        size_t alignment);

/**
 * Takes memory back. Called from any thread.
 *
 * @param user    what srnn_set_allocator() got
 * @param memory  what srnn_allocate_function gave; never NULL
 */
typedef void (*srnn_free_function)(void *user, void *memory);

/**
 * Replaces the allocator of the whole process. Call it before other threads use
 * the library. The callbacks must not call the library, throw or unwind. Not
 * covered: the short-lived memory of jansson while a weight file's header is
 * read, OpenBLAS's own buffers, and the stacks of helper threads.
 *
 * @param allocate  given with release, or both NULL for the C library's
 *                  allocator
 * @param release   given with allocate, or NULL
 * @param user      passed to both; may be NULL
 * @retval SRNN_ERROR_INVALID  only one callback is NULL
 * @retval SRNN_ERROR_BUSY     an object of the library is alive
 */
SRNN_API srnn_status srnn_set_allocator(srnn_allocate_function allocate,
                                        srnn_free_function release, void *user);

#ifdef __cplusplus
}
#endif

#endif
