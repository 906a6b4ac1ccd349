/* SPDX-License-Identifier: MIT */
/* An allocator for srnn_allocator_set that counts the bytes asked of it and
 * refuses to go past a limit. In a header, so that a fuzz target is one file.
 */
#ifndef TESTS_SUPPORT_COUNTING_H
#define TESTS_SUPPORT_COUNTING_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Not for several threads. */
typedef struct {
    size_t limit; /* of living */
    size_t living;
    size_t peak; /* of living; may be reset at any time */
} counting_allocator;

/* Each block lies behind a prefix that holds its size. */
enum { COUNTING_PREFIX = 64 };

static inline void *counting_allocate(void *user, size_t size, size_t alignment)
{
    counting_allocator *const counts = user;
    if (alignment > COUNTING_PREFIX || size > counts->limit - counts->living)
        return NULL;
    const size_t lines = (size + COUNTING_PREFIX - 1) / COUNTING_PREFIX;
    unsigned char *const block =
        aligned_alloc(COUNTING_PREFIX, (lines + 1) * COUNTING_PREFIX);
    if (block == NULL)
        return NULL;
    memcpy(block, &size, sizeof size);
    counts->living += size;
    if (counts->peak < counts->living)
        counts->peak = counts->living;
    return block + COUNTING_PREFIX;
}

static inline void counting_free(void *user, void *memory)
{
    counting_allocator *const counts = user;
    unsigned char *const block = (unsigned char *)memory - COUNTING_PREFIX;
    size_t size = 0;
    memcpy(&size, block, sizeof size);
    counts->living -= size;
    free(block);
}

#endif
