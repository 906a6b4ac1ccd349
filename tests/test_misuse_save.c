/* SPDX-License-Identifier: MIT */
/* The rules of saving, those of rnn.h. More about paths is in
 * test_weights_save_path.c, what becomes of the bytes in test_weights_save.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/misuse.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

static srnn_rnn *make_rnn(void)
{
    return small_rnn_create(&(small_rnn){.I = 4, .H = 2, .L = 2, .D = 2});
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

static void test_misuse__save(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    char path[512];
    (void)strcpy(path, temporary_path("file"));
    REFUSE_HANDLES("rnn", "rnn", srnn_rnn_save(other, path, "rnn.", NULL));
    REFUSE_HANDLES("rnn", "rnn",
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

/* What is at path is no safetensors file, and stays. */
static void test_misuse__save_over_another_file(void **state)
{
    (void)state;
    static const char text[] = "no weights";
    srnn_rnn *const rnn = make_rnn();
    const char *const path = temporary_write("text", text, sizeof text);
    REFUSE(SRNN_ERROR_FORMAT, "header", srnn_rnn_save(rnn, path, NULL, NULL));
    assert_true(temporary_holds("text", text, sizeof text));
    srnn_rnn_destroy(rnn);
}

/* Pairs that are wrong, and what of them is named. */
static const struct {
    const char *metadata[6];
    const char *says;
} wrong_metadata[] = {
    {{"key", NULL}, "metadata key \"key\" has no text behind it"},
    {{"a", "1", "b", "2", "a"}, "metadata key \"a\" has no text behind it"},
    {{"\xff", "1", NULL}, "metadata key \"\\xff\" is not valid UTF-8"},
    {{"a", "\xc3", NULL}, "metadata text \"\\xc3\" is not valid UTF-8"},
    {{"a", "1", "a", "2", NULL}, "metadata key \"a\" occurs twice"},
    {{"nonlinearity", "tanh", NULL},
     "metadata key \"nonlinearity\" is that of an option of the rnn"},
    {{"batch_first", "true", NULL}, "metadata key \"batch_first\" is that of"},
    {{"dropout", "0", NULL}, "metadata key \"dropout\" is that of"},
};

static int64_t answer(void *user, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return *(const int64_t *)user;
}

static void test_misuse__save_metadata(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    int64_t given = 1;
    char path[512];
    (void)strcpy(path, temporary_path("metadata"));
    for (size_t i = 0; i < sizeof wrong_metadata / sizeof *wrong_metadata;
         i++) {
        const char *const *const metadata = wrong_metadata[i].metadata;
        const char *const says = wrong_metadata[i].says;
        REFUSE_SAVES(SRNN_ERROR_INVALID, says, rnn, path, NULL, metadata);
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_rnn_save_callback(rnn, answer, &given, NULL, metadata));
    }
    assert_int_equal(access(path, F_OK), -1);
    srnn_rnn_destroy(rnn);
}

/* A text that fills the header alone. */
static void test_misuse__save_large_metadata(void **state)
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

static void test_misuse__save_callback(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    int64_t given = -5;
    REFUSE_HANDLES("rnn", "rnn",
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

static void test_misuse__save_rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers_function("srnn_rnn_save");
    misuse_covers_function("srnn_rnn_save_alone");
    misuse_covers_function("srnn_rnn_save_callback");
    misuse_covers_statuses("srnn_rnn_save_", NULL);
}

static int setup(void **state)
{
    return temporary_create(state) | misuse_setup(state);
}

static int teardown(void **state)
{
    return misuse_teardown(state) | temporary_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse__save),
        cmocka_unit_test(test_misuse__save_over_another_file),
        cmocka_unit_test(test_misuse__save_metadata),
        cmocka_unit_test(test_misuse__save_large_metadata),
        cmocka_unit_test(test_misuse__save_callback),
        cmocka_unit_test(test_misuse__save_rules_are_all_here),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, setup, teardown));
}
