/* SPDX-License-Identifier: MIT */
/* What srnn_weights_open does with paths that lead to no file or a strange
 * one, with files that change while they are open, and with disks that fail:
 * the pread below stands in front of the C library's. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/temporary.h"
#include "support/weights_file.h"

enum { HANG = 30, NOBODY = 65534 };

static const weights_topology topology = {4, 2, 1, 1, true, "F32", ""};

static const char *write_rnn(const char *name)
{
    weights_builder builder = {{0}, {0}};
    weights_builder_add_rnn(&builder, &topology, NULL);
    weights_file file = weights_builder_finish(&builder);
    const char *const path = temporary_write(name, file.bytes, file.size);
    weights_file_free(&file);
    return path;
}

/* Until the next reset: calls, the one to fail, how, and at most how much. */
static struct {
    int calls;
    int failing;
    int error;
    size_t most;
} disk = {0, 0, 0, SIZE_MAX};

ssize_t pread(int file, void *target, size_t size, off_t offset)
{
    disk.calls++;
    if (disk.calls == disk.failing) {
        errno = disk.error;
        return -1;
    }
    return syscall(SYS_pread64, file, target,
                   size < disk.most ? size : disk.most, offset);
}

static void reset_disk(int failing, int error, size_t most)
{
    disk.calls = 0;
    disk.failing = failing;
    disk.error = error;
    disk.most = most;
}

static void expect_refused(const char *path, srnn_status wanted,
                           const char *const texts[EXPECT_TEXTS])
{
    srnn_weights *weights = (srnn_weights *)(void *)&weights;
    expect_failure(path == NULL ? "NULL" : path,
                   srnn_weights_open(&weights, path), wanted, texts);
    assert_null(weights);
}

static void test_open__refuses_what_is_no_file(void **state)
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

static void test_open_memory__refuses_null_and_no_size(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"bytes", "NULL"};
    srnn_weights *weights = (srnn_weights *)(void *)&weights;
    (void)state;
    expect_failure("bytes", srnn_weights_open_memory(&weights, NULL, 10),
                   SRNN_ERROR_INVALID, texts);
    assert_null(weights);
    expect_failure("bytes", srnn_weights_open_memory(&weights, NULL, 0),
                   SRNN_ERROR_INVALID, texts);
    expect_failure("size", srnn_weights_open_memory(&weights, "{}", SIZE_MAX),
                   SRNN_ERROR_OVERFLOW, (const char *[EXPECT_TEXTS]){"size"});
    assert_int_equal(srnn_weights_open_memory(NULL, "{}", 2),
                     SRNN_ERROR_INVALID);
}

static void test_open__refuses_a_path_that_is_too_long(void **state)
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
static void test_open__does_not_wait_for_a_fifo(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"fifo", "regular file"};
    (void)state;
    const char *const path = temporary_path("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    (void)alarm(HANG);
    expect_refused(path, SRNN_ERROR_IO, texts);
    (void)alarm(0);
}

static void test_open__refuses_links_to_nowhere(void **state)
{
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("loop"));
    assert_int_equal(symlink(path, path), 0);
    expect_refused(path, SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"loop", "symbolic links"});
    (void)strcpy(path, temporary_path("dangling"));
    assert_int_equal(symlink("/no/such/file", path), 0);
    expect_refused(path, SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"dangling", "No such file"});
}

/* Root may read anything, so it becomes nobody for the call. */
static void test_open__refuses_a_file_that_may_not_be_read(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"secret",
                                                    "Permission denied"};
    (void)state;
    const uid_t user = geteuid();
    const char *const path = write_rnn("secret");
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

static void test_open__follows_a_link_and_odd_names(void **state)
{
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("link"));
    assert_int_equal(symlink(write_rnn("weights \xc3\xa9\n%s"), path), 0);
    srnn_weights *const weights = open_path(path);
    assert_int_equal(srnn_weights_count(weights), 4);
    srnn_weights_destroy(weights);
}

/* An error, never a signal and never zeros in place of values. */
static void test_tensor__of_a_file_cut_short_while_open_is_refused(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"ended at byte", "cut"};
    (void)state;
    const char *const path = write_rnn("cut");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    srnn_weights *const weights = open_path(path);
    for (int lost = 1; lost <= 20; lost += 19) {
        srnn_tensor *tensor = (srnn_tensor *)(void *)&tensor;
        srnn_rnn *rnn = (srnn_rnn *)(void *)&rnn;
        assert_int_equal(truncate(path, info.st_size - lost), 0);
        /* bias_hh_l0, 8 bytes, is the last */
        expect_failure("tensor",
                       srnn_weights_tensor(&tensor, weights, "bias_hh_l0"),
                       SRNN_ERROR_IO, texts);
        assert_null(tensor);
        expect_failure("rnn",
                       srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL),
                       SRNN_ERROR_IO, texts);
        assert_null(rnn);
    }
    srnn_tensor *tensor = NULL;
    expect_success("what is left",
                   srnn_weights_tensor(&tensor, weights, "weight_ih_l0"));
    srnn_tensor_destroy(tensor);
    srnn_weights_destroy(weights);
}

