/* SPDX-License-Identifier: MIT */
/* The allocator of the process: the caller's callbacks or the C library, and a
 * count of living blocks so that they cannot be exchanged under an object. */
#include "util/memory.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/error.h"

static const size_t huge_page = 1 << 21;

/* Large blocks, of weights, ask for huge pages: with small ones a step spends
 * more time on finding its memory than there is, in caches that know too few.
 */
static void *default_allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    if (size < 2 * huge_page)
        return aligned_alloc(alignment, size);
    void *const memory = aligned_alloc(huge_page, (size + huge_page - 1) /
                                                      huge_page * huge_page);
    if (memory != NULL)
        (void)madvise(memory, size, MADV_HUGEPAGE);
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

static atomic_llong living;

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

static void *allocate_aligned(size_t size)
{
    void *const memory = size == 0 ? NULL
                                   : allocator.allocate(allocator.user, size,
                                                        SRNN_MEMORY_ALIGNMENT);
    if (memory == NULL || (uintptr_t)memory % SRNN_MEMORY_ALIGNMENT == 0)
        return memory;
    /* An allocator that cannot align is one that cannot serve. */
    allocator.release(allocator.user, memory);
    return NULL;
}

srnn_status srnn_memory__create(void **out, int64_t bytes)
{
    const size_t size = block_size(bytes);
    *out = allocate_aligned(size);
    if (*out == NULL)
        return srnn_error__fail(SRNN_ERROR_NO_MEMORY,
                                "cannot allocate %" PRId64 " bytes", bytes);
    memset(*out, 0, size);
    atomic_fetch_add(&living, 1);
    return SRNN_OK;
}

void srnn_memory__destroy(void *memory)
{
    if (memory == NULL)
        return;
    allocator.release(allocator.user, memory);
    atomic_fetch_sub(&living, 1);
}

srnn_status srnn_memory__set_allocator(srnn_allocate_function allocate,
                                       srnn_free_function release, void *user)
{
    const long long blocks = atomic_load(&living);
    if (blocks != 0)
        return srnn_error__fail(SRNN_ERROR_BUSY,
                                "the allocator cannot change while %lld blocks "
                                "of memory are in use; destroy every object "
                                "first",
                                blocks);
    allocator.allocate = allocate == NULL ? default_allocate : allocate;
    allocator.release = release == NULL ? default_release : release;
    allocator.user = user;
    return SRNN_OK;
}
