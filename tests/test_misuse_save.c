/* SPDX-License-Identifier: MIT */
/* The rules of saving an rnn or a linear layer. More about paths is in
 * test_weights_save_path.c, what becomes of the bytes in test_weights_save.c.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/weights_file.h"

static srnn_rnn *make_rnn(void)
{
    return small_rnn_create(&(small_rnn){.I = 4, .H = 2, .L = 2, .D = 2});
}

static srnn_linear *make_linear(void)
{
    srnn_linear *linear = NULL;
    EXPECT_SUCCESS(srnn_linear_create(&linear, F32, 4, 2, 1, 1));
    return linear;
}

static const char *const no_utf8[] = {
    "\xff",     "a\x80",        "\xc3",         "\xc0\x80",
    "\xe2\x82", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
};

enum { NO_UTF8 = sizeof no_utf8 / sizeof *no_utf8 };

/* A row of each of the two that save to a path. */
#define REFUSE_SAVES(status, says, rnn, path, prefix, metadata)                \
    do {                                                                       \
        REFUSE(status, says, srnn_rnn_save(rnn, path, prefix, metadata));      \
        REFUSE(status, says,                                                   \
               srnn_rnn_save_alone(rnn, path, prefix, metadata));              \
    } while (0)

static void test_misuse_save__is_refused(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    char path[512];
    (void)strcpy(path, temporary_path("file"));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_save(other, path, "rnn.", NULL));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_save_alone(other, path, "rnn.", NULL));
    REFUSE_SAVES(SRNN_ERROR_INVALID, "path is NULL", rnn, NULL, NULL, NULL);
    REFUSE_SAVES(SRNN_ERROR_INVALID, "path is empty", rnn, "", NULL, NULL);
    for (size_t i = 0; i < NO_UTF8; i++)
        REFUSE_SAVES(SRNN_ERROR_INVALID, "prefix \"...\" is not valid UTF-8",
                     rnn, path, no_utf8[i], NULL);
    REFUSE_SAVES(SRNN_ERROR_IO, "/\"...directory", rnn, temporary_path(""),
                 NULL, NULL);
    assert_int_equal(mkfifo(temporary_path("fifo"), 0600), 0);
    REFUSE_SAVES(SRNN_ERROR_IO, "fifo\"...not a regular file", rnn,
                 temporary_path("fifo"), NULL, NULL);
    REFUSE_SAVES(SRNN_ERROR_IO, "\"/no/such\"...folder: No such file", rnn,
                 "/no/such", NULL, NULL);
    assert_int_equal(access(path, F_OK), -1);
    ACCEPT(srnn_rnn_save(rnn, path, NULL, NULL));
    ACCEPT(srnn_rnn_save_alone(rnn, path, NULL, NULL));
    srnn_rnn_destroy(rnn);
}

static void test_misuse_save__linear_is_refused(void **state)
{
    (void)state;
    srnn_linear *const linear = make_linear();
    char path[512];
    (void)strcpy(path, temporary_path("linear"));
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_linear_save(other, path, "fc."));
    REFUSE(SRNN_ERROR_INVALID, "path is NULL",
           srnn_linear_save(linear, NULL, NULL));
    REFUSE(SRNN_ERROR_INVALID, "path is empty",
           srnn_linear_save(linear, "", NULL));
    for (size_t i = 0; i < NO_UTF8; i++)
        REFUSE(SRNN_ERROR_INVALID, "prefix \"...\" is not valid UTF-8",
               srnn_linear_save(linear, path, no_utf8[i]));
    REFUSE(SRNN_ERROR_IO, "/\"...directory",
           srnn_linear_save(linear, temporary_path(""), NULL));
    assert_int_equal(access(path, F_OK), -1);
    ACCEPT(srnn_linear_save(linear, path, NULL));
    srnn_linear_destroy(linear);
}

/* A file that is no safetensors file stays. The text says which file it is, and
 * what is wrong with it. */
static void test_misuse_save__over_another_file(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } rows[] = {
        {"", 0, "/other\"...cannot keep...0 bytes"},
        {"old", 3, "/other\"...cannot keep...3 bytes"},
        {"no weights", 10, "/other\"...cannot keep...header"},
        {"\x93NUMPY\1\0v\0", 10, "/other\"...cannot keep...NumPy"},
        {"\2\0\0\0\0\0\0\0{}x", 11, "/other\"...cannot keep...1 bytes after"},
        {"\2\0\0\0\0\0\0\0[]", 10, "/other\"...cannot keep...byte 0"},
    };
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    srnn_linear *const linear = make_linear();
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        const char *const path =
            temporary_write("other", rows[i].bytes, rows[i].size);
        REFUSE(SRNN_ERROR_FORMAT, rows[i].says,
               srnn_rnn_save(rnn, path, NULL, NULL));
        REFUSE(SRNN_ERROR_FORMAT, rows[i].says,
               srnn_linear_save(linear, path, NULL));
        assert_true(temporary_holds("other", rows[i].bytes, rows[i].size));
        assert_int_equal(temporary_clear(".simplernn-"), 0);
        ACCEPT(srnn_rnn_save_alone(rnn, path, NULL, NULL));
        ACCEPT(srnn_rnn_save(rnn, path, NULL, NULL));
    }
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(rnn);
}

