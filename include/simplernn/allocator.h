/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Lets the library take its memory from an allocator of the caller.
 */
#ifndef SIMPLERNN_ALLOCATOR_H
#define SIMPLERNN_ALLOCATOR_H

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A callback that allocates memory. The library calls it from any thread.
 *
 * @param user       the pointer that was passed to srnn_allocator_set()
 * @param size       in bytes, above 0
 * @param alignment  a power of two: 64 for memory of values, that of
 *                   max_align_t for small handles
 * @return           the block, or NULL on failure
 * @since 0.2
 */
typedef void *(*srnn_allocate_function)(void *user, size_t size,
                                        size_t alignment);

/**
 * A callback that frees memory. The library calls it from any thread.
 *
 * @param user    the pointer that was passed to srnn_allocator_set()
 * @param memory  a block that srnn_allocate_function returned; never NULL
 * @since 0.2
 */
typedef void (*srnn_free_function)(void *user, void *memory);

/**
 * Replaces the allocator of the whole process. Call it before other threads use
 * the library. The callbacks must not call the library, throw or unwind.
 *
 * Some memory does not come from the callbacks: the buffers of OpenBLAS, the
 * stacks of helper threads, the messages of failed calls if more than 16
 * threads have one, and what jansson and the qsort() of the C library take for
 * a short time while weight files are opened and saved.
 *
 * @param allocate  allocates memory. If both callbacks are NULL, the library
 *                  uses the allocator of the C library again
 * @param release   frees memory
 * @param user      is passed to both callbacks; may be NULL
 * @retval SRNN_ERROR_INVALID  only one callback is NULL
 * @retval SRNN_ERROR_IN_USE   an object of the library still exists
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_allocator_set(
    srnn_allocate_function allocate, srnn_free_function release, void *user);

#ifdef __cplusplus
}
#endif

#endif
