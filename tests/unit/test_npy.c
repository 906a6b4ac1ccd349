/* SPDX-License-Identifier: MIT */
/* Every file of tests/corpus/npy through the fuzz target, which is part of this
 * program. See tests/corpus/make_npy_corpus.py for the names. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fuzz/fuzz_npy.c"

enum { FILES_AT_LEAST = 44, LONGEST = 4096 };

static size_t read_file(const char *name, uint8_t bytes[LONGEST])
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/npy/%s", CORPUS_FOLDER, name);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    const size_t size = fread(bytes, 1, LONGEST, file);
    assert_int_equal(ferror(file), 0);
    assert_int_equal(fclose(file), 0);
    assert_true(size < LONGEST);
    return size;
}

/* In a block of its own length, so that a sanitizer sees a read behind it. */
static void check_file(const char *name)
{
    uint8_t bytes[LONGEST];
    const size_t size = read_file(name, bytes);
    uint8_t *const copy = malloc(size == 0 ? 1 : size);
    const bool valid = strncmp(name, "valid-", 6) == 0;
    assert_non_null(copy);
    if (size > 0)
        memcpy(copy, bytes, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    if (!valid && strncmp(name, "refused-", 8) != 0)
        fail_msg("%s: valid or refused?", name);
    if (valid != read_as(copy, size, SRNN_DTYPE_FLOAT64))
        fail_msg("%s: %s", name,
                 valid ? command_failure() : "is read but should not be");
    free(copy);
}

static void test_npy__corpus(void **state)
{
    int files = 0;
    (void)state;
    DIR *const folder = opendir(CORPUS_FOLDER "/npy");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        check_file(entry->d_name);
        files++;
    }
    assert_int_equal(closedir(folder), 0);
    assert_true(files >= FILES_AT_LEAST);
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
        uint8_t bytes[LONGEST];
        const size_t size = read_file(files[i].name, bytes);
        for (int k = 0; k < 4; k++)
            assert_int_equal(read_as(bytes, size, dtypes[k]),
                             dtypes[k] == files[i].dtype);
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