/* A header above the limit: that of the new file, which keeps what the old one
 * had, and that of the old one. */
static void test_misuse_save__over_a_large_header(void **state)
{
    (void)state;
    weights_file header = {NULL, 0, 0};
    srnn_rnn *const rnn = make_rnn();
    srnn_linear *const linear = make_linear();
    weights_file_append_text(&header, "{\"__metadata__\":{\"k\":\"");
    weights_file_append_repeated(&header, "0123456789", 419400);
    weights_file_append_text(&header, "\"}}");
    for (int i = 0; i < 2; i++) {
        struct stat before = {0}, after = {0};
        weights_file file =
            weights_file_of_header(header.bytes, header.size, 0);
        const char *const path =
            temporary_write("header", file.bytes, file.size);
        assert_int_equal(stat(path, &before), 0);
        REFUSE(SRNN_ERROR_RANGE,
               i == 0 ? "16 tensors...SRNN_MAX_HEADER_SIZE=4194304"
                      : "/header\": cannot keep...SRNN_MAX_HEADER_SIZE=4194304",
               srnn_rnn_save(rnn, path, NULL, NULL));
        if (i == 1)
            REFUSE(SRNN_ERROR_RANGE, "/header\": cannot keep...SRNN_MAX_HEADER",
                   srnn_linear_save(linear, path, NULL));
        assert_int_equal(stat(path, &after), 0);
        assert_true(before.st_ino == after.st_ino);
        assert_int_equal(temporary_clear(".simplernn-"), 0);
        weights_file_free(&file);
        weights_file_append_repeated(&header, " ", 400);
    }
    weights_file_free(&header);
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(rnn);
}

/* Nearly 2^63 bytes, as much in each tensor as its bits allow. */
static weights_file build_huge(int64_t *bytes)
{
    enum { TENSORS = 8, LESS = 1 << 20 };
    const int64_t most = (INT64_C(1) << 60) - 1;
    weights_file header = {NULL, 0, 0};
    int64_t end = 0;
    for (int i = 0; i < TENSORS; i++) {
        char text[200];
        const int64_t size = i == 0 ? most - LESS : most;
        (void)snprintf(text, sizeof text,
                       "%s\"w%d\":{\"dtype\":\"U8\",\"shape\":[%" PRId64 "],"
                       "\"data_offsets\":[%" PRId64 ",%" PRId64 "]}",
                       i == 0 ? "{" : ",", i, size, end, end + size);
        weights_file_append_text(&header, text);
        end += size;
    }
    weights_file_append_text(&header, "}");
    const weights_file file =
        weights_file_of_header(header.bytes, header.size, 0);
    weights_file_free(&header);
    *bytes = (int64_t)file.size + end;
    return file;
}

/* What a file seems to have; 0 for the truth. The function stands in front of
 * the C library's. */
static int64_t seeming_size;

int fstat(int file, struct stat *info)
{
    const int result = fstatat(file, "", info, AT_EMPTY_PATH);
    if (seeming_size > 0)
        info->st_size = seeming_size;
    return result;
}

/* No disk has what another network has there, but it is refused before more
 * than its header is read. */
static void test_misuse_save__over_huge_tensors(void **state)
{
    (void)state;
    int64_t bytes = 0;
    srnn_rnn *const rnn = make_rnn();
    srnn_linear *const linear = make_linear();
    weights_file file = build_huge(&bytes);
    const char *const path = temporary_write("huge", file.bytes, file.size);
    seeming_size = bytes;
    REFUSE(SRNN_ERROR_OVERFLOW, "the file would need more than 2^63 - 1 bytes",
           srnn_rnn_save(rnn, path, NULL, NULL));
    REFUSE(SRNN_ERROR_OVERFLOW, "the file would need more than 2^63 - 1 bytes",
           srnn_linear_save(linear, path, NULL));
    seeming_size = 0;
    assert_true(temporary_holds("huge", file.bytes, file.size));
    assert_int_equal(temporary_clear(".simplernn-"), 0);
    weights_file_free(&file);
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(rnn);
}

