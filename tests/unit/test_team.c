/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind, no-qemu */
/* A team from its making to its end, and what its helpers take from the program
 * and leave to it. The linker lets the library call the functions __wrap_...
 * here in place of those of the C library. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/threads.h"
#include "util/float_mode.h"
#include "util/team.h"

enum { MEMBERS = 4, SLEEP = 3000 }; /* microseconds; no helper spins so long */

/* Threads that can still be made; limits that were set, and those among them
 * with fewer cores than the process has. */
static int threads_left = INT32_MAX;
static atomic_int limits_given, limits_narrow;
static int cores_of_process;

typedef void *thread_main(void *argument);
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          thread_main *run, void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          thread_main *run, void *argument);
int __real_pthread_setaffinity_np(pthread_t thread, size_t size,
                                  const cpu_set_t *cores);
int __wrap_pthread_setaffinity_np(pthread_t thread, size_t size,
                                  const cpu_set_t *cores);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          thread_main *run, void *argument)
{
    if (threads_left-- <= 0)
        return EAGAIN;
    return __real_pthread_create(thread, attributes, run, argument);
}

int __wrap_pthread_setaffinity_np(pthread_t thread, size_t size,
                                  const cpu_set_t *cores)
{
    if (CPU_COUNT(cores) < cores_of_process)
        limits_narrow++;
    else
        limits_given++;
    return __real_pthread_setaffinity_np(thread, size, cores);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static srnn_team *make_team(int64_t members)
{
    srnn_team *team = NULL;
    expect_success("team", srnn_team__create(&team, members));
    return team;
}

static int64_t runs[MEMBERS];

static void count_runs(void *argument, srnn_team *team, int64_t member)
{
    (void)argument;
    (void)team;
    runs[member]++;
}

static void test_team__runs_a_job_once_on_each_member(void **state)
{
    const int before = threads_count();
    int64_t wanted[MEMBERS] = {0};
    (void)state;
    srnn_team *const team = make_team(MEMBERS);
    assert_int_equal(srnn_team__members(team), MEMBERS);
    assert_int_equal(srnn_team__capacity(team), MEMBERS);
    threads_expect(before + MEMBERS - 1);
    memset(runs, 0, sizeof runs);
    for (int job = 0; job < 200; job++) {
        const int64_t members = 1 + job * 7 % MEMBERS;
        if (job % 50 == 0)
            (void)usleep(SLEEP);
        for (int64_t i = 0; i < members; i++)
            wanted[i]++;
        srnn_team__run(team, members, count_runs, NULL);
        assert_memory_equal(runs, wanted, sizeof runs);
    }
    srnn_team__destroy(team);
    threads_expect(before);
}

/* Threads run out at each helper. */
static void test_team__makes_do_with_fewer_threads(void **state)
{
    const int before = threads_count();
    (void)state;
    for (int can = 0; can < MEMBERS; can++) {
        threads_left = can;
        srnn_team *const team = make_team(MEMBERS);
        threads_left = INT32_MAX;
        assert_int_equal(srnn_team__members(team), can + 1);
        assert_int_equal(srnn_team__capacity(team), MEMBERS);
        threads_expect(before + can);
        memset(runs, 0, sizeof runs);
        srnn_team__run(team, can + 1, count_runs, NULL);
        for (int i = 0; i < MEMBERS; i++)
            assert_int_equal(runs[i], i <= can);
        srnn_team__destroy(team);
        threads_expect(before);
    }
}

static void keep_signals(void *argument, srnn_team *team, int64_t member)
{
    (void)team;
    (void)pthread_sigmask(SIG_SETMASK, NULL, (sigset_t *)argument + member);
}

/* All that can be blocked; the C library keeps two for itself. */
static void test_team__takes_no_signals(void **state)
{
    enum { OF_LIBC = 32, AFTER_LIBC = 35 };
    sigset_t before, caller, after, masks[MEMBERS];
    (void)state;
    assert_int_equal(sigemptyset(&caller), 0);
    assert_int_equal(sigaddset(&caller, SIGUSR1), 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &caller, &before), 0);
    srnn_team *const team = make_team(MEMBERS);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    srnn_team__run(team, MEMBERS, keep_signals, masks);
    for (int s = 1; s <= SIGRTMAX; s++) {
        if (s == SIGKILL || s == SIGSTOP || (s >= OF_LIBC && s < AFTER_LIBC))
            continue;
        assert_int_equal(sigismember(&after, s), sigismember(&caller, s));
        for (int i = 1; i < MEMBERS; i++)
            if (sigismember(&masks[i], s) != 1)
                fail_msg("member %d takes signal %d", i, s);
    }
    srnn_team__destroy(team);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

static void keep_cores(void *argument, srnn_team *team, int64_t member)
{
    (void)team;
    (void)pthread_getaffinity_np(pthread_self(), sizeof(cpu_set_t),
                                 (cpu_set_t *)argument + member);
}

/* A helper that sleeps is kept off the core of its waker, for that time. */
static void test_team__has_its_cores_back_when_it_is_awake(void **state)
{
    cpu_set_t all = {{0}}, seen[MEMBERS] = {{{0}}};
    (void)state;
    assert_int_equal(pthread_getaffinity_np(pthread_self(), sizeof all, &all),
                     0);
    cores_of_process = CPU_COUNT(&all);
    for (int64_t members = 2; members <= MEMBERS; members++) {
        srnn_team *const team = make_team(members);
        limits_given = limits_narrow = 0;
        for (int job = 0; job < 30; job++) {
            (void)usleep(job % 5 == 0 ? SLEEP : 0);
            srnn_team__run(team, members, keep_cores, seen);
            for (int64_t i = 0; i < members; i++)
                assert_true(CPU_EQUAL(&seen[i], &all));
        }
        srnn_team__destroy(team);
        assert_int_equal(limits_given, limits_narrow);
        if (cores_of_process > 1)
            assert_true(limits_narrow > 0);
    }
}

static void keep_mode(void *argument, srnn_team *team, int64_t member)
{
    (void)team;
    ((uint64_t *)argument)[member] = srnn_float_mode__get();
}

static void test_team__computes_in_the_mode_of_the_caller(void **state)
{
    uint64_t modes[MEMBERS] = {0};
    (void)state;
    const uint64_t first = srnn_float_mode__get();
    const uint64_t second = srnn_float_mode__flushing(first);
    srnn_team *const team = make_team(MEMBERS);
    for (int job = 0; job < 6; job++) {
        const uint64_t mode = job % 2 == 0 ? first : second;
        srnn_float_mode__set(mode);
        srnn_team__run(team, MEMBERS, keep_mode, modes);
        srnn_float_mode__set(first);
        for (int i = 0; i < MEMBERS; i++)
            assert_int_equal(modes[i], mode);
    }
    srnn_team__destroy(team);
}

/* At which barrier each member heard that the team gave up. */
static void wait_for_late(void *argument, srnn_team *team, int64_t member)
{
    enum { BARRIERS = 500 };
    int64_t *const ends = argument;
    for (int64_t i = 1; i <= BARRIERS && ends[member] == 0; i++) {
        if (member == 1)
            (void)usleep(SLEEP);
        if (!srnn_team__barrier(team, member))
            ends[member] = i;
    }
}

/* None is late at the first. */
static void pass_barrier(void *argument, srnn_team *team, int64_t member)
{
    (void)argument;
    (void)srnn_team__barrier(team, member);
}

static void give_up_twice(int64_t members)
{
    srnn_team *const team = make_team(members);
    for (int again = 0; again < 2; again++) {
        int64_t ends[MEMBERS] = {0};
        srnn_team__run(team, members, wait_for_late, ends);
        assert_true(srnn_team__gave_up(team));
        assert_true(ends[0] > 2);
        for (int64_t i = 1; i < members; i++)
            assert_int_equal(ends[i], ends[0]);
        srnn_team__run(team, 2, pass_barrier, NULL);
        srnn_team__run(team, members, pass_barrier, NULL);
        assert_false(srnn_team__gave_up(team));
    }
    srnn_team__destroy(team);
}

/* More members than cores do not spin, and two may. */
static void test_team__gives_up_on_a_member_that_is_late(void **state)
{
    (void)state;
    give_up_twice(2);
    give_up_twice(MEMBERS);
}

enum { LONG_STEPS = 20 };

/* Those of member 1 take half as long again. */
static void take_long_steps(void *argument, srnn_team *team, int64_t member)
{
    int64_t *const passed = argument;
    while (passed[member] < LONG_STEPS) {
        (void)usleep(member == 1 ? SLEEP + SLEEP / 2 : SLEEP);
        if (!srnn_team__barrier(team, member))
            return;
        passed[member]++;
    }
}

/* How many barriers it takes to give up. */
static int64_t give_up(srnn_team *team)
{
    int64_t ends[MEMBERS] = {0};
    srnn_team__run(team, srnn_team__capacity(team), wait_for_late, ends);
    assert_true(srnn_team__gave_up(team));
    return ends[0];
}

static bool keeps_on(srnn_team *team)
{
    int64_t passed[MEMBERS] = {0};
    srnn_team__run(team, srnn_team__capacity(team), take_long_steps, passed);
    return !srnn_team__gave_up(team) && passed[0] == LONG_STEPS;
}

/* The others sleep at each barrier, but all are faster together. How long they
 * slept in an earlier job, or did not, changes nothing. A machine that stalls
 * may need a few attempts. */
static void keep_late_member(int64_t members)
{
    enum { ATTEMPTS = 10 };
    bool is_good = false;
    srnn_team *const team = make_team(members);
    for (int i = 0; i < ATTEMPTS && !is_good; i++) {
        (void)give_up(team);
        is_good = keeps_on(team) && give_up(team) <= 2 * LONG_STEPS;
    }
    assert_true(is_good);
    srnn_team__destroy(team);
}

static void test_team__keeps_a_member_that_is_a_little_late(void **state)
{
    (void)state;
    keep_late_member(2);
    keep_late_member(MEMBERS);
}

/* TSan cannot follow a child that starts threads. */
#ifndef __SANITIZE_THREAD__
static void expect_exit(pid_t child)
{
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* The helpers are in the parent: a child would wait for ever for their end. */
static void test_team__is_dead_in_a_child(void **state)
{
    (void)state;
    srnn_team *const team = make_team(MEMBERS);
    srnn_team__run(team, MEMBERS, count_runs, NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)alarm(20);
        const bool was_usable = srnn_team__is_usable(team);
        srnn_team__destroy(team);
        srnn_team *const other = make_team(2);
        const bool is_usable = srnn_team__is_usable(other);
        srnn_team__run(other, 2, count_runs, NULL);
        srnn_team__destroy(other);
        _exit(!was_usable && is_usable && threads_count() >= 1 ? 0 : 1);
    }
    expect_exit(child);
    assert_true(srnn_team__is_usable(team));
    srnn_team__run(team, MEMBERS, count_runs, NULL);
    srnn_team__destroy(team);
}

/* A program that ends does not ask its helpers, which spin or sleep. */
static void test_team__lets_the_program_end(void **state)
{
    static srnn_team *living; /* or it would be lost memory */
    (void)state;
    for (int i = 0; i < 40; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)alarm(20);
            living = make_team(MEMBERS);
            srnn_team__run(living, MEMBERS, count_runs, NULL);
            (void)usleep(i % 4 == 0 ? SLEEP : 0);
            exit(0);
        }
        expect_exit(child);
    }
}
#endif

