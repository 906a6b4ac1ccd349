/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, no-qemu */
/* What objects take from the system where the program has set no allocator:
 * little more than they hold, however small or large they are. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/process.h"
#include "support/tools.h"

enum { MIB = 1 << 20, MOST = 4000 };

static srnn_tensor *tensors[MOST];

/* So many tensors of so many bytes take at most that. */
static void check(int count, int64_t bytes, int64_t most)
{
    const int64_t before = process_address_space();
    for (int i = 0; i < count; i++)
        EXPECT_SUCCESS(
            srnn_tensor_create(&tensors[i], SRNN_DTYPE_UINT8, 1, &bytes));
    const int64_t taken = process_address_space() - before;
    for (int i = 0; i < count; i++)
        srnn_tensor_destroy(tensors[i]);
    if (taken > most)
        fail_msg("%d of %" PRId64 " bytes take %" PRId64 ", not %" PRId64,
                 count, bytes, taken, most);
}

/* With what the C library needs to align them, and handles. */
static void
test_default_allocator__takes_little_more_than_it_gives(void **state)
{
    (void)state;
    check(MOST, 1, 4 * MIB);
    check(MOST, 1000, 8 * MIB);
    check(100, 100000, 15 * MIB);
    check(20, MIB, 24 * MIB);
    check(8, 3 * MIB, 28 * MIB);
    /* From here on there are huge pages, on one of which a block begins. */
    check(4, 5 * MIB, 4 * (5 + 1 + 2 + 1) * MIB);
    check(2, 33 * MIB, 2 * (33 + 1 + 2 + 1) * MIB);
}

static void
test_default_allocator__begins_large_blocks_on_huge_pages(void **state)
{
    const int64_t bytes = 5 * MIB;
    (void)state;
    EXPECT_SUCCESS(
        srnn_tensor_create(&tensors[0], SRNN_DTYPE_UINT8, 1, &bytes));
    /* The handle lies before the values. */
    assert_true((uintptr_t)srnn_tensor_data(tensors[0]) % (2 * MIB) < 4096);
    srnn_tensor_destroy(tensors[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_default_allocator__takes_little_more_than_it_gives),
        cmocka_unit_test(
            test_default_allocator__begins_large_blocks_on_huge_pages),
    };
    /* A sanitizer has an allocator of its own. */
    return IS_SANITIZED ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
}