/* Pairs that are wrong, and what of them is named. */
static const struct {
    const char *prefix;
    const char *metadata[7]; /* up to a NULL */
    const char *says;
} wrong_metadata[] = {
    {"", {"key"}, "metadata key \"key\" is not followed by a text"},
    {"",
     {"a", "1", "b", "2", "a"},
     "metadata key \"a\" is not followed by a text"},
    {"", {"\xff", "1"}, "metadata key \"\\xff\" is not valid UTF-8"},
    {"", {"a", "\xc3"}, "metadata text \"\\xc3\" is not valid UTF-8"},
    {"", {"a", "1", "a", "2"}, "metadata key \"a\" occurs twice"},
    {"", {"a", "1", "b", "2", "a", "3"}, "metadata key \"a\" occurs twice"},
    {"", {"", "1", "", "1"}, "metadata key \"\" occurs twice"},
    {"",
     {"nonlinearity", "tanh"},
     "metadata key \"nonlinearity\" is reserved for an option of the rnn"},
    {"", {"batch_first", "true"}, "metadata key \"batch_first\" is reserved"},
    {"", {"dropout", "0"}, "metadata key \"dropout\" is reserved"},
    {"m.", {"m.dropout", "0"}, "metadata key \"m.dropout\" is reserved"},
    {"m.",
     {"m.direction", "forward"},
     "metadata key \"m.direction\" is reserved"},
};

static int64_t answer(void *user, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return *(const int64_t *)user;
}

static void test_misuse_save__metadata(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    int64_t given = 1;
    char path[512];
    (void)strcpy(path, temporary_path("metadata"));
    for (size_t i = 0; i < sizeof wrong_metadata / sizeof *wrong_metadata;
         i++) {
        const char *const prefix = wrong_metadata[i].prefix;
        const char *const *const metadata = wrong_metadata[i].metadata;
        const char *const says = wrong_metadata[i].says;
        REFUSE_SAVES(SRNN_ERROR_INVALID, says, rnn, path, prefix, metadata);
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_rnn_save_callback(rnn, answer, &given, prefix, metadata));
    }
    assert_int_equal(access(path, F_OK), -1);
    srnn_rnn_destroy(rnn);
}

/* A text that fills the header alone. */
static void test_misuse_save__large_metadata(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    int64_t given = 1;
    char path[512];
    char *const text = malloc(SRNN_MAX_HEADER_SIZE + 1);
    assert_non_null(text);
    memset(text, 'x', SRNN_MAX_HEADER_SIZE);
    text[SRNN_MAX_HEADER_SIZE] = '\0';
    const char *const metadata[] = {"a", text, NULL};
    (void)strcpy(path, temporary_path("large"));
    REFUSE_SAVES(SRNN_ERROR_RANGE, "header", rnn, path, NULL, metadata);
    REFUSE(SRNN_ERROR_RANGE, "header",
           srnn_rnn_save_callback(rnn, answer, &given, NULL, metadata));
    assert_int_equal(access(path, F_OK), -1);
    free(text);
    srnn_rnn_destroy(rnn);
}

static void test_misuse_save__callback(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    int64_t given = -5;
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_save_callback(other, answer, &given, "rnn.", NULL));
    REFUSE(SRNN_ERROR_INVALID, "write is NULL",
           srnn_rnn_save_callback(rnn, NULL, &given, "rnn.", NULL));
    for (size_t i = 0; i < NO_UTF8; i++)
        REFUSE(SRNN_ERROR_INVALID, "prefix \"...\" is not valid UTF-8",
               srnn_rnn_save_callback(rnn, answer, &given, no_utf8[i], NULL));
    REFUSE(SRNN_ERROR_IO, "write callback returned -5...failed",
           srnn_rnn_save_callback(rnn, answer, &given, "rnn.", NULL));
    given = 8;
    REFUSE(SRNN_ERROR_IO, "write callback returned 8...must take all",
           srnn_rnn_save_callback(rnn, answer, &given, NULL, NULL));
    srnn_rnn_destroy(rnn);
}

static void test_misuse_save__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers_function("srnn_rnn_save");
    misuse_covers_function("srnn_rnn_save_alone");
    misuse_covers_function("srnn_rnn_save_callback");
    misuse_covers_function("srnn_linear_save");
    misuse_covers_statuses("srnn_rnn_save", NULL);
    misuse_covers_statuses("srnn_linear_save", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_save__is_refused),
        cmocka_unit_test(test_misuse_save__linear_is_refused),
        cmocka_unit_test(test_misuse_save__over_another_file),
        cmocka_unit_test(test_misuse_save__over_a_large_header),
        cmocka_unit_test(test_misuse_save__over_huge_tensors),
        cmocka_unit_test(test_misuse_save__metadata),
        cmocka_unit_test(test_misuse_save__large_metadata),
        cmocka_unit_test(test_misuse_save__callback),
        cmocka_unit_test(test_misuse_save__rules_are_all_here),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, misuse_setup_with_files,
                                                 misuse_teardown_with_files));
}
