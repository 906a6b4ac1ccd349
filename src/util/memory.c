/* SPDX-License-Identifier: MIT */
/* The allocator of the process: the caller's callbacks or the C library, and a
 * count of living blocks so that they cannot be exchanged under an object. */
#include "util/memory.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "util/cancellation.h"
#include "util/checked.h"
#include "util/error.h"

/* What malloc gives anyway. */
enum { PLAIN_ALIGNMENT = _Alignof(max_align_t) };

/* Large blocks, of weights, ask for huge pages: with small ones a step spends
 * more time on finding its memory than there is, in caches that know too few.
 */
static void *default_allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    if (alignment <= PLAIN_ALIGNMENT)
        return malloc(size);
    const size_t page = SRNN_OS_HUGE_PAGE;
    if (size < 2 * page)
        return aligned_alloc(alignment, size);
    void *const memory = aligned_alloc(page, (size + page - 1) / page * page);
    if (memory != NULL)
        srnn_os__ask_for_huge_pages(memory, size);
    return memory;
}

static void default_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static struct {
    srnn_allocate_function allocate;
    srnn_free_function release;
    void *user;
} allocator = {default_allocate, default_release, NULL};

/* By thread, more or less: one count would be a line that all threads which
 * make handles take from each other. Only the sum means something. */
enum { COUNTS_BITS = 4, COUNTS = 1 << COUNTS_BITS };

static struct {
    _Alignas(SRNN_MEMORY_ALIGNMENT) atomic_llong living;
} counts[COUNTS];

/* Stacks are some MiB apart. */
static void count(long long change)
{
    const uint64_t stack = (uintptr_t)&change >> 20;
    const uint64_t mixed = stack * UINT64_C(0x9e3779b97f4a7c15);
    atomic_fetch_add_explicit(&counts[mixed >> (64 - COUNTS_BITS)].living,
                              change, memory_order_relaxed);
}

static long long sum_of_counts(void)
{
    long long sum = 0;
    for (int i = 0; i < COUNTS; i++)
        sum += atomic_load(&counts[i].living);
    return sum;
}

/* bytes rounded up to whole cache lines, at least one; 0 if none can hold it.
 */
static size_t block_size(int64_t bytes)
{
    const uint64_t line = SRNN_MEMORY_ALIGNMENT;
    const uint64_t lines = ((uint64_t)bytes + line - 1) / line;
    if (lines * line > SIZE_MAX / 2)
        return 0;
    return (size_t)(lines == 0 ? line : lines * line);
}

/* The callbacks are the caller's, and may be cancellation points. A thread that
 * were cancelled in one would lose what its call has made so far. */
static void *call_allocate(size_t size, size_t alignment)
{
    const int before = srnn_cancellation__hold();
    void *const memory = allocator.allocate(allocator.user, size, alignment);
    srnn_cancellation__allow(before);
    return memory;
}

static void call_release(void *memory)
{
    const int before = srnn_cancellation__hold();
    allocator.release(allocator.user, memory);
    srnn_cancellation__allow(before);
}

static void *allocate_aligned(size_t size, size_t alignment)
{
    void *const memory = call_allocate(size, alignment);
    if (memory == NULL || ((uintptr_t)memory & (alignment - 1)) == 0)
        return memory;
    call_release(memory); /* who cannot align cannot serve */
    return NULL;
}

/* A block of that size, which is 0 if there can be none; NULL with the reason.
 * bytes: what was wanted. */
static void *create(size_t size, size_t alignment, int64_t bytes)
{
    void *const memory = size == 0 ? NULL : allocate_aligned(size, alignment);
    if (memory == NULL)
        (void)srnn_error__fail(SRNN_ERROR_NO_MEMORY,
                               "cannot allocate %" PRId64 " bytes", bytes);
    else
        count(1);
    return memory;
}

srnn_status srnn_memory__create(void **out, int64_t bytes)
{
    const size_t size = block_size(bytes);
    *out = create(size, SRNN_MEMORY_ALIGNMENT, bytes);
    if (*out == NULL)
        return SRNN_ERROR_NO_MEMORY;
    memset(*out, 0, size);
    return SRNN_OK;
}

srnn_status srnn_memory__create_plain(void **out, int64_t bytes)
{
    size_t size = 0;
    const bool fits = srnn_checked__to_size(&size, bytes);
    *out = create(fits ? size : 0, PLAIN_ALIGNMENT, bytes);
    return *out == NULL ? SRNN_ERROR_NO_MEMORY : SRNN_OK;
}

void srnn_memory__destroy(void *memory)
{
    if (memory == NULL)
        return;
    call_release(memory);
    count(-1);
}

srnn_status srnn_memory__set_allocator(srnn_allocate_function allocate,
                                       srnn_free_function release, void *user)
{
    const long long blocks = sum_of_counts();
    if (blocks != 0)
        return srnn_error__fail(SRNN_ERROR_IN_USE,
                                "the allocator cannot change while memory is "
                                "in use (blocks: %lld); destroy every object "
                                "first",
                                blocks);
    allocator.allocate = allocate == NULL ? default_allocate : allocate;
    allocator.release = release == NULL ? default_release : release;
    allocator.user = user;
    return SRNN_OK;
}
