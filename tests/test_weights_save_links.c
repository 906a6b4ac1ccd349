/* SPDX-License-Identifier: MIT */
/* Saving to a path that another program changes meanwhile: after the kernel has
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
#include "support/sanitizer.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_save_links__refuses_a_loop),
        cmocka_unit_test(test_weights_save_links__refuses_names_too_long),
        cmocka_unit_test(test_weights_save_links__refuses_folders_too_long),
        cmocka_unit_test(
            test_weights_save_links__refuses_a_link_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