/* As many blocks of columns as members. */
enum { T = 6, B = 4, I = 3, H = 256, L = 4 };

/* So many threads can be made, when the context wants four. */
static void check_scarce(const srnn_rnn *rnn, srnn_schedule schedule, int can,
                         int64_t used)
{
    float x[T * B * I], wanted[T * B * H * 2], y[T * B * H * 2];
    int64_t threads = 0, last = 0;
    for (int i = 0; i < T * B * I; i++)
        x[i] = (float)(i % 11 - 5) / 8;
    memset(wanted, 0, sizeof wanted);
    memset(y, 0, sizeof y);
    srnn_context *const serial = small_rnn_context(rnn, 1, schedule);
    srnn_context *const context = small_rnn_context(rnn, MEMBERS, schedule);
    EXPECT_SUCCESS(
        srnn_context_forward_contiguous(serial, T, B, x, NULL, wanted, NULL));
    threads_left = can;
    for (int again = 0; again < 2; again++)
        EXPECT_SUCCESS(
            srnn_context_forward_contiguous(context, T, B, x, NULL, y, NULL));
    threads_left = INT32_MAX;
    EXPECT_SUCCESS(
        srnn_context_get_int(&threads, context, SRNN_CONTEXT_LAST_THREADS));
    EXPECT_SUCCESS(
        srnn_context_get_int(&last, context, SRNN_CONTEXT_LAST_SCHEDULE));
    assert_int_equal(threads, used);
    assert_int_equal(last, used == 1 ? SRNN_SCHEDULE_SERIAL : schedule);
    assert_memory_equal(y, wanted, sizeof y);
    srnn_context_destroy(context);
    srnn_context_destroy(serial);
}

