/* SPDX-License-Identifier: MIT */
/* All memory of the library comes from here. */
#ifndef SRNN_UTIL_MEMORY_H
#define SRNN_UTIL_MEMORY_H

#include "simplernn/allocator.h"

/* Blocks start on a cache line, which is also the widest vector. */
enum { SRNN_MEMORY_ALIGNMENT = 64 };

/* *out = bytes of zeros (bytes >= 0), or NULL and SRNN_ERROR_NO_MEMORY. */
srnn_status srnn_memory__create(void **out, int64_t bytes);

/* The same for a small struct that is filled at once: aligned for any member,
 * not zeroed, several times as fast. */
srnn_status srnn_memory__create_plain(void **out, int64_t bytes);

/* Frees what either gave; NULL does nothing. */
void srnn_memory__destroy(void *memory);

/* Replaces the allocator; SRNN_ERROR_IN_USE while a block is alive. */
srnn_status srnn_memory__set_allocator(srnn_allocate_function allocate,
                                       srnn_free_function release, void *user);

#endif
