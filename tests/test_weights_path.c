/* SPDX-License-Identifier: MIT */
/* What srnn_weights_open makes of paths that lead to no file, to a strange one,
 * to one too large to be an rnn, or to a large one that holds one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/little_endian.h"
#include "support/temporary.h"
#include "support/weights_file.h"

enum { HANG = 30, NOBODY = 65534 };

static const weights_topology topology = {4, 2, 1, 1, true, "F32", ""};

static void expect_refused(const char *path, srnn_status wanted,
                           const char *const texts[EXPECT_TEXTS])
{
    srnn_weights *weights = (srnn_weights *)(void *)&weights;
    expect_failure(path == NULL ? "NULL" : path,
                   srnn_weights_open(&weights, path), wanted, texts);
    assert_null(weights);
}

static void test_weights_path__refuses_what_is_not_a_file(void **state)
{
    static const struct {
        const char *path;
        srnn_status status;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {NULL, SRNN_ERROR_INVALID, {"path", "NULL"}},
        {"", SRNN_ERROR_INVALID, {"path", "empty"}},
        {"/", SRNN_ERROR_IO, {"\"/\"", "directory"}},
        {".", SRNN_ERROR_IO, {"\".\"", "directory"}},
        {"/dev/zero", SRNN_ERROR_IO, {"\"/dev/zero\"", "regular file"}},
        {"/dev/null", SRNN_ERROR_IO, {"\"/dev/null\"", "regular file"}},
        {"/dev/null/w", SRNN_ERROR_IO, {"Not a directory"}},
        {"/no/such/file", SRNN_ERROR_IO, {"\"/no/such/file\"", "No such file"}},
        {"no\nsuch\x1b[31m\xff",
         SRNN_ERROR_IO,
         {"\"no\\x0asuch\\x1b[31m\\xff\"", "No such file"}},
        {"no\"such\\file", SRNN_ERROR_IO, {"\"no\\x22such\\x5cfile\""}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(cases[i].path, cases[i].status, cases[i].texts);
    assert_int_equal(srnn_weights_open(NULL, "/"), SRNN_ERROR_INVALID);
}

static void test_weights_path__refuses_null_and_zero_bytes(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"bytes", "NULL"};
    srnn_weights *weights = (srnn_weights *)(void *)&weights;
    (void)state;
    expect_failure("bytes", srnn_weights_open_memory(&weights, NULL, 10),
                   SRNN_ERROR_INVALID, texts);
    assert_null(weights);
    expect_failure("bytes", srnn_weights_open_memory(&weights, NULL, 0),
                   SRNN_ERROR_INVALID, texts);
    if (SIZE_MAX > INT64_MAX)
        expect_failure(
            "size", srnn_weights_open_memory(&weights, "{}", SIZE_MAX),
            SRNN_ERROR_OVERFLOW, (const char *[EXPECT_TEXTS]){"size"});
    unsigned char huge[512]; /* as many as are looked at */
    memset(huge, 255, sizeof huge);
    char most[32];
    (void)snprintf(most, sizeof most, "%zu", SIZE_MAX / 2);
    expect_failure(most, srnn_weights_open_memory(&weights, huge, SIZE_MAX / 2),
                   SRNN_ERROR_FORMAT,
                   (const char *[EXPECT_TEXTS]){"18446744073709551615", most});
    assert_int_equal(srnn_weights_open_memory(NULL, "{}", 2),
                     SRNN_ERROR_INVALID);
}

static void test_weights_path__refuses_a_path_that_is_too_long(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"\"/aaaa", "aaa...aaa",
                                                    "aaaa\""};
    char *const path = malloc(100001);
    (void)state;
    assert_non_null(path);
    memset(path, 'a', 100000);
    path[0] = '/';
    path[100000] = '\0';
    expect_refused(path, SRNN_ERROR_IO, texts);
    free(path);
}

/* With a writer that never comes, and without one. A hang ends in SIGALRM. */
static void test_weights_path__does_not_wait_for_a_fifo(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"fifo", "regular file"};
    (void)state;
    const char *const path = temporary_path("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)alarm(HANG);
    expect_refused(path, SRNN_ERROR_IO, texts);
    (void)alarm(0);
}

static void test_weights_path__refuses_links_to_nowhere(void **state)
{
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("loop"));
    assert_int_equal(symlink(path, path), 0);
    expect_refused(path, SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"loop", strerror(ELOOP)});
    (void)strcpy(path, temporary_path("dangling"));
    assert_int_equal(symlink("/no/such/file", path), 0);
    expect_refused(path, SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"dangling", "No such file"});
}

/* Root may read anything, so it becomes nobody for the call. */
static void test_weights_path__refuses_a_file_that_may_not_be_read(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"secret",
                                                    "Permission denied"};
    (void)state;
    const uid_t user = geteuid();
    const char *const path = temporary_write_rnn("secret", &topology);
    assert_int_equal(chmod(path, 0), 0);
    if (user == 0 && seteuid(NOBODY) != 0)
        skip();
    srnn_weights *weights = NULL;
    const srnn_status status = srnn_weights_open(&weights, path);
    assert_int_equal(seteuid(user), 0);
    expect_failure("secret", status, SRNN_ERROR_IO, texts);
    assert_null(weights);
}

static srnn_weights *open_path(const char *path)
{
    srnn_weights *weights = NULL;
    expect_success(path, srnn_weights_open(&weights, path));
    return weights;
}

