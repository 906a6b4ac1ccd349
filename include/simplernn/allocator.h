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
 * Gives memory. The library calls it from any thread.
 *
 * @param user       what srnn_allocator_set() got
 * @param size       in bytes, above 0
 * @param alignment  of the memory, a power of two: 64 for values, that of
 *                   max_align_t for small handles
 * @return           the block, or NULL on failure
 * @since 0.2
 */
typedef void *(*srnn_allocate_function)(void *user, size_t size,
                                        size_t alignment);

/**
 * Takes memory back. The library calls it from any thread.
 *
 * @param user    what srnn_allocator_set() got
 * @param memory  what srnn_allocate_function gave; never NULL
 * @since 0.2
 */
typedef void (*srnn_free_function)(void *user, void *memory);

/**
 * Replaces the allocator of the whole process. Call it before other threads use
 * the library. The callbacks must not call the library, throw or unwind. They
 * do not get the short-lived memory of jansson while the header of a weight
 * file is read, that of the C library's qsort() while names are sorted, the
 * buffers of OpenBLAS, and the stacks of helper threads.
 *
 * @param allocate  given with release, or both NULL for the allocator of the C
 *                  library
 * @param release   given with allocate, or NULL
 * @param user      passed to both; may be NULL
 * @retval SRNN_ERROR_INVALID  only one callback is NULL
 * @retval SRNN_ERROR_IN_USE   an object of the library is alive
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_allocator_set(
    srnn_allocate_function allocate, srnn_free_function release, void *user);

#ifdef __cplusplus
}
#endif

#endif