static void test_team__of_a_context_says_how_many_ran(void **state)
{
    (void)state;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .L = L, .seed = 3});
    srnn_rnn *const both = small_rnn_create(
        &(small_rnn){.I = I, .H = H, .L = L, .D = 2, .seed = 3});
    for (int can = 0; can < MEMBERS; can++) {
        check_scarce(rnn, SRNN_SCHEDULE_BATCH, can, can + 1);
        check_scarce(rnn, SRNN_SCHEDULE_LAYERS, can, can + 1);
        check_scarce(rnn, SRNN_SCHEDULE_COLUMNS, can, can + 1);
        check_scarce(both, SRNN_SCHEDULE_DIRECTIONS, can, can == 0 ? 1 : 2);
    }
    srnn_rnn_destroy(both);
    srnn_rnn_destroy(rnn);
}

static void run_context(srnn_context *context, int64_t threads)
{
    static const float x[T * B * I];
    static float y[T * B * H];
    EXPECT_SUCCESS(
        srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, threads));
    EXPECT_SUCCESS(
        srnn_context_forward_contiguous(context, T, B, x, NULL, y, NULL));
}

/* A larger team takes the place of a smaller one, which ends. */
static void test_team__of_a_context_is_the_only_one(void **state)
{
    const int before = threads_count();
    (void)state;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .seed = 3});
    srnn_context *const context =
        small_rnn_context(rnn, 1, SRNN_SCHEDULE_BATCH);
    for (int64_t threads = 1; threads <= MEMBERS; threads++) {
        run_context(context, threads);
        threads_expect(before + (int)threads - 1);
    }
    run_context(context, 2);
    threads_expect(before + MEMBERS - 1);
    srnn_rnn_destroy(rnn);
    srnn_context_destroy(context);
    threads_expect(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_team__runs_a_job_once_on_each_member),
        cmocka_unit_test(test_team__makes_do_with_fewer_threads),
        cmocka_unit_test(test_team__takes_no_signals),
        cmocka_unit_test(test_team__has_its_cores_back_when_it_is_awake),
        cmocka_unit_test(test_team__computes_in_the_mode_of_the_caller),
        cmocka_unit_test(test_team__gives_up_on_a_member_that_is_late),
        cmocka_unit_test(test_team__keeps_a_member_that_is_a_little_late),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(test_team__is_dead_in_a_child),
        cmocka_unit_test(test_team__lets_the_program_end),
#endif
        cmocka_unit_test(test_team__of_a_context_says_how_many_ran),
        cmocka_unit_test(test_team__of_a_context_is_the_only_one),
    };
    (void)alarm(300); /* a helper may never come */
    /* A sanitizer adds a thread of its own when it sees the first. */
    srnn_team__destroy(make_team(2));
    (void)usleep(100000);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
