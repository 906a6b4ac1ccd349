/* SPDX-License-Identifier: MIT */
/* A flag that one thread at a time holds, without waiting: a call of a context
 * or of a stream. It counts the calls, so that another thread can wait for the
 * end of the one that is running, whatever follows it. */
#ifndef SRNN_UTIL_BUSY_H
#define SRNN_UTIL_BUSY_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef atomic_uint srnn_busy; /* odd while it is held */

/* False if another thread holds it. Await counts on its order. */
static inline bool srnn_busy__take(srnn_busy *busy)
{
    unsigned int now = atomic_load_explicit(busy, memory_order_relaxed);
    return now % 2 == 0 &&
           atomic_compare_exchange_strong_explicit(
               busy, &now, now + 1, memory_order_seq_cst, memory_order_relaxed);
}

static inline void srnn_busy__release(srnn_busy *busy)
{
    const unsigned int now = atomic_load_explicit(busy, memory_order_relaxed);
    atomic_store_explicit(busy, now + 1, memory_order_release);
}

/* Returns when nobody is in what began before. What this thread stored before,
 * sequentially consistent, is seen by all who take the flag from now on. */
static inline void srnn_busy__await(const srnn_busy *busy)
{
    const unsigned int before = atomic_load(busy);
    while (before % 2 != 0 &&
           atomic_load_explicit(busy, memory_order_acquire) == before)
        (void)sched_yield();
}

#endif
