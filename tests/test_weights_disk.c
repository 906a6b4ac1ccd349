/* SPDX-License-Identifier: MIT */
/* Files that change while they are open, disks that fail and descriptors that
 * are odd. The pread below stands in front of the C library's. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/process.h"
#include "support/temporary.h"
#include "support/weights_file.h"

static const weights_topology topology = {4, 2, 1, 1, true, "F32", ""};

/* Until the next reset: calls, the one to fail, how, at most how much is read
 * at once, and the end of the furthest range that was asked for. */
static struct {
    int calls;
    int failing;
    int error;
    size_t most;
    off_t reach;
} disk = {0, 0, 0, SIZE_MAX, 0};

ssize_t pread(int file, void *target, size_t size, off_t offset)
{
    disk.calls++;
    if (disk.reach < offset + (off_t)size)
        disk.reach = offset + (off_t)size;
    if (disk.calls == disk.failing) {
        errno = disk.error;
        return -1;
    }
    return preadv(file,
                  &(struct iovec){target, size < disk.most ? size : disk.most},
                  1, offset);
}

static void reset_disk(int failing, int error, size_t most)
{
    disk.calls = 0;
    disk.failing = failing;
    disk.error = error;
    disk.most = most;
    disk.reach = 0;
}

static srnn_weights *open_path(const char *path)
{
    srnn_weights *weights = NULL;
    expect_success(path, srnn_weights_open(&weights, path));
    return weights;
}

/* An error, never a signal and never zeros in place of values. bias_hh_l0, 8
 * bytes, is the last in the file. */
static void check_cut(const char *path, const srnn_weights *weights,
                      long long size, int lost)
{
    char ended[64], expected[64];
    (void)snprintf(ended, sizeof ended, "ended at byte %lld", size - lost);
    (void)snprintf(expected, sizeof expected, "expected %lld", size);
    const char *const texts[EXPECT_TEXTS] = {ended, expected, "truncated"};
    srnn_tensor *tensor = (srnn_tensor *)(void *)&tensor;
    srnn_rnn *rnn = (srnn_rnn *)(void *)&rnn;
    assert_int_equal(truncate(path, (off_t)(size - lost)), 0);
    errno = EINTR; /* of an earlier call */
    expect_failure("tensor",
                   srnn_weights_read_tensor(&tensor, weights, "bias_hh_l0"),
                   SRNN_ERROR_IO, texts);
    assert_null(tensor);
    expect_failure("rnn",
                   srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL),
                   SRNN_ERROR_IO, texts);
    assert_null(rnn);
}

static void test_weights_disk__refuses_a_file_cut_short_while_open(void **state)
{
    (void)state;
    const char *const path = temporary_write_rnn("cut", &topology);
    struct stat info = {0};
    assert_int_equal(stat(path, &info), 0);
    srnn_weights *const weights = open_path(path);
    check_cut(path, weights, info.st_size, 1);
    check_cut(path, weights, info.st_size, 8);
    srnn_tensor *tensor = NULL;
    expect_success("what is left",
                   srnn_weights_read_tensor(&tensor, weights, "weight_ih_l0"));
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

static void test_weights_disk__reports_each_read_that_fails(void **state)
{
    const char *texts[EXPECT_TEXTS] = {"cannot read", strerror(EIO), "failing"};
    (void)state;
    const char *const path = temporary_write_rnn("failing", &topology);
    reset_disk(0, 0, SIZE_MAX);
    expect_success("no failure", load(path));
    const int calls = disk.calls;
    assert_int_equal(calls, 6); /* length, header, four parameters */
    for (int i = 1; i <= calls; i++) {
        if (i > 2) /* the file is open, and its name is not known any more */
            texts[2] = NULL;
        reset_disk(i, EIO, SIZE_MAX);
        expect_failure("EIO", load(path), SRNN_ERROR_IO, texts);
    }
    reset_disk(0, 0, SIZE_MAX);
}

static void
test_weights_disk__continues_after_signal_or_short_read(void **state)
{
    (void)state;
    const char *const path = temporary_write_rnn("slow", &topology);
    for (int i = 1; i <= 6; i++) {
        reset_disk(i, EINTR, SIZE_MAX);
        expect_success("EINTR", load(path));
        assert_int_equal(disk.calls, 7);
    }
    reset_disk(0, 0, 3);
    expect_success("3 bytes a read", load(path));
    struct stat info = {0};
    assert_int_equal(stat(path, &info), 0);
    assert_true(disk.calls > 100);
    assert_int_equal(disk.reach, info.st_size);
    reset_disk(0, 0, SIZE_MAX);
}

/* The file that was opened is the one that is read. */
static void test_weights_disk__reads_a_file_that_was_unlinked(void **state)
{
    (void)state;
    const char *const path = temporary_write_rnn("unlinked", &topology);
    srnn_weights *const weights = open_path(path);
    srnn_rnn *rnn = NULL;
    assert_int_equal(unlink(path), 0);
    expect_success("unlinked",
                   srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL));
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(rnn);
}

/* A program without standard input gives its files descriptor 0. And errno is
 * whatever an earlier call left there. */
static void test_weights_disk__works_with_descriptor_0(void **state)
{
    (void)state;
    const char *const path = temporary_write_rnn("zero", &topology);
    const int saved = dup(0);
    (void)close(0);
    errno = EINTR;
    const srnn_status status = load(path);
    const int after = process_free_descriptor();
    if (saved >= 0) {
        (void)dup2(saved, 0);
        (void)close(saved);
    }
    expect_success("descriptor 0", status);
    assert_int_equal(after, 0);
}

/* A program that this one starts has none of its files. */
static void test_weights_disk__passes_no_descriptor_on(void **state)
{
    (void)state;
    const char *const path = temporary_write_rnn("own", &topology);
    const int file = process_free_descriptor();
    srnn_weights *const weights = open_path(path);
    assert_int_equal(fcntl(file, F_GETFD), FD_CLOEXEC);
    srnn_weights_destroy(weights);
    assert_int_equal(fcntl(file, F_GETFD), -1);
}

/* A path is open for as long as the weights are, and no longer. */
static void test_weights_disk__leaks_no_descriptor(void **state)
{
    (void)state;
    char path[512];
    (void)strcpy(path, temporary_write_rnn("many", &topology));
    const int before = process_free_descriptor();
    for (int i = 0; i < 20; i++) {
        srnn_weights *weights = NULL;
        srnn_weights_destroy(open_path(path));
        assert_int_equal(truncate(path, 100 - i), 0);
        assert_int_equal(srnn_weights_open(&weights, path), SRNN_ERROR_FORMAT);
        assert_int_equal(srnn_weights_open(&weights, "/"), SRNN_ERROR_IO);
        (void)temporary_write_rnn("many", &topology);
    }
    assert_int_equal(process_free_descriptor(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_weights_disk__refuses_a_file_cut_short_while_open),
        cmocka_unit_test(test_weights_disk__reports_each_read_that_fails),
        cmocka_unit_test(
            test_weights_disk__continues_after_signal_or_short_read),
        cmocka_unit_test(test_weights_disk__reads_a_file_that_was_unlinked),
        cmocka_unit_test(test_weights_disk__works_with_descriptor_0),
        cmocka_unit_test(test_weights_disk__passes_no_descriptor_on),
        cmocka_unit_test(test_weights_disk__leaks_no_descriptor),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
