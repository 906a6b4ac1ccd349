/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind */
/* An event of which one thread begins to sleep while the other raises it.
 * tests/model shows that C11 loses no wake-up; this shows it of the machine, or
 * of the emulator, that runs the tests. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/tools.h"
#include "util/event.h"

/* So many rounds that qemu 7.2 lost a wake-up in each of five runs, before the
 * event was raised by an exchange. */
enum {
    ROUNDS = IS_EMULATED ? 200000 : 20000,
    MOST_DELAY = 150,
    SPIN = 1000000, /* nanoseconds */
    HANG = 200      /* seconds */
};

typedef struct {
    srnn_event question, answer;
} events;

/* Longer and shorter ones, to raise at every moment of falling asleep. */
static void delay(int64_t round, int64_t step)
{
    for (volatile int64_t left = round * step % (MOST_DELAY + 1); left > 0;)
        left--;
}

static void *answer(void *argument)
{
    events *const e = argument;
    for (int64_t round = 1; round <= ROUNDS; round++) {
        delay(round, 11);
        (void)srnn_event__wait(&e->question, round, 0);
        srnn_event__raise(&e->answer, round);
    }
    return NULL;
}

static void test_event__wakes_every_sleeper(void **state)
{
    static events e;
    pthread_t thread;
    (void)state;
    srnn_event__init(&e.question);
    srnn_event__init(&e.answer);
    assert_int_equal(pthread_create(&thread, NULL, answer, &e), 0);
    for (int64_t round = 1; round <= ROUNDS; round++) {
        delay(round, 7);
        srnn_event__raise(&e.question, round);
        (void)srnn_event__wait(&e.answer, round, SPIN);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    srnn_event__destroy(&e.answer);
    srnn_event__destroy(&e.question);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event__wakes_every_sleeper),
    };
    (void)alarm(HANG); /* who is not woken sleeps for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
