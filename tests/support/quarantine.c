/* SPDX-License-Identifier: MIT */
#include "support/quarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"

/* Behind a prefix lies what the library gets. */
enum { MAX_BLOCKS = 1 << 14, PREFIX = 64, FREED = 0xdd };

static unsigned char *blocks[MAX_BLOCKS];
static int count;

static size_t size_of(const unsigned char *block)
{
    size_t size = 0;
    memcpy(&size, block, sizeof size);
    return size;
}

static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    unsigned char *const block =
        alignment > PREFIX
            ? NULL
            : aligned_alloc(PREFIX,
                            PREFIX + (size + PREFIX - 1) / PREFIX * PREFIX);
    if (block == NULL)
        return NULL;
    memcpy(block, &size, sizeof size);
    return block + PREFIX;
}

static void release(void *user, void *memory)
{
    unsigned char *const block = (unsigned char *)memory - PREFIX;
    (void)user;
    memset(memory, FREED, size_of(block));
    if (count < MAX_BLOCKS)
        blocks[count++] = block;
    else
        free(block);
}

void quarantine_check(void)
{
    int written = 0;
    for (int i = 0; i < count; i++) {
        int changed = 0;
        for (size_t j = 0; j < size_of(blocks[i]); j++)
            changed |= blocks[i][PREFIX + j] != FREED;
        written += changed;
        free(blocks[i]);
    }
    count = 0;
    assert_int_equal(written, 0);
}

void quarantine_install(void)
{
    expect_success("allocator", srnn_allocator_set(allocate, release, NULL));
}

void quarantine_remove(void)
{
    quarantine_check();
    expect_success("allocator", srnn_allocator_set(NULL, NULL, NULL));
}
