/* SPDX-License-Identifier: MIT */
/* The memory model of C11, as C++20 mended it, without fences: RC11 (Lahav and
 * others, 2017), which forbids only that a load reads what depends on itself.
 *
 * Each atomic object has all stores to it in their modification order. A thread
 * has a view: the oldest store of each object that it may still read. A release
 * hands the view on, and an acquire that reads it joins it. A store may come
 * before others in the modification order that the thread has not seen. The
 * order of sequentially consistent operations is the one in which they run:
 * they read nothing that is older than what an earlier one of them read or
 * wrote. */
#ifndef TESTS_MODEL_MEMORY_H
#define TESTS_MODEL_MEMORY_H

#include <stdint.h>

#include "clocks.h"

enum { OBJECTS = 64, NONE = -1 };

/* By object, the number of a store. */
typedef struct {
    uint16_t at[OBJECTS];
} view;

/* What a thread knows. */
typedef struct {
    view seen;
    clocks time;  /* what happened before, for races */
    clocks order; /* what depends on what, for the search */
    /* The last load of the thread; and if it must not read that store again,
     * because it waits in a loop, its object. */
    int last_object;
    int last_store;
    int stuck_at;
} knowledge;

void memory_reset(void);

/* The number of the object at this address. */
int memory_object(const void *address, int size);

/* Is there a store that a thread may read that waits in a loop? */
bool memory_has_news(const knowledge *who, int object);

uint64_t memory_load(knowledge *who, int object, int order);
void memory_store(knowledge *who, int object, int order, uint64_t value);

/* A new value of an old one. */
typedef uint64_t memory_change(uint64_t old, uint64_t operand);

/* Gives the old value. */
uint64_t memory_update(knowledge *who, int object, int order,
                       memory_change *change, uint64_t operand);

/* False and the value read in *expected if that was another one, or if weak is
 * true, which may fail without a reason. */
bool memory_exchange(knowledge *who, int object, const int orders[2],
                     bool is_weak, uint64_t *expected, uint64_t desired);

/* Objects that are mutexes or conditions: what comes after knows what came
 * before. */
void memory_publish(knowledge *who, int object);
void memory_obtain(knowledge *who, int object);
void memory_join(knowledge *who, const knowledge *other);

/* After wait, a wake sees it; after wake, a wait. */
void memory_order_wait(knowledge *who, int object);
void memory_order_wake(knowledge *who, int object);

/* Fails without a reason, but once in an execution, so that it ends. */
bool memory_fails_spuriously(void);

#endif
