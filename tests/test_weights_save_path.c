/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* What srnn_rnn_save makes of paths, links, modes and other threads. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

#define TEMPORARY ".simplernn-"
#define OLD "\2\0\0\0\0\0\0\0{}" /* a file without tensors */

enum { HANG = 30, NOBODY = 65534, OLD_SIZE = sizeof OLD - 1 };

static srnn_rnn *rnn;
static weights_file bytes;

static void save(const char *name)
{
    char path[512];
    (void)strcpy(path, temporary_path(name));
    expect_success(name, srnn_rnn_save(rnn, path, "rnn.", NULL));
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

static void check_saved(const char *name)
{
    assert_true(temporary_holds(name, bytes.bytes, bytes.size));
}

static void link_to(const char *name, const char *text)
{
    assert_int_equal(symlink(text, temporary_path(name)), 0);
}

static unsigned int mode_of(const char *name)
{
    struct stat info = {0};
    assert_int_equal(lstat(temporary_path(name), &info), 0);
    return info.st_mode & 07777;
}

static bool is_link(const char *name)
{
    struct stat info = {0};
    assert_int_equal(lstat(temporary_path(name), &info), 0);
    return S_ISLNK(info.st_mode);
}

static void expect_refused(const char *path, const char *text)
{
    expect_failure(path, srnn_rnn_save(rnn, path, "rnn.", NULL), SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){path, text});
}

/* /dev/full again, in the temporary folder: tests run as root, and a library
 * that is wrong would replace the one of the machine. A FIFO where none can be
 * made. */
static void make_device(const char *name)
{
    const char *const path = temporary_path(name);
    if (mknod(path, S_IFCHR | 0666, makedev(1, 7)) != 0)
        assert_int_equal(mkfifo(path, 0600), 0);
}

/* A hang ends in SIGALRM. */
static void test_weights_save_path__refuses_what_is_not_a_file(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"", "is a directory"},
        {".", "is a directory"},
        {"..", "is a directory"},
        {"fifo", "is not a regular file"},
        {"device", "is not a regular file"},
        {"file/", "Not a directory"},
        {"file/new", "Not a directory"},
        {"new/", "folder: No such file"},
        {"no/such", "folder: No such file"},
    };
    (void)state;
    make_device("device");
    assert_int_equal(mkfifo(temporary_path("fifo"), 0600), 0);
    (void)temporary_write("file", OLD, OLD_SIZE);
    (void)alarm(HANG);
    expect_refused("/", "is a directory");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        (void)strcpy(path, temporary_path(cases[i].name));
        expect_refused(path, cases[i].text);
    }
    (void)alarm(0);
    assert_true(temporary_holds("file", OLD, OLD_SIZE));
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

static void test_weights_save_path__refuses_a_path_too_long(void **state)
{
    const char *const texts[EXPECT_TEXTS] = {"aaa...aaa",
                                             strerror(ENAMETOOLONG)};
    static const size_t lengths[] = {300, 4094, 5000, 100000};
    static char path[100001];
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memset(path, 'a', lengths[i]);
        path[0] = '/';
        path[lengths[i]] = '\0';
        expect_failure("long", srnn_rnn_save(rnn, path, NULL, NULL),
                       SRNN_ERROR_IO, texts);
    }
}

static void test_weights_save_path__accepts_the_longest_name(void **state)
{
    char name[256];
    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    save(name);
    save(name);
    check_saved(name);
}

/* The links stay what they are. */
static void test_weights_save_path__writes_to_what_links_point_to(void **state)
{
    (void)state;
    (void)temporary_write("first", OLD, OLD_SIZE);
    link_to("relative", "first");
    link_to("chain", "./relative");
    save("chain");
    check_saved("first");
    link_to("dangling", "second");
    save("dangling");
    check_saved("second");
    char path[512];
    (void)strcpy(path, temporary_path("third"));
    link_to("absolute", path);
    save("absolute");
    check_saved("third");
    assert_true(is_link("relative") && is_link("chain") &&
                is_link("dangling") && is_link("absolute"));
    assert_true(!is_link("first") && !is_link("second") && !is_link("third"));
}

