/* SPDX-License-Identifier: MIT */
/* Helper threads may allocate too. */
#include "fuzz/memory.h"

#include <pthread.h>

#include "fuzz/require.h"
#include "support/counting.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static counting_allocator counts;
static unsigned before_failing, failing, refused;
static bool may_fail;

static bool fails(void)
{
    if (!may_fail || failing == 0)
        return false;
    if (before_failing > 0) {
        before_failing--;
        return false;
    }
    failing--;
    return true;
}

static void *allocate(void *user, size_t size, size_t alignment)
{
    require(pthread_mutex_lock(&lock) == 0);
    void *const block =
        fails() ? NULL : counting_allocate(user, size, alignment);
    refused += block == NULL;
    require(pthread_mutex_unlock(&lock) == 0);
    return block;
}

static void release(void *user, void *block)
{
    require(pthread_mutex_lock(&lock) == 0);
    counting_free(user, block);
    require(pthread_mutex_unlock(&lock) == 0);
}

srnn_status memory_set_again(bool is_half)
{
    return srnn_allocator_set(allocate, is_half ? NULL : release, &counts);
}

void memory_install(size_t limit)
{
    counts.limit = limit;
    require(memory_set_again(false) == SRNN_OK);
}

size_t memory_living(void)
{
    return counts.living;
}

void memory_plan_failures(unsigned first, unsigned count)
{
    before_failing = first;
    failing = count;
}

void memory_let_fail(void)
{
    refused = 0;
    may_fail = true;
}

unsigned memory_let_fail_no_more(void)
{
    may_fail = false;
    return refused;
}
