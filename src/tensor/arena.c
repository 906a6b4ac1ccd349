/* SPDX-License-Identifier: MIT */
/* Lays buffers out one after another. Owns no memory. */
#include "tensor/arena.h"

#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"

void *srnn_arena__take_matrix(srnn_arena *arena, int64_t rows, int64_t columns,
                              int64_t size)
{
    const int64_t start = arena->used;
    int64_t bytes = 0;
    int64_t end = 0;
    const bool fits = srnn_checked__multiply(&bytes, rows, columns) &&
                      srnn_checked__multiply(&bytes, bytes, size) &&
                      srnn_checked__add(&end, start, bytes) &&
                      srnn_checked__add(&end, end, SRNN_MEMORY_ALIGNMENT - 1);
    if (!fits) {
        arena->overflow = true;
        return NULL;
    }
    arena->used = end - end % SRNN_MEMORY_ALIGNMENT;
    if (arena->base == NULL || arena->used > arena->capacity)
        return NULL; /* no bytes of no memory: NULL + 0 is undefined */
    return arena->base + start;
}

void *srnn_arena__take(srnn_arena *arena, int64_t count, int64_t size)
{
    return srnn_arena__take_matrix(arena, count, 1, size);
}

srnn_status srnn_arena__check(const srnn_arena *arena, const char *what)
{
    if (arena->overflow)
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "%s would need more than 2^63 - 1 bytes", what);
    return SRNN_OK;
}
