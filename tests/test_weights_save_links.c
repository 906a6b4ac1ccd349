/* SPDX-License-Identifier: MIT */
/* Saving to links whose text does not name what the kernel finds behind them,
 * and to a path that another program changes meanwhile: after the kernel has
 * said what is there, and before the library has found where that is. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/tools.h"

#define OLD "\2\0\0\0\0\0\0\0{}" /* a file without tensors */
#define ELSEWHERE "the link leads to a file that its text does not name"

enum { OLD_SIZE = sizeof OLD - 1 };

/* What happens during a save. */
static struct {
    const char *path;      /* becomes a link ... */
    const char *target;    /* ... to this, once it has been looked at */
    bool is_there;         /* a path too long is said to be free */
    bool cannot_read_link; /* or links cannot be read */
} change;

/* In front of the C library's. */
int stat(const char *path, struct stat *info)
{
    const int result = fstatat(AT_FDCWD, path, info, 0);
    if (change.path != NULL) {
        (void)unlink(change.path);
        (void)symlink(change.target, change.path);
    }
    if (result != 0 && change.is_there)
        errno = ENOENT;
    return result;
}

ssize_t readlinkat(int folder, const char *path, char *text, size_t size)
{
    if (change.cannot_read_link) {
        errno = EIO;
        return -1;
    }
    const ssize_t length = syscall(SYS_readlinkat, folder, path, text, size);
    if (length > 0)
        SANITIZER_BELIEVE(text, (size_t)length);
    return length;
}

static void check_refused(const char *path, int error, const char *text)
{
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    expect_failure("save", srnn_rnn_save(rnn, path, "rnn.", NULL),
                   SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){text, strerror(error)});
    memset(&change, 0, sizeof change);
    srnn_rnn_destroy(rnn);
    assert_int_equal(temporary_clear(".simplernn-"), 0);
}

/* A file becomes a link to that. */
static void check_link(const char *target, int error)
{
    char path[512];
    (void)strcpy(path, temporary_write("file", "old", 3));
    change.path = path;
    change.target = target;
    check_refused(path, error, "/file\": cannot open");
    assert_int_equal(unlink(path), 0);
}

static void test_weights_save_links__refuses_a_loop(void **state)
{
    (void)state;
    check_link("file", ELOOP);
}

static void test_weights_save_links__refuses_names_too_long(void **state)
{
    char name[NAME_MAX + 2];
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[NAME_MAX + 1] = '\0';
    check_link(name, ENAMETOOLONG);
}

static void test_weights_save_links__refuses_folders_too_long(void **state)
{
    char path[PATH_MAX + 8];
    (void)state;
    for (size_t i = 0; i < sizeof path - 2; i++)
        path[i] = i % 2 == 0 ? '.' : '/';
    memcpy(path + sizeof path - 2, "f", 2);
    change.is_there = true;
    check_refused(path, ENAMETOOLONG, "cannot open");
}

static void test_weights_save_links__refuses_a_link_it_cannot_read(void **state)
{
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("link"));
    (void)temporary_write("file", "old", 3);
    assert_int_equal(symlink("file", path), 0);
    change.cannot_read_link = true;
    check_refused(path, EIO, "/link\": cannot read the link");
    assert_true(temporary_holds("file", "old", 3));
}

/* What another program does in between is seen at the next look. */
static void test_weights_save_links__follows_a_changed_link(void **state)
{
    char path[512];
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    (void)temporary_write("before", OLD, OLD_SIZE);
    (void)temporary_write("after", OLD, OLD_SIZE);
    (void)strcpy(path, temporary_path("changed"));
    assert_int_equal(symlink("before", path), 0);
    change.path = path;
    change.target = "after";
    const srnn_status status = srnn_rnn_save(rnn, path, "rnn.", NULL);
    memset(&change, 0, sizeof change);
    expect_success("changed", status);
    srnn_rnn_destroy(rnn);
    assert_true(temporary_holds("before", OLD, OLD_SIZE));
    assert_false(temporary_holds("after", OLD, OLD_SIZE));
}