static void test_weights_save_path__refuses_links_to_no_file(void **state)
{
    char path[512];
    (void)state;
    link_to("loop", "loop");
    (void)strcpy(path, temporary_path("loop"));
    expect_refused(path, strerror(ELOOP));
    link_to("folder", "/");
    (void)strcpy(path, temporary_path("folder"));
    expect_refused(path, "is a directory");
    make_device("full");
    link_to("to_device", "full");
    (void)strcpy(path, temporary_path("to_device"));
    expect_refused(path, "is not a regular file");
    link_to("nowhere", "/no/such/folder");
    (void)strcpy(path, temporary_path("nowhere"));
    expect_refused(path, "folder: No such file");
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

/* In a folder that all may write to, as /tmp is, a stranger's link could lead
 * to any file of the caller's: where Linux refuses to follow it, so does save.
 */
static void test_weights_save_path__follows_no_protected_link(void **state)
{
    char path[512];
    struct stat info = {0};
    (void)state;
    (void)temporary_write("prey", OLD, OLD_SIZE);
    link_to("trap", "prey");
    (void)strcpy(path, temporary_path("trap"));
    if (lchown(path, NOBODY, NOBODY) != 0)
        skip();
    assert_int_equal(chmod(temporary_path(""), 01777), 0);
    const bool is_refused = stat(path, &info) != 0;
    const srnn_status status = srnn_rnn_save(rnn, path, "rnn.", NULL);
    assert_int_equal(chmod(temporary_path(""), 0700), 0);
    if (!is_refused)
        skip();
    expect_failure(
        "trap", status, SRNN_ERROR_IO,
        (const char *[EXPECT_TEXTS]){"/trap\"", "Permission denied"});
    assert_true(temporary_holds("prey", OLD, OLD_SIZE));
}

static void
test_weights_save_path__gives_mode_of_umask_or_old_file(void **state)
{
    (void)state;
    const mode_t before = umask(027);
    save("masked");
    (void)umask(077);
    (void)temporary_write("open", OLD, OLD_SIZE);
    assert_int_equal(chmod(temporary_path("open"), 0664), 0);
    save("open");
    (void)umask(0);
    save("unmasked");
    (void)temporary_write("secret", OLD, OLD_SIZE);
    assert_int_equal(chmod(temporary_path("secret"), 0600), 0);
    save("secret");
    (void)umask(before);
    assert_int_equal(mode_of("masked"), 0640);
    assert_int_equal(mode_of("open"), 0664);
    assert_int_equal(mode_of("unmasked"), 0666);
    assert_int_equal(mode_of("secret"), 0600);
}

/* Root may write anything, so it becomes nobody for the call. */
static void test_weights_save_path__respects_a_read_only_file(void **state)
{
    char path[512];
    (void)state;
    const uid_t user = geteuid();
    (void)strcpy(path, temporary_write("fixed", OLD, OLD_SIZE));
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(temporary_path(""), 0777), 0);
    if (user == 0 && seteuid(NOBODY) != 0)
        skip();
    const srnn_status status = srnn_rnn_save(rnn, path, "rnn.", NULL);
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(temporary_path(""), 0700), 0);
    expect_failure("fixed", status, SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"/fixed\"", "cannot replace",
                                                "Permission denied"});
    assert_true(temporary_holds("fixed", OLD, OLD_SIZE));
}

