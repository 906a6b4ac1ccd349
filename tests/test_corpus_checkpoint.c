/* SPDX-License-Identifier: MIT */
/* Every file of tests/corpus/checkpoint through the fuzz target, which is part
 * of this program: those that are valid load into one kind of optimizer. See
 * tests/corpus/make_checkpoint_corpus.py for the names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/fuzz_checkpoint.c"
#include "support/corpus.h"

enum { FILES_AT_LEAST = 25 };

static void check_file(const char *name, const uint8_t *bytes, size_t size,
                       bool is_valid)
{
    if (load_all(bytes, size) != is_valid)
        fail_msg("%s: %s", name,
                 is_valid ? srnn_last_error() : "loads but should not");
}

static void test_corpus_checkpoint__replays(void **state)
{
    (void)state;
    corpus_replay("checkpoint", FILES_AT_LEAST, check_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus_checkpoint__replays),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
