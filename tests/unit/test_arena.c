/* SPDX-License-Identifier: MIT */
/* Where all buffers come from: sizes that do not fit in 63 bits are noticed,
 * whichever sum or product is the first that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expect.h"
#include "tensor/arena.h"

enum { LINE = 64 };

typedef struct {
    int64_t used, rows, columns, size;
} request;

static srnn_arena take(const request *r)
{
    srnn_arena arena = {NULL, 0, r->used, false};
    assert_null(srnn_arena__take_matrix(&arena, r->rows, r->columns, r->size));
    return arena;
}

#define MAX INT64_MAX
#define HALF (INT64_C(1) << 62)

/* Products that wrap to a small number, to 0, to one below 0 and to the size of
 * memory that there is; and sums. */
static void test_arena__notices_what_does_not_fit(void **state)
{
    static const request requests[] = {
        {0, MAX, 2, 1},
        {0, HALF, 4, 1},
        {0, INT64_C(1) << 32, INT64_C(1) << 32, 1},
        {0, (INT64_C(1) << 32) + 1, (INT64_C(1) << 32) + 1, 1},
        {0, HALF, 2, 1},
        {0, MAX, 1, 4},
        {0, HALF, 1, 4},
        {0, HALF / 2 + 1, 1, 8},
        {0, INT64_C(1) << 31, INT64_C(1) << 29, 8},
        {0, INT64_C(1) << 31, INT64_C(1) << 29, 16},
        {LINE, MAX - LINE + 1, 1, 1},
        {MAX - LINE + 1, 1, 1, LINE},
        {HALF, HALF, 1, 1},
        {0, MAX, 1, 1},
        {0, MAX - LINE + 2, 1, 1},
        {LINE, MAX - 2 * LINE + 2, 1, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const char *const texts[EXPECT_TEXTS] = {
            "the buffers would need more than 2^63 - 1 bytes"};
        srnn_arena arena = take(&requests[i]);
        if (!arena.overflow)
            fail_msg("request %d fits", (int)i);
        assert_int_equal(arena.used, requests[i].used);
        expect_failure("check", srnn_arena__check(&arena, "the buffers"),
                       SRNN_ERROR_OVERFLOW, texts);
        /* It is remembered. */
        assert_null(srnn_arena__take(&arena, 1, 1));
        assert_true(arena.overflow);
    }
}

static void test_arena__measures_up_to_the_limit(void **state)
{
    static const struct {
        request request;
        int64_t used;
    } fits[] = {
        {{0, 0, 0, 4}, 0},
        {{0, MAX, 0, 8}, 0},
        {{LINE, 1, 1, 1}, 2 * LINE},
        {{0, 5, 13, 1}, 2 * LINE},
        {{0, 2, 8, 4}, LINE},
        {{0, MAX - LINE + 1, 1, 1}, MAX - LINE + 1},
        {{0, HALF / 8, 1, 8}, HALF},
        {{0, INT64_C(1) << 30, INT64_C(1) << 29, 8}, HALF},
        {{HALF, HALF - LINE, 1, 1}, MAX - LINE + 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        const srnn_arena arena = take(&fits[i].request);
        expect_success("check", srnn_arena__check(&arena, "the buffers"));
        assert_int_equal(arena.used, fits[i].used);
    }
}

/* Side by side, on lines, and not past the end. */
static void test_arena__gives_memory_up_to_the_capacity(void **state)
{
    static _Alignas(LINE) unsigned char memory[4 * LINE];
    srnn_arena arena = {memory, sizeof memory, 0, false};
    (void)state;
    assert_ptr_equal(srnn_arena__take(&arena, 3, 4), memory);
    assert_ptr_equal(srnn_arena__take_matrix(&arena, 5, 13, 1), memory + LINE);
    assert_null(srnn_arena__take(&arena, 2 * LINE, 1));
    assert_int_equal(arena.used, 5 * LINE);
    expect_success("check", srnn_arena__check(&arena, "the buffers"));
    arena.used = 3 * LINE;
    assert_ptr_equal(srnn_arena__take(&arena, LINE, 1), memory + 3 * LINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__notices_what_does_not_fit),
        cmocka_unit_test(test_arena__measures_up_to_the_limit),
        cmocka_unit_test(test_arena__gives_memory_up_to_the_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
