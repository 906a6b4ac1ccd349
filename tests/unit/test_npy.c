/* SPDX-License-Identifier: MIT */
/* Every file of tests/corpus/npy through the fuzz target, which is part of this
 * program. See tests/corpus/make_npy_corpus.py for the names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/fuzz_npy.c"
#include "support/corpus.h"

enum { FILES_AT_LEAST = 44 };

static void check_file(const char *name, const uint8_t *bytes, size_t size,
                       bool is_valid)
{
    (void)LLVMFuzzerTestOneInput(bytes, size);
    if (is_valid != read_as(bytes, size, SRNN_DTYPE_FLOAT64))
        fail_msg("%s: %s", name,
                 is_valid ? command_failure() : "is read but should not be");
}

static void test_npy__corpus(void **state)
{
    (void)state;
    corpus_replay("npy", FILES_AT_LEAST, check_file);
}

/* Each of them is read as what it is for, and as nothing else. */
static void test_npy__lengths_and_flags(void **state)
{
    static const struct {
        const char *name;
        srnn_dtype dtype;
    } files[] = {{"refused-lengths.npy", SRNN_DTYPE_INT64},
                 {"refused-flags.npy", SRNN_DTYPE_UINT8},
                 {"refused-bools.npy", SRNN_DTYPE_UINT8}};
    static const srnn_dtype dtypes[] = {SRNN_DTYPE_FLOAT32, SRNN_DTYPE_FLOAT64,
                                        SRNN_DTYPE_INT64, SRNN_DTYPE_UINT8};
    (void)state;
    for (int i = 0; i < 3; i++) {
        size_t size = 0;
        uint8_t *const bytes = corpus_read(&size, "npy", files[i].name);
        for (int k = 0; k < 4; k++)
            assert_int_equal(read_as(bytes, size, dtypes[k]),
                             dtypes[k] == files[i].dtype);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy__corpus),
        cmocka_unit_test(test_npy__lengths_and_flags),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
