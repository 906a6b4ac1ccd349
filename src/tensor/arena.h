/* SPDX-License-Identifier: MIT */
/* Several buffers in one block of memory. A layout function takes its buffers
 * from an arena and is run twice: over an empty arena to measure, then over
 * memory of that size.
 *
 *     | buffer 0 ....pad| buffer 1 ..........pad| buffer 2 ...pad|
 *     ^ base            ^ 64-byte aligned                        ^ base + used
 */
#ifndef SRNN_TENSOR_ARENA_H
#define SRNN_TENSOR_ARENA_H

#include <stdbool.h>

#include "simplernn/status.h"

typedef struct {
    unsigned char *base; /* NULL while measuring */
    int64_t used;
    bool overflow; /* the sizes do not fit int64_t */
} srnn_arena;

/* The next buffer of count elements of size bytes; NULL while measuring. */
void *srnn_arena__take(srnn_arena *arena, int64_t count, int64_t size);

/* The same for rows x columns elements. */
void *srnn_arena__take_matrix(srnn_arena *arena, int64_t rows, int64_t columns,
                              int64_t size);

/* After measuring: SRNN_ERROR_OVERFLOW, naming what, if it does not fit. */
srnn_status srnn_arena__check(const srnn_arena *arena, const char *what);

#endif