/* Readers of the old file, and its other names, see the old bytes. */
static void test_weights_save_path__keeps_the_old_file_for_readers(void **state)
{
    char path[512];
    (void)state;
    srnn_rnn *const old =
        small_rnn_create(&(small_rnn){.I = 2, .H = 3, .seed = 5});
    (void)strcpy(path, temporary_path("used"));
    expect_success("old", srnn_rnn_save(old, path, "rnn.", NULL));
    assert_int_equal(link(path, temporary_path("other")), 0);
    srnn_weights *weights = NULL;
    srnn_rnn *loaded = NULL;
    expect_success("open", srnn_weights_open(&weights, path));
    save("used");
    check_saved("used");
    expect_success(
        "load", srnn_rnn_create_from_weights(&loaded, weights, "rnn.", NULL));
    small_rnn_check_equal(old, loaded);
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(loaded);
    expect_success("other",
                   srnn_weights_open(&weights, temporary_path("other")));
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(old);
}

static void test_weights_save_path__accepts_a_name_without_folder(void **state)
{
    (void)state;
    const int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(here >= 0);
    assert_int_equal(chdir(temporary_path("")), 0);
    const srnn_status status =
        srnn_rnn_save(rnn, "plain %s \xc3\xa9", "rnn.", NULL);
    assert_int_equal(fchdir(here), 0);
    assert_int_equal(close(here), 0);
    expect_success("plain", status);
    check_saved("plain %s \xc3\xa9");
}

enum { SAVERS = 4, SAVES = 25 };

static atomic_int failures;

static void *save_often(void *path)
{
    for (int i = 0; i < SAVES; i++)
        if (srnn_rnn_save(rnn, path, "rnn.", NULL) != SRNN_OK)
            atomic_fetch_add(&failures, 1);
    return NULL;
}

/* Every reader finds a whole file. */
static void test_weights_save_path__writes_whole_files_on_threads(void **state)
{
    char path[512];
    pthread_t threads[SAVERS];
    (void)state;
    save("shared");
    (void)strcpy(path, temporary_path("shared"));
    for (int i = 0; i < SAVERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, save_often, path),
                         0);
    for (int i = 0; i < SAVES; i++) {
        srnn_weights *weights = NULL;
        expect_success("open", srnn_weights_open(&weights, path));
        srnn_weights_destroy(weights);
    }
    for (int i = 0; i < SAVERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&failures), 0);
    check_saved("shared");
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

static void *save_cancelled(void *path)
{
    (void)pthread_cancel(pthread_self());
    save_often(path);
    pthread_testcancel();
    return path;
}

static void test_weights_save_path__ends_before_a_cancelled_thread(void **state)
{
    char path[512];
    pthread_t thread;
    void *result = NULL;
    (void)state;
    (void)strcpy(path, temporary_path("cancelled"));
    assert_int_equal(pthread_create(&thread, NULL, save_cancelled, path), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    check_saved("cancelled");
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

static int setup(void **state)
{
    const int result = temporary_create(state);
    rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2, .seed = 1});
    bytes = small_rnn_save(rnn, "rnn.");
    return result;
}

static int teardown(void **state)
{
    srnn_rnn_destroy(rnn);
    weights_file_free(&bytes);
    return temporary_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_save_path__refuses_what_is_not_a_file),
        cmocka_unit_test(test_weights_save_path__refuses_a_path_too_long),
        cmocka_unit_test(test_weights_save_path__accepts_the_longest_name),
        cmocka_unit_test(test_weights_save_path__writes_to_what_links_point_to),
        cmocka_unit_test(test_weights_save_path__refuses_links_to_no_file),
        cmocka_unit_test(test_weights_save_path__follows_no_protected_link),
        cmocka_unit_test(
            test_weights_save_path__gives_mode_of_umask_or_old_file),
        cmocka_unit_test(test_weights_save_path__respects_a_read_only_file),
        cmocka_unit_test(
            test_weights_save_path__keeps_the_old_file_for_readers),
        cmocka_unit_test(test_weights_save_path__accepts_a_name_without_folder),
        cmocka_unit_test(test_weights_save_path__writes_whole_files_on_threads),
        cmocka_unit_test(
            test_weights_save_path__ends_before_a_cancelled_thread),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
