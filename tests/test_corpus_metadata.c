/* SPDX-License-Identifier: MIT */
/* Every file of tests/corpus/metadata through the fuzz target, which is part of
 * this program: an rnn comes of those that are valid. See
 * tests/corpus/make_metadata_corpus.py for the names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/fuzz_metadata.c"
#include "support/corpus.h"

enum { FILES_AT_LEAST = 40 };

static void check_file(const char *name, const uint8_t *bytes, size_t size,
                       bool is_valid)
{
    if (load(bytes, size) != is_valid)
        fail_msg("%s: %s", name,
                 is_valid ? srnn_last_error() : "loads but should not");
}

static void test_corpus_metadata__replays(void **state)
{
    (void)state;
    corpus_replay("metadata", FILES_AT_LEAST, check_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus_metadata__replays),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
