/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, no-qemu */
/* A process that trains and saves all the time is killed at any moment, a
 * hundred times, and the next one goes on from the file. There is always a
 * checkpoint that loads, of the step that it says, and no training is lost. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/saved_file.h"
#include "support/temporary.h"
#include "support/trainee.h"

enum { KILLS = 100, MOST_MICROSECONDS = 10000 };

/* In front of the C library's: a kill loses nothing that was written, and
 * waiting for a disk would be most of the time. */
int fsync(int file)
{
    (void)file;
    return 0;
}

static char path[512];

static int steps_of(const trainee *t)
{
    int64_t steps = -1;
    EXPECT_SUCCESS(srnn_optimizer_get_int(&steps, t->optimizer, NULL,
                                          SRNN_OPTIMIZER_STEPS));
    return (int)steps;
}

/* Goes on from the file for ever, and tells after each save. */
static void train(int told)
{
    trainee t;
    const char byte = 0;
    trainee_create(&t, SRNN_OPTIMIZER_KIND_ADAM);
    if (trainee_load(&t, path) != SRNN_OK)
        _exit(1);
    for (int i = steps_of(&t);; i++) {
        trainee_step(&t, i, i + 1);
        if (srnn_optimizer_save(t.optimizer, path, NULL, NULL, 0, NULL) !=
                SRNN_OK ||
            write(told, &byte, 1) != 1)
            _exit(1);
    }
}

/* Kills after so long from the beginning, or from the first save. Returns how
 * many saves the child told of. */
static int train_and_kill(unsigned int microseconds, bool from_save)
{
    int told[2];
    int status = 0;
    int count = 0;
    char byte = 0;
    assert_int_equal(pipe(told), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        train(told[1]);
    assert_int_equal(close(told[1]), 0);
    if (from_save)
        count += read(told[0], &byte, 1) == 1;
    (void)nanosleep(&(struct timespec){.tv_nsec = (long)microseconds * 1000},
                    NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(told[0], &byte, 1) == 1)
        count++;
    assert_int_equal(close(told[0]), 0);
    return count;
}

/* The state after so many steps, without any interruption. */
static void check_steps(int steps)
{
    char other[512];
    trainee t;
    (void)strcpy(other, temporary_path("uninterrupted"));
    trainee_create(&t, SRNN_OPTIMIZER_KIND_ADAM);
    trainee_step(&t, 0, steps);
    weights_file wanted = trainee_save(&t, other);
    weights_file got = saved_file_read(path);
    assert_int_equal(got.size, wanted.size);
    assert_memory_equal(got.bytes, wanted.bytes, wanted.size);
    weights_file_free(&got);
    weights_file_free(&wanted);
    trainee_destroy(&t);
}

static void test_checkpoint_kill__always_leaves_one_that_loads(void **state)
{
    unsigned short random[3] = {1, 2, 3};
    trainee t;
    int before = 0;
    (void)state;
    trainee_create(&t, SRNN_OPTIMIZER_KIND_ADAM);
    weights_file first = trainee_save(&t, path);
    weights_file_free(&first);
    for (int i = 0; i < KILLS; i++) {
        const int saved = train_and_kill(
            (unsigned int)(nrand48(random) % MOST_MICROSECONDS), i % 2 == 0);
        EXPECT_SUCCESS(trainee_load(&t, path));
        const int steps = steps_of(&t);
        assert_in_range(steps, before + saved, before + saved + 1);
        before = steps;
    }
    assert_true(before >= KILLS / 2);
    check_steps(before);
    assert_in_range(temporary_clear(".simplernn-"), 0, KILLS);
    trainee_destroy(&t);
}

static int set_up(void **state)
{
    const int failures = temporary_create(state);
    (void)strcpy(path, temporary_path("checkpoint"));
    return failures;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint_kill__always_leaves_one_that_loads),
    };
    return cmocka_run_group_tests(tests, set_up, temporary_remove);
}
