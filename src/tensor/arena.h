/* SPDX-License-Identifier: MIT */
/* Several buffers in one block of memory. A layout function takes its buffers
 * from an arena and is run over an empty one to measure, then over memory of
 * that size; or over memory that may be enough, and again if it was not.
 *
 *     | buffer 0 ....pad| buffer 1 ..........pad| buffer 2 ...pad|
 *     ^ base            ^ 64-byte aligned                        ^ base + used
 */
#ifndef SRNN_TENSOR_ARENA_H
#define SRNN_TENSOR_ARENA_H

#include <stdbool.h>

#include "simplernn/status.h"

typedef struct {
    unsigned char *base;
    int64_t capacity; /* 0 to measure */
    int64_t used;     /* would be, whatever the capacity */
    bool overflow;    /* the sizes do not fit int64_t */
} srnn_arena;

/* The next buffer of count elements of size bytes; NULL if it ends beyond the
 * capacity. */
void *srnn_arena__take(srnn_arena *arena, int64_t count, int64_t size);

/* The same for rows x columns elements. */
void *srnn_arena__take_matrix(srnn_arena *arena, int64_t rows, int64_t columns,
                              int64_t size);

/* After a layout: SRNN_ERROR_OVERFLOW, naming what, if it does not fit. */
srnn_status srnn_arena__check(const srnn_arena *arena, const char *what);

#endif