/* Opens, makes the rnn and lets both go. */
static srnn_status load(const char *path)
{
    srnn_weights *weights = NULL;
    srnn_rnn *rnn = NULL;
    srnn_status status = srnn_weights_open(&weights, path);
    if (status == SRNN_OK)
        status = srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL);
    else
        assert_null(weights);
    assert_int_equal(rnn != NULL, status == SRNN_OK);
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
    return status;
}

static void test_load__reports_each_read_that_fails(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"cannot read",
                                                    "Input/output error"};
    (void)state;
    const char *const path = write_rnn("failing");
    reset_disk(0, 0, SIZE_MAX);
    expect_success("no failure", load(path));
    const int calls = disk.calls;
    assert_int_equal(calls, 6); /* length, header, four parameters */
    for (int i = 1; i <= calls; i++) {
        reset_disk(i, EIO, SIZE_MAX);
        expect_failure("EIO", load(path), SRNN_ERROR_IO, texts);
    }
    reset_disk(0, 0, SIZE_MAX);
}

static void test_load__carries_on_after_a_signal_or_a_short_read(void **state)
{
    (void)state;
    const char *const path = write_rnn("slow");
    for (int i = 1; i <= 6; i++) {
        reset_disk(i, EINTR, SIZE_MAX);
        expect_success("EINTR", load(path));
        assert_int_equal(disk.calls, 7);
    }
    reset_disk(0, 0, 3);
    expect_success("3 bytes a read", load(path));
    assert_true(disk.calls > 100);
    reset_disk(0, 0, SIZE_MAX);
}

/* The file that was opened is the one that is read. */
static void test_tensor__outlives_the_name_of_its_file(void **state)
{
    (void)state;
    const char *const path = write_rnn("unlinked");
    srnn_weights *const weights = open_path(path);
    srnn_rnn *rnn = NULL;
    assert_int_equal(unlink(path), 0);
    expect_success("unlinked",
                   srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL));
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(rnn);
}

/* 2 GiB of nothing on disk: a matrix of one row, one element too wide. */
static void test_create__refuses_a_size_above_the_limit(void **state)
{
    static const char header[] =
        "{\"weight_ih_l0\":{\"dtype\":\"BF16\",\"shape\":[1,1073741824],"
        "\"data_offsets\":[0,2147483648]},"
        "\"weight_hh_l0\":{\"dtype\":\"F32\",\"shape\":[1,1],"
        "\"data_offsets\":[2147483648,2147483652]}}";
    static const char *const texts[EXPECT_TEXTS] = {"input_size", "1073741824",
                                                    "1073741823"};
    (void)state;
    weights_file file = weights_file_of_text(header, 0);
    const char *const path = temporary_write("sparse", file.bytes, file.size);
    assert_int_equal(truncate(path, (off_t)file.size + 2147483652), 0);
    srnn_weights *const weights = open_path(path);
    srnn_rnn *rnn = (srnn_rnn *)(void *)&rnn;
    expect_failure("sparse",
                   srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL),
                   SRNN_ERROR_OVERFLOW, texts);
    assert_null(rnn);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static int lowest_free_descriptor(void)
{
    const int file = open("/dev/null", O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    return file;
}

/* A path is open for as long as the weights are, and no longer. */
static void test_open__leaks_no_descriptor(void **state)
{
    (void)state;
    char path[512];
    (void)strcpy(path, write_rnn("many"));
    const int before = lowest_free_descriptor();
    for (int i = 0; i < 20; i++) {
        srnn_weights *weights = NULL;
        srnn_weights_destroy(open_path(path));
        assert_int_equal(truncate(path, 100 - i), 0);
        assert_int_equal(srnn_weights_open(&weights, path), SRNN_ERROR_FORMAT);
        assert_int_equal(srnn_weights_open(&weights, "/"), SRNN_ERROR_IO);
        (void)write_rnn("many");
    }
    assert_int_equal(lowest_free_descriptor(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open__refuses_what_is_no_file),
        cmocka_unit_test(test_open_memory__refuses_null_and_no_size),
        cmocka_unit_test(test_open__refuses_a_path_that_is_too_long),
        cmocka_unit_test(test_open__does_not_wait_for_a_fifo),
        cmocka_unit_test(test_open__refuses_links_to_nowhere),
        cmocka_unit_test(test_open__refuses_a_file_that_may_not_be_read),
        cmocka_unit_test(test_open__follows_a_link_and_odd_names),
        cmocka_unit_test(
            test_tensor__of_a_file_cut_short_while_open_is_refused),
        cmocka_unit_test(test_load__reports_each_read_that_fails),
        cmocka_unit_test(test_load__carries_on_after_a_signal_or_a_short_read),
        cmocka_unit_test(test_tensor__outlives_the_name_of_its_file),
        cmocka_unit_test(test_create__refuses_a_size_above_the_limit),
        cmocka_unit_test(test_open__leaks_no_descriptor),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
