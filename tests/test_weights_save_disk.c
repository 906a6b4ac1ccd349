/* SPDX-License-Identifier: MIT */
/* Saving while the disk fails, call by call: the old file or the new one is
 * there, and nothing else. The old file holds a tensor of another's, which is
 * read from it meanwhile. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/disk.h"
#include "support/expect.h"
#include "support/process.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

#define TEMPORARY ".simplernn-"

/* Path; folder, old file with its length and header, new file, mode of the old
 * one; header, tensor of the old file, two parameters; sync, close, rename;
 * folder, old file, folder. */
static const char on_a_new_file[] = "toowwwscrsc";
static const char on_an_old_file[] = "toofppomwpwwwscrscc";

/* A file with an rnn that is there, and another that is to take its place: with
 * what the file holds beside, and alone. */
static srnn_rnn *rnn;
static weights_file before, after, alone;

static bool all_follow; /* see disk.h */

/* As many temporary names does a save try. */
enum { NAMES = 1000 };

static srnn_status save(const char *name, int failing, int error, size_t most)
{
    char path[512];
    (void)strcpy(path, temporary_path(name));
    disk_watch(failing, error, most);
    disk.all_follow = all_follow;
    const srnn_status status = srnn_rnn_save(rnn, path, "rnn.", NULL);
    disk.is_watched = false;
    assert_false(disk.passes_on);
    return status;
}

static bool holds(const char *name, const weights_file *file)
{
    return temporary_holds(name, file->bytes, file->size);
}

static void test_weights_save_disk__syncs_before_and_after_renames(void **state)
{
    (void)state;
    expect_success("new", save("order", 0, 0, SIZE_MAX));
    assert_string_equal(disk.letters, on_a_new_file);
    assert_true(holds("order", &alone));
    (void)temporary_write("order", before.bytes, before.size);
    expect_success("old", save("order", 0, 0, SIZE_MAX));
    assert_string_equal(disk.letters, on_an_old_file);
    assert_true(holds("order", &after));
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

/* Up to the rename the old file is there, from then on the new one. Nothing
 * depends on closing a folder. */
static void check_failure(int failing, int error, const char *text)
{
    char label[32];
    const char *const rename = strchr(on_an_old_file, 'r');
    const int renamed = (int)(rename - on_an_old_file) + 1;
    const int synced = renamed + 1; /* closing comes after that */
    const char *const texts[EXPECT_TEXTS] = {
        "/old\"", text, failing > renamed ? "is in place" : "cannot"};
    (void)temporary_write("old", before.bytes, before.size);
    (void)snprintf(label, sizeof label, "call %d", failing);
    const srnn_status status = save("old", failing, error, SIZE_MAX);
    if (failing > synced)
        expect_success(label, status);
    else
        expect_failure(label, status, SRNN_ERROR_IO, texts);
    assert_true(holds("old", failing > renamed ? &after : &before));
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

static void test_weights_save_disk__keeps_the_old_file_on_failure(void **state)
{
    (void)state;
    const int free_before = process_free_descriptor();
    for (int i = 1; i <= (int)strlen(on_an_old_file); i++) {
        check_failure(i, EIO, strerror(EIO));
        check_failure(i, ENOSPC, "No space left on device");
    }
    assert_int_equal(process_free_descriptor(), free_before);
}

/* The first failure is the one that is told. */
static void test_weights_save_disk__fails_where_nothing_works(void **state)
{
    (void)state;
    const int synced = (int)(strchr(on_a_new_file, 'r') - on_a_new_file) + 2;
    all_follow = true;
    for (int i = 1; i <= synced; i++) {
        expect_failure("new", save("broken", i, EDQUOT, SIZE_MAX),
                       SRNN_ERROR_IO,
                       (const char *[EXPECT_TEXTS]){
                           "/broken\"", strerror(EDQUOT),
                           i == synced - 3 ? "cannot sync" : "cannot"});
        assert_int_equal(access(temporary_path("broken"), F_OK),
                         i < synced ? -1 : 0);
        assert_int_equal(temporary_clear(TEMPORARY), 0);
    }
    all_follow = false;
}

static void test_weights_save_disk__leaves_no_new_file_on_failure(void **state)
{
    (void)state;
    const int rename = (int)(strchr(on_a_new_file, 'r') - on_a_new_file) + 1;
    for (int i = 1; i <= rename; i++) {
        expect_failure(
            "new", save("new", i, EDQUOT, SIZE_MAX), SRNN_ERROR_IO,
            (const char *[EXPECT_TEXTS]){"/new\"", strerror(EDQUOT)});
        assert_int_equal(access(temporary_path("new"), F_OK), -1);
        assert_int_equal(temporary_clear(TEMPORARY), 0);
    }
}

static void test_weights_save_disk__continues_after_interruptions(void **state)
{
    (void)state;
    for (int i = 1; i <= (int)strlen(on_an_old_file); i++) {
        if (strchr("tfmr", on_an_old_file[i - 1]) != NULL)
            continue; /* no signal ends them */
        (void)temporary_write("signal", before.bytes, before.size);
        expect_success("EINTR", save("signal", i, EINTR, SIZE_MAX));
        assert_true(holds("signal", &after));
    }
    (void)temporary_write("short", before.bytes, before.size);
    expect_success("3 bytes a call", save("short", 0, 0, 3));
    assert_true(holds("short", &after));
    assert_true(disk.calls > 200);
    expect_failure("0 bytes a read", save("short", 0, 0, 0), SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"/short\"", "truncated"});
    assert_int_equal(unlink(temporary_path("short")), 0);
    expect_failure("0 bytes a write", save("short", 0, 0, 0), SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"/short\"", "no byte"});
    assert_int_equal(temporary_clear(TEMPORARY), 0);
}

