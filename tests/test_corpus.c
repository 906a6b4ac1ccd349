/* SPDX-License-Identifier: MIT */
/* Every file of tests/corpus/weights through the fuzz target, which is part of
 * this program; and an rnn saved into it. See tests/corpus/make_corpus.py for
 * the names. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fuzz/fuzz_weights.c"
#include "support/temporary.h"

enum { FILES_AT_LEAST = 110, LONGEST = 4096 };

/* A file of the corpus; its length is returned. */
static size_t read_file(const char *name, uint8_t bytes[LONGEST])
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/weights/%s", CORPUS_FOLDER, name);
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
static srnn_status replay(const uint8_t *bytes, size_t size)
{
    uint8_t *const copy = malloc(size == 0 ? 1 : size);
    srnn_weights *weights = NULL;
    assert_non_null(copy);
    if (size > 0)
        memcpy(copy, bytes, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    const srnn_status status = srnn_weights_open_memory(&weights, copy, size);
    srnn_weights_destroy(weights);
    free(copy);
    return status;
}

/* An rnn is saved into a file that opens, beside what is there; any other stays
 * as it is. */
static void merge(const char *name, const uint8_t *bytes, size_t size,
                  bool valid)
{
    const char *const path = temporary_write("merged", bytes, size);
    srnn_rnn *rnn = NULL;
    srnn_rnn *loaded = NULL;
    srnn_weights *weights = NULL;
    require(srnn_rnn_create(&rnn, 3, 2, NULL, 1) == SRNN_OK);
    const srnn_status status = srnn_rnn_save(rnn, path, "new.", NULL);
    if (valid != (status == SRNN_OK))
        fail_msg("%s: %s", name, srnn_last_error());
    if (valid) {
        require(srnn_weights_open(&weights, path) == SRNN_OK);
        require(srnn_rnn_create_from_weights(&loaded, weights, "new.", NULL) ==
                SRNN_OK);
        require_same(rnn, loaded);
    } else {
        assert_true(temporary_holds("merged", bytes, size));
    }
    srnn_rnn_destroy(loaded);
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(rnn);
}

static void check_file(const char *name)
{
    uint8_t bytes[LONGEST];
    const size_t size = read_file(name, bytes);
    const srnn_status status = replay(bytes, size);
    const bool valid = strncmp(name, "valid-", 6) == 0;
    if (!valid && strncmp(name, "refused-", 8) != 0)
        fail_msg("%s: valid or refused?", name);
    if (valid != (status == SRNN_OK))
        fail_msg("%s: %s", name,
                 valid ? srnn_last_error() : "opens but should not");
    merge(name, bytes, size, valid);
}

static void test_corpus__replays(void **state)
{
    int files = 0;
    (void)state;
    DIR *const folder = opendir(CORPUS_FOLDER "/weights");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus__replays),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
