/* SPDX-License-Identifier: MIT */
/* Every file of tests/corpus/saved through the fuzz target, which is part of
 * this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/fuzz_saved.c"
#include "support/corpus.h"

enum { FILES_AT_LEAST = 40 };

static void check_file(const char *name, const uint8_t *bytes, size_t size,
                       bool is_valid)
{
    (void)name;
    (void)is_valid;
    (void)LLVMFuzzerTestOneInput(bytes, size);
}

static void test_corpus_saved__replays(void **state)
{
    (void)state;
    corpus_replay("saved", FILES_AT_LEAST, check_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus_saved__replays),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
