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
        if (atomic_compare_exchange_weak_explicit(readers, &count, count + 1,
                                                  memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
    return false;
}

static inline void srnn_readers__leave(srnn_readers *readers)
{
    atomic_fetch_sub_explicit(readers, 1, memory_order_release);
}

/* False if there is a reader or another writer. */
static inline bool srnn_readers__begin_write(srnn_readers *readers)
{
    int_fast64_t none = 0;
    return atomic_compare_exchange_strong_explicit(
        readers, &none, -1, memory_order_acquire, memory_order_relaxed);
}

static inline void srnn_readers__end_write(srnn_readers *readers)
{
    atomic_store_explicit(readers, 0, memory_order_release);
}

#endif
