/* SPDX-License-Identifier: MIT */
/* Lets jansson take its memory from a counting allocator, too, so that a peak
 * has everything that opening a file takes. The library itself may not do this:
 * the functions are those of the whole process. In a header, so that a fuzz
 * target is one file. */
#ifndef TESTS_SUPPORT_COUNTING_JANSSON_H
#define TESTS_SUPPORT_COUNTING_JANSSON_H

#include <jansson.h>

#include "support/counting.h"

static counting_allocator *counting_of_jansson;

static inline void *counting_jansson_allocate(size_t size)
{
    return counting_allocate(counting_of_jansson, size, 1);
}

static inline void counting_jansson_free(void *block)
{
    if (block != NULL)
        counting_free(counting_of_jansson, block);
}

/* counts stays in use until the process ends. */
static inline void counting_jansson_install(counting_allocator *counts)
{
    counting_of_jansson = counts;
    json_set_alloc_funcs(counting_jansson_allocate, counting_jansson_free);
}

#endif