static void test_weights_path__follows_a_link_and_odd_names(void **state)
{
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("link"));
    assert_int_equal(
        symlink(temporary_write_rnn("weights \xc3\xa9\n%s", &topology), path),
        0);
    srnn_weights *const weights = open_path(path);
    assert_int_equal(srnn_weights_count(weights), 4);
    srnn_weights_destroy(weights);
}

/* 2 GiB of nothing on disk: a matrix of one row, at the limit of input_size or
 * one above. At the limit it is the bias that is refused. */
static void expect_wide_refused(int64_t inputs, srnn_status wanted,
                                const char *const texts[EXPECT_TEXTS])
{
    char header[512];
    const long long middle = 2 * (long long)inputs;
    (void)snprintf(header, sizeof header,
                   "{\"weight_ih_l0\":{\"dtype\":\"BF16\",\"shape\":[1,%lld],"
                   "\"data_offsets\":[0,%lld]},"
                   "\"weight_hh_l0\":{\"dtype\":\"F32\",\"shape\":[1,1],"
                   "\"data_offsets\":[%lld,%lld]},"
                   "\"bias_ih_l0\":{\"dtype\":\"F32\",\"shape\":[0],"
                   "\"data_offsets\":[0,0]},"
                   "\"bias_hh_l0\":{\"dtype\":\"F32\",\"shape\":[0],"
                   "\"data_offsets\":[0,0]}}",
                   (long long)inputs, middle, middle, middle + 4);
    weights_file file = weights_file_of_text(header, 0);
    const char *const path = temporary_write("sparse", file.bytes, file.size);
    assert_int_equal(truncate(path, (off_t)file.size + middle + 4), 0);
    srnn_weights *const weights = open_path(path);
    srnn_rnn *rnn = (srnn_rnn *)(void *)&rnn;
    expect_failure("wide",
                   srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL),
                   wanted, texts);
    assert_null(rnn);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_weights_path__refuses_a_size_above_the_limit(void **state)
{
    (void)state;
    expect_wide_refused(SRNN_MAX_SIZE, SRNN_ERROR_SHAPE,
                        (const char *[EXPECT_TEXTS]){"\"bias_ih_l0\" is [0]"});
    expect_wide_refused(
        SRNN_MAX_SIZE + 1LL, SRNN_ERROR_RANGE,
        (const char *[EXPECT_TEXTS]){"input_size", "1073741824", "1073741823"});
}

/* An rnn with I = H = 1 behind 4 GiB of nothing on disk. */
static const char *write_far_rnn(const float values[4])
{
    static const char *const far[] = {
        "weight_ih_l0\":{\"shape\":[1,1]", "weight_hh_l0\":{\"shape\":[1,1]",
        "bias_ih_l0\":{\"shape\":[1]", "bias_hh_l0\":{\"shape\":[1]"};
    char header[512] = "{\"near\":{\"dtype\":\"U8\",\"shape\":[4294967296],"
                       "\"data_offsets\":[0,4294967296]}";
    size_t length = strlen(header);
    for (int i = 0; i < 4; i++)
        length += (size_t)snprintf(
            header + length, sizeof header - length,
            ",\"far.%s,\"dtype\":\"F32\",\"data_offsets\":[%lld,%lld]}", far[i],
            4294967296 + 4LL * i, 4294967300 + 4LL * i);
    assert_true(length + 1 < sizeof header);
    header[length] = '}';
    weights_file file = weights_file_of_text(header, 0);
    const char *const path = temporary_write("far", file.bytes, file.size);
    FILE *const written = fopen(path, "r+b");
    assert_non_null(written);
    assert_int_equal(
        fseeko(written, (off_t)file.size + (off_t)4294967296, SEEK_SET), 0);
    for (size_t i = 0; i < 4 * sizeof *values; i++)
        assert_int_not_equal(
            putc(little_endian_byte(values, sizeof *values, i), written), EOF);
    assert_int_equal(fclose(written), 0);
    weights_file_free(&file);
    return path;
}

/* An offset of 32 bits would find nothing there. */
static void test_weights_path__reads_behind_4_gib(void **state)
{
    static const float wanted[] = {0.5f, -2, 3, 0.125f};
    const int64_t shape[] = {4};
    float values[4] = {0};
    srnn_tensor *flat = NULL;
    srnn_rnn *rnn = NULL;
    (void)state;
    srnn_weights *const weights = open_path(write_far_rnn(wanted));
    expect_success("create",
                   srnn_rnn_create_from_weights(&rnn, weights, "far.", NULL));
    expect_success("wrap", srnn_tensor_wrap(&flat, values, SRNN_DTYPE_FLOAT32,
                                            1, shape, NULL));
    expect_success("get", srnn_rnn_get_flat(rnn, flat));
    assert_memory_equal(values, wanted, sizeof wanted);
    srnn_tensor_destroy(flat);
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_path__refuses_what_is_not_a_file),
        cmocka_unit_test(test_weights_path__refuses_null_and_zero_bytes),
        cmocka_unit_test(test_weights_path__refuses_a_path_that_is_too_long),
        cmocka_unit_test(test_weights_path__does_not_wait_for_a_fifo),
        cmocka_unit_test(test_weights_path__refuses_links_to_nowhere),
        cmocka_unit_test(
            test_weights_path__refuses_a_file_that_may_not_be_read),
        cmocka_unit_test(test_weights_path__follows_a_link_and_odd_names),
        cmocka_unit_test(test_weights_path__refuses_a_size_above_the_limit),
        cmocka_unit_test(test_weights_path__reads_behind_4_gib),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
