/* SPDX-License-Identifier: MIT */
/* Labels: no-qemu */
/* 10 steps, and 5 steps, a checkpoint, and 5 more in a process that has only
 * that file: the same bytes. This program is that process too: with a path and
 * the number of a kind as arguments it continues, and saves to the same path.
 */
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

#include "support/saved_file.h"
#include "support/temporary.h"
#include "support/trainee.h"

enum { STEPS = 10, SAVED_AFTER = 5 };

static int go_on(const char *path, int number)
{
    trainee t;
    trainee_create(&t, trainee_kind(number));
    if (trainee_load(&t, path) != SRNN_OK) {
        (void)fprintf(stderr, "%s\n", srnn_last_error());
        return 1;
    }
    trainee_step(&t, SAVED_AFTER, STEPS);
    weights_file file = trainee_save(&t, path);
    weights_file_free(&file);
    trainee_destroy(&t);
    return 0;
}

static void go_on_elsewhere(const char *path, int number)
{
    char self[4096] = "";
    char argument[16];
    int status = -1;
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    (void)snprintf(argument, sizeof argument, "%d", number);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)execl(self, self, path, argument, (char *)NULL);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void check_kind(int number)
{
    char path[512];
    trainee t;
    (void)strcpy(path, temporary_path("checkpoint"));
    trainee_create(&t, trainee_kind(number));
    trainee_step(&t, 0, SAVED_AFTER);
    weights_file between = trainee_save(&t, path);
    trainee_step(&t, SAVED_AFTER, STEPS);
    go_on_elsewhere(path, number);
    weights_file resumed = saved_file_read(path);
    weights_file wanted = trainee_save(&t, path);
    assert_int_equal(resumed.size, wanted.size);
    assert_memory_equal(resumed.bytes, wanted.bytes, wanted.size);
    assert_false(between.size == wanted.size &&
                 memcmp(between.bytes, wanted.bytes, wanted.size) == 0);
    weights_file_free(&between);
    weights_file_free(&resumed);
    weights_file_free(&wanted);
    trainee_destroy(&t);
}

static void test_checkpoint_resume__has_the_bits_of_no_pause(void **state)
{
    (void)state;
    for (int i = 0; trainee_kind(i) != 0; i++)
        check_kind(i);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint_resume__has_the_bits_of_no_pause),
    };
    if (argc == 3)
        return go_on(argv[1], atoi(argv[2]));
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
