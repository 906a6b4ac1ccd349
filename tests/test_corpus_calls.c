/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads */
/* Every file of tests/corpus/calls through the fuzz target, which is part of
 * this program. Together they make every public function succeed, and fail in
 * most of the ways that its comment promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/fuzz_calls.c"
#include "support/corpus.h"

enum { FILES_AT_LEAST = 100, STATUSES_AT_LEAST = 430 };

static void check_file(const char *name, const uint8_t *bytes, size_t size,
                       bool is_valid)
{
    (void)name;
    (void)is_valid;
    (void)LLVMFuzzerTestOneInput(bytes, size);
}

static void test_corpus_calls__replays(void **state)
{
    (void)state;
    corpus_replay("calls", FILES_AT_LEAST, check_file);
}

/* How many statuses, of all that the headers promise, a function returned. */
static void test_corpus_calls__meets_what_is_promised(void **state)
{
    int met = 0;
    (void)state;
    for (unsigned i = 0; i < row_count; i++) {
        if ((rows[i]->seen & headers_bit(SRNN_OK)) == 0)
            fail_msg("%s never succeeded", rows[i]->name);
        met += __builtin_popcountll(rows[i]->seen);
    }
    assert_in_range(met, STATUSES_AT_LEAST, 64 * row_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus_calls__replays),
        cmocka_unit_test(test_corpus_calls__meets_what_is_promised),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
