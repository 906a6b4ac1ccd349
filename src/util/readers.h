/* SPDX-License-Identifier: MIT */
/* Who uses an object that threads share: any number of readers, or one writer.
 * Nobody waits. */
#ifndef SRNN_UTIL_READERS_H
#define SRNN_UTIL_READERS_H

#include <stdatomic.h>
#include <stdbool.h>

typedef atomic_int_fast64_t srnn_readers; /* how many; -1 is a writer */

/* False if there is a writer. */
static inline bool srnn_readers__enter(srnn_readers *readers)
{
    int_fast64_t count = atomic_load_explicit(readers, memory_order_relaxed);
    while (count >= 0)
        if (atomic_compare_exchange_weak(readers, &count, count + 1))
            return true;
    return false;
}

static inline void srnn_readers__leave(srnn_readers *readers)
{
    atomic_fetch_sub(readers, 1);
}

/* False if there is a reader or another writer. */
static inline bool srnn_readers__begin_write(srnn_readers *readers)
{
    int_fast64_t none = 0;
    return atomic_compare_exchange_strong(readers, &none, -1);
}

static inline void srnn_readers__end_write(srnn_readers *readers)
{
    atomic_store(readers, 0);
}

#endif