/* Where a folder cannot be synced, it need not be. */
static void test_weights_save_disk__accepts_a_folder_without_fsync(void **state)
{
    (void)state;
    const int sync = (int)(strrchr(on_a_new_file, 's') - on_a_new_file) + 1;
    expect_success("EINVAL", save("fuse", sync, EINVAL, SIZE_MAX));
    assert_true(holds("fuse", &alone));
}

/* A process that dies at a call: what it leaves disturbs no later save. */
static void test_weights_save_disk__leaves_no_mixture_on_a_crash(void **state)
{
    (void)state;
    for (int i = 1; i <= (int)strlen(on_an_old_file); i++) {
        (void)temporary_write("old", before.bytes, before.size);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)save("old", i, 0, SIZE_MAX);
            _exit(1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_true(holds("old", &before) || holds("old", &after));
        expect_success("later", save("old", 0, 0, SIZE_MAX));
        assert_true(holds("old", &after));
        assert_in_range(temporary_clear(TEMPORARY), 0, 1);
    }
}

/* Left by an earlier process of this number, or put there by somebody. */
static void test_weights_save_disk__leaves_files_of_others_alone(void **state)
{
    (void)state;
    char first[64], second[64];
    (void)snprintf(first, sizeof first, TEMPORARY "%d-0.tmp", (int)getpid());
    (void)snprintf(second, sizeof second, TEMPORARY "%d-1.tmp", (int)getpid());
    (void)temporary_write(first, "mine", 4);
    (void)temporary_write("victim", "yours", 5);
    assert_int_equal(symlink("victim", temporary_path(second)), 0);
    expect_success("save", save("new", 0, 0, SIZE_MAX));
    assert_true(holds("new", &alone));
    assert_true(temporary_holds(first, "mine", 4));
    assert_true(temporary_holds("victim", "yours", 5));
    assert_int_equal(temporary_clear(TEMPORARY), 2);
}

static void test_weights_save_disk__gives_up_where_no_name_is_free(void **state)
{
    char name[64];
    (void)state;
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(name, sizeof name, TEMPORARY "%d-%d.tmp", (int)getpid(),
                       i);
        (void)temporary_write(name, "mine", 4);
    }
    expect_failure("save", save("none", 0, 0, SIZE_MAX), SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"/none\": cannot create",
                                                strerror(EEXIST)});
    assert_int_equal(access(temporary_path("none"), F_OK), -1);
    assert_int_equal(temporary_clear(TEMPORARY), NAMES);
}

/* What the library makes of them is in test_weights_merge.c. */
static int setup(void **state)
{
    const int failures = temporary_create(state);
    const weights_topology old = {3, 2, 1, 1, false, "F32", "rnn."};
    char path[512];
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, &old, NULL);
    weights_builder_add(&builder, "fc", "F64", 1, (const int64_t[]){5});
    weights_builder_add_metadata(&builder, "key", "text");
    before = weights_builder_finish(&builder);
    rnn = small_rnn_create(
        &(small_rnn){.I = 5, .H = 2, .no_bias = true, .seed = 2});
    (void)strcpy(path, temporary_write("after", before.bytes, before.size));
    expect_success("after", srnn_rnn_save(rnn, path, "rnn.", NULL));
    after = saved_file_read(path);
    saved_file_check_same(&before, &after, "fc");
    alone = small_rnn_save(rnn, "rnn.");
    return failures;
}

static int teardown(void **state)
{
    srnn_rnn_destroy(rnn);
    weights_file_free(&before);
    weights_file_free(&after);
    weights_file_free(&alone);
    return temporary_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_weights_save_disk__syncs_before_and_after_renames),
        cmocka_unit_test(test_weights_save_disk__keeps_the_old_file_on_failure),
        cmocka_unit_test(test_weights_save_disk__fails_where_nothing_works),
        cmocka_unit_test(test_weights_save_disk__leaves_no_new_file_on_failure),
        cmocka_unit_test(test_weights_save_disk__continues_after_interruptions),
        cmocka_unit_test(
            test_weights_save_disk__accepts_a_folder_without_fsync),
        cmocka_unit_test(test_weights_save_disk__leaves_no_mixture_on_a_crash),
        cmocka_unit_test(test_weights_save_disk__leaves_files_of_others_alone),
        cmocka_unit_test(
            test_weights_save_disk__gives_up_where_no_name_is_free),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
