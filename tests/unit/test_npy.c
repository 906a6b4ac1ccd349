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
#include "support/tools.h"

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
        bool is_number;
    } files[] = {{"refused-lengths.npy", SRNN_DTYPE_INT64, true},
                 {"refused-flags.npy", SRNN_DTYPE_UINT8, true},
                 {"refused-bools.npy", SRNN_DTYPE_UINT8, false}};
    static const srnn_dtype dtypes[] = {SRNN_DTYPE_FLOAT32, SRNN_DTYPE_FLOAT64,
                                        SRNN_DTYPE_INT64, SRNN_DTYPE_UINT8};
    (void)state;
    for (int i = 0; i < 3; i++) {
        size_t size = 0;
        uint8_t *const bytes = corpus_read(&size, "npy", files[i].name);
        for (int k = 0; k < 4; k++)
            assert_int_equal(read_as(bytes, size, dtypes[k]),
                             dtypes[k] == files[i].dtype);
        assert_int_equal(read_as(bytes, size, COMMAND_NPY_NUMBER),
                         files[i].is_number);
        free(bytes);
    }
}

/* 2^60 + 8 bytes, which a file says it has: they are 8 where size_t has 32
 * bits. A sanitizer ends a program that asks for so much. */
static void test_npy__is_too_large_for_memory(void **state)
{
    enum { BLOCK = 1 << 17 };
    static const char header[] = "\x93NUMPY\x01\0\x46\0"
                                 "{'descr': '<f8', 'fortran_order': False, "
                                 "'shape': (144115188075855873,)}";
    (void)state;
    if (IS_SANITIZED)
        skip();
    unsigned char *const bytes = calloc(1, BLOCK);
    assert_non_null(bytes);
    memcpy(bytes, header, sizeof header - 1);
    bytes[8] = sizeof header - 1 - 10;
    command_source source = {"large", -1, bytes, INT64_MAX};
    srnn_tensor *tensor = NULL;
    assert_int_equal(command_npy_read(&tensor, &source, SRNN_DTYPE_FLOAT64),
                     COMMAND_NO_MEMORY);
    assert_null(tensor);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy__corpus),
        cmocka_unit_test(test_npy__lengths_and_flags),
        cmocka_unit_test(test_npy__is_too_large_for_memory),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
