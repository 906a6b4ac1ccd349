/* SPDX-License-Identifier: MIT */
/* Checks inside a callback cannot fail a test there: cmocka would jump out of
 * the library. They are counted instead. */
#include "support/failing.h"

#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "simplernn.h"

enum { LARGEST = 1 << 30, PLAIN = _Alignof(max_align_t), LINE = 64 };

static atomic_long requests;
static atomic_long refused;
static atomic_long living;
static atomic_long broken_promises;
static long first_refused = LONG_MAX;
static long last_refused;

void (*failing_visit)(void);

static bool is_refused(size_t size)
{
    const long number = atomic_fetch_add(&requests, 1) + 1;
    const bool on_purpose = number >= first_refused && number <= last_refused;
    if (on_purpose)
        atomic_fetch_add(&refused, 1);
    return on_purpose || size > LARGEST;
}

static void *count(void *memory)
{
    if (memory != NULL)
        atomic_fetch_add(&living, 1);
    return memory;
}

/* Both are cancellation points, as an allocator that logs its calls is. */
static void *allocate(void *user, size_t size, size_t alignment)
{
    pthread_testcancel();
    if (failing_visit != NULL)
        failing_visit();
    if (user != &requests || size == 0 ||
        (alignment != PLAIN && alignment != LINE))
        atomic_fetch_add(&broken_promises, 1);
    if (is_refused(size))
        return NULL;
    const size_t unit = alignment == PLAIN ? PLAIN : LINE;
    return count(aligned_alloc(unit, (size + unit - 1) / unit * unit));
}

static void release(void *user, void *memory)
{
    pthread_testcancel();
    if (user != &requests || memory == NULL)
        atomic_fetch_add(&broken_promises, 1);
    atomic_fetch_sub(&living, 1);
    free(memory);
}

static void *allocate_for_jansson(size_t size)
{
    return count(malloc(size));
}

static void release_for_jansson(void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&living, 1);
    free(memory);
}

void failing_install(void)
{
    if (srnn_allocator_set(allocate, release, &requests) != SRNN_OK)
        abort();
    json_set_alloc_funcs(allocate_for_jansson, release_for_jansson);
}

void failing_refuse(long first, long last)
{
    first_refused = first == 0 ? LONG_MAX : first;
    last_refused = last;
    atomic_store(&requests, 0);
    atomic_store(&refused, 0);
}

long failing_requests(void)
{
    return atomic_load(&requests);
}

long failing_refused(void)
{
    return atomic_load(&refused);
}

long failing_living(void)
{
    return atomic_load(&living);
}

long failing_broken_promises(void)
{
    return atomic_load(&broken_promises);
}
