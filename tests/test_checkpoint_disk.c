/* SPDX-License-Identifier: MIT */
/* Checkpoints while the disk fails or the process dies, call by call: the old
 * one or the new one is there, whole, and nothing else. How the calls of a save
 * follow each other is in test_weights_save_disk.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/disk.h"
#include "support/expect.h"
#include "support/saved_file.h"
#include "support/temporary.h"
#include "support/trainee.h"

#define TEMPORARY ".simplernn-"

static trainee t;
static char path[512];
static weights_file before, after;
static char letters[sizeof disk.letters]; /* of a save that succeeds */

static srnn_status save(int failing, int error)
{
    disk_watch(failing, error, SIZE_MAX);
    const srnn_status status =
        srnn_optimizer_save(t.optimizer, path, NULL, NULL, 0, NULL);
    disk.is_watched = false;
    return status;
}

static bool holds(const weights_file *file)
{
    return temporary_holds("checkpoint", file->bytes, file->size);
}

static void restore(void)
{
    (void)temporary_write("checkpoint", before.bytes, before.size);
}

/* The number of the call that puts the new file in its place. */
static int renaming(void)
{
    return (int)(strchr(letters, 'r') - letters) + 1;
}

static void test_checkpoint_disk__syncs_before_and_after_renames(void **state)
{
    (void)state;
    assert_non_null(strstr(letters, "wwwscrsc"));
    assert_true(strlen(letters) < sizeof letters - 1);
}

static void test_checkpoint_disk__keeps_the_old_one_on_failure(void **state)
{
    (void)state;
    for (int i = 1; i <= (int)strlen(letters); i++) {
        restore();
        const srnn_status status = save(i, ENOSPC);
        if (i > renaming() + 1)
            expect_success("closing", status);
        else
            expect_failure("save", status, SRNN_ERROR_IO,
                           (const char *[EXPECT_TEXTS]){
                               "/checkpoint\"", "No space left on device"});
        assert_true(holds(i > renaming() ? &after : &before));
        assert_int_equal(temporary_clear(TEMPORARY), 0);
    }
}

static void test_checkpoint_disk__is_whole_after_a_crash(void **state)
{
    (void)state;
    for (int i = 1; i <= (int)strlen(letters); i++) {
        int status = 0;
        restore();
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)save(i, 0);
            _exit(1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_true(holds(i > renaming() ? &after : &before));
        expect_success("later", save(0, 0));
        assert_true(holds(&after));
        assert_in_range(temporary_clear(TEMPORARY), 0, 1);
    }
}

static int set_up(void **state)
{
    const int failures = temporary_create(state);
    (void)strcpy(path, temporary_path("checkpoint"));
    trainee_create(&t, SRNN_OPTIMIZER_KIND_SGD);
    before = trainee_save(&t, path);
    trainee_step(&t, 0, 2);
    expect_success("after", save(0, 0));
    after = saved_file_read(path);
    (void)strcpy(letters, disk.letters);
    return failures;
}

static int tear_down(void **state)
{
    weights_file_free(&before);
    weights_file_free(&after);
    trainee_destroy(&t);
    return temporary_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint_disk__syncs_before_and_after_renames),
        cmocka_unit_test(test_checkpoint_disk__keeps_the_old_one_on_failure),
        cmocka_unit_test(test_checkpoint_disk__is_whole_after_a_crash),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