static srnn_status save_rnn(const char *path)
{
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    const srnn_status status = srnn_rnn_save(rnn, path, NULL, NULL);
    srnn_rnn_destroy(rnn);
    return status;
}

static srnn_status save_rnn_alone(const char *path)
{
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    const srnn_status status = srnn_rnn_save_alone(rnn, path, NULL, NULL);
    srnn_rnn_destroy(rnn);
    return status;
}

static srnn_status save_linear(const char *path)
{
    srnn_linear *linear = NULL;
    expect_success("linear", srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, 2,
                                                3, true, 1));
    const srnn_status status = srnn_linear_save(linear, path, "fc.");
    srnn_linear_destroy(linear);
    return status;
}

static srnn_status save_optimizer(const char *path)
{
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    srnn_gradients *gradients = NULL;
    srnn_optimizer *optimizer = NULL;
    EXPECT_SUCCESS(srnn_gradients_create(&gradients, rnn));
    EXPECT_SUCCESS(srnn_optimizer_create(&optimizer, SRNN_OPTIMIZER_KIND_SGD));
    EXPECT_SUCCESS(srnn_optimizer_add(optimizer, gradients, "rnn."));
    const srnn_status status =
        srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL);
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(gradients);
    srnn_rnn_destroy(rnn);
    return status;
}

static srnn_status (*const savers[])(const char *) = {
    save_rnn, save_rnn_alone, save_linear, save_optimizer};

static void open_link(char link[64], int file)
{
    (void)snprintf(link, 64, "/proc/self/fd/%d", file);
    if (access(link, F_OK) != 0)
        skip();
}

/* The text of the link is "/folder/gone (deleted)" then, which can be the name
 * of another file. */
static void check_deleted(const char *other)
{
    char link[64];
    char path[512];
    (void)strcpy(path, temporary_write("gone", OLD, OLD_SIZE));
    const int file = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(unlink(path), 0);
    open_link(link, file);
    (void)strcpy(path, temporary_path("to gone"));
    assert_int_equal(symlink(link, path), 0);
    if (other != NULL)
        (void)temporary_write(other, OLD, OLD_SIZE);
    for (size_t i = 0; i < sizeof savers / sizeof *savers; i++) {
        expect_failure("gone", savers[i](link), SRNN_ERROR_IO,
                       (const char *[EXPECT_TEXTS]){link, ELSEWHERE});
        expect_failure("to gone", savers[i](path), SRNN_ERROR_IO,
                       (const char *[EXPECT_TEXTS]){path, ELSEWHERE});
    }
    assert_int_equal(close(file), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(temporary_clear(".simplernn-"), 0);
}

static void test_weights_save_links__refuses_a_deleted_file(void **state)
{
    (void)state;
    check_deleted(NULL);
    assert_int_equal(access(temporary_path("gone (deleted)"), F_OK), -1);
    check_deleted("gone (deleted)");
    assert_true(temporary_holds("gone (deleted)", OLD, OLD_SIZE));
}

static void test_weights_save_links__writes_to_an_open_file(void **state)
{
    char link[64];
    (void)state;
    const int file =
        open(temporary_write("open", OLD, OLD_SIZE), O_RDONLY | O_CLOEXEC);
    open_link(link, file);
    expect_success("open", save_rnn(link));
    assert_int_equal(close(file), 0);
    assert_false(temporary_holds("open", OLD, OLD_SIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_save_links__refuses_a_loop),
        cmocka_unit_test(test_weights_save_links__refuses_names_too_long),
        cmocka_unit_test(test_weights_save_links__refuses_folders_too_long),
        cmocka_unit_test(
            test_weights_save_links__refuses_a_link_it_cannot_read),
        cmocka_unit_test(test_weights_save_links__follows_a_changed_link),
        cmocka_unit_test(test_weights_save_links__refuses_a_deleted_file),
        cmocka_unit_test(test_weights_save_links__writes_to_an_open_file),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
