/* SPDX-License-Identifier: MIT */
/* Labels: long, threads, no-valgrind, no-qemu */
/* Teams of threads: every schedule gives the bits of the serial run with any
 * number of threads, forks are survived, and no thread outlives its context. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/small_rnn.h"
#include "support/threads.h"

enum { I = 9, MAX_THREADS = 8, CONTEXTS = 16, FORWARDS = 8 };

/* As a test has them. */
static int64_t T = 40;
static int64_t B = 5;
static int64_t H = 200;

static srnn_rnn *make_rnn(int64_t layers, srnn_direction direction)
{
    return small_rnn_create(&(small_rnn){
        .I = I, .H = H, .L = layers, .direction = direction, .seed = 5});
}

static srnn_tensor *make_tensor(const srnn_rnn *rnn, srnn_role role)
{
    int64_t shape[3];
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(srnn_rnn_shape(shape, rnn, role, T, B));
    EXPECT_SUCCESS(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, 3, shape));
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++)
        ((float *)srnn_tensor_data(tensor))[i] = (float)(i % 11 - 5) / 8;
    return tensor;
}

static void set(srnn_context *context, srnn_context_option option, int64_t v)
{
    EXPECT_SUCCESS(srnn_context_set_int(context, option, v));
}

static int64_t get(srnn_context *context, srnn_context_option option)
{
    int64_t value = -1;
    EXPECT_SUCCESS(srnn_context_get_int(&value, context, option));
    return value;
}

/* The results of one forward, for the caller to destroy. */
typedef struct {
    srnn_tensor *output, *h_n;
} results;

static results run(srnn_context *context, srnn_rnn *rnn)
{
    srnn_tensor *const input = make_tensor(rnn, SRNN_ROLE_INPUT);
    const results r = {make_tensor(rnn, SRNN_ROLE_OUTPUT),
                       make_tensor(rnn, SRNN_ROLE_HIDDEN)};
    EXPECT_SUCCESS(srnn_context_forward(context, input, NULL, r.output, r.h_n));
    srnn_tensor_destroy(input);
    return r;
}

static void free_results(results r)
{
    srnn_tensor_destroy(r.output);
    srnn_tensor_destroy(r.h_n);
}

static int equal(const srnn_tensor *a, const srnn_tensor *b)
{
    return memcmp(srnn_tensor_data(a), srnn_tensor_data(b),
                  (size_t)srnn_tensor_size(a) * sizeof(float)) == 0;
}

/* Runs and compares with the serial results; 1 if the bits are the same. */
static int agrees(srnn_context *context, srnn_rnn *rnn, results serial)
{
    const results r = run(context, rnn);
    const int same = equal(r.output, serial.output) && equal(r.h_n, serial.h_n);
    free_results(r);
    return same;
}

static results run_serial(srnn_rnn *rnn)
{
    srnn_context *const context =
        small_rnn_context(rnn, 1, SRNN_SCHEDULE_SERIAL);
    const results serial = run(context, rnn);
    srnn_context_destroy(context);
    return serial;
}

static void check_schedules(int64_t layers, srnn_direction direction,
                            const srnn_schedule *expected, int count)
{
    srnn_rnn *const rnn = make_rnn(layers, direction);
    const results serial = run_serial(rnn);
    for (int i = 0; i < count; i++)
        for (int64_t threads = 2; threads <= MAX_THREADS; threads++) {
            srnn_context *const context =
                small_rnn_context(rnn, threads, expected[i]);
            for (int again = 0; again < 3; again++)
                assert_true(agrees(context, rnn, serial));
            assert_int_equal(get(context, SRNN_CONTEXT_LAST_SCHEDULE),
                             expected[i]);
            assert_true(get(context, SRNN_CONTEXT_LAST_THREADS) > 1);
            srnn_context_destroy(context);
        }
    free_results(serial);
    srnn_rnn_destroy(rnn);
}

static void test_schedules__of_one_direction_equal_serial(void **state)
{
    static const srnn_schedule all[] = {
        SRNN_SCHEDULE_BATCH, SRNN_SCHEDULE_LAYERS, SRNN_SCHEDULE_COLUMNS};
    (void)state;
    check_schedules(3, SRNN_DIRECTION_FORWARD, all, 3);
    check_schedules(3, SRNN_DIRECTION_REVERSE, all, 3);
}

/* A batch so large that each step is a chunk of its own, and one layer, so that
 * nothing but the states lies between two chunks. */
static void test_schedules__hand_states_from_chunk_to_chunk(void **state)
{
    static const srnn_schedule columns[] = {SRNN_SCHEDULE_COLUMNS};
    (void)state;
    T = 6;
    B = 128;
    H = 512;
    check_schedules(1, SRNN_DIRECTION_FORWARD, columns, 1);
    check_schedules(1, SRNN_DIRECTION_REVERSE, columns, 1);
    T = 40;
    B = 5;
    H = 200;
}

static void test_schedules__of_both_directions_equal_serial(void **state)
{
    static const srnn_schedule all[] = {
        SRNN_SCHEDULE_BATCH, SRNN_SCHEDULE_DIRECTIONS, SRNN_SCHEDULE_COLUMNS};
    (void)state;
    check_schedules(2, SRNN_DIRECTION_BIDIRECTIONAL, all, 3);
}

/* One that does not apply is serial. */
static void test_schedules__that_do_not_apply_are_serial(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1, SRNN_DIRECTION_FORWARD);
    srnn_context *const context =
        small_rnn_context(rnn, 4, SRNN_SCHEDULE_DIRECTIONS);
    free_results(run(context, rnn));
    assert_int_equal(get(context, SRNN_CONTEXT_LAST_SCHEDULE),
                     SRNN_SCHEDULE_SERIAL);
    set(context, SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_LAYERS);
    free_results(run(context, rnn));
    assert_int_equal(get(context, SRNN_CONTEXT_LAST_THREADS), 1);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

#ifdef __SSE__
/* All biases subnormal, all weights 0. */
static srnn_rnn *make_subnormal_rnn(void)
{
    srnn_rnn *const rnn = make_rnn(1, SRNN_DIRECTION_FORWARD);
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        srnn_tensor *const value = parameter_copy(rnn, i);
        for (int64_t j = 0; j < srnn_tensor_size(value); j++)
            ((float *)srnn_tensor_data(value))[j] =
                srnn_tensor_rank(value) == 1 ? 1e-40f : 0;
        parameter_set(rnn, i, value);
        srnn_tensor_destroy(value);
    }
    return rnn;
}

/* A caller that begins to flush subnormals has them flushed in every row, also
 * by helpers that were there before. */
static void test_schedules__helpers_take_over_the_float_mode(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_subnormal_rnn();
    srnn_context *const context =
        small_rnn_context(rnn, 2, SRNN_SCHEDULE_BATCH);
    free_results(run(context, rnn));
    const unsigned int mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040u); /* flush to zero, subnormals are zero */
    const results r = run(context, rnn);
    _mm_setcsr(mode);
    const float *const values = srnn_tensor_data(r.output);
    assert_int_equal(fpclassify(values[0]), FP_ZERO);
    for (int64_t i = 1; i < srnn_tensor_size(r.output); i++)
        assert_memory_equal(values, values + i, sizeof *values);
    free_results(r);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}
#endif

static void scribble(const srnn_tensor *tensor)
{
    memset(srnn_tensor_data(tensor), 0xa5,
           (size_t)srnn_tensor_size(tensor) * sizeof(float));
}

typedef struct {
    srnn_context *context;
    srnn_tensor *input;
} endless;

static void *run_for_ever(void *argument)
{
    const endless *const e = argument;
    while (srnn_context_forward(e->context, e->input, NULL, NULL, NULL) ==
           SRNN_OK)
        pthread_testcancel();
    return NULL;
}

/* A thread that is cancelled inside leaves a context that can be used. */
static void test_schedules__survive_a_cancelled_thread(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1, SRNN_DIRECTION_FORWARD);
    const results serial = run_serial(rnn);
    for (int again = 0; again < CONTEXTS; again++) {
        pthread_t thread;
        void *result = NULL;
        endless e = {small_rnn_context(rnn, 3, SRNN_SCHEDULE_COLUMNS),
                     make_tensor(rnn, SRNN_ROLE_INPUT)};
        assert_int_equal(pthread_create(&thread, NULL, run_for_ever, &e), 0);
        usleep(1000);
        assert_int_equal(pthread_cancel(thread), 0);
        assert_int_equal(pthread_join(thread, &result), 0);
        assert_ptr_equal(result, PTHREAD_CANCELED);
        assert_true(agrees(e.context, rnn, serial));
        srnn_tensor_destroy(e.input);
        srnn_context_destroy(e.context);
    }
    free_results(serial);
    srnn_rnn_destroy(rnn);
}

static void test_schedules__many_contexts_leave_no_thread(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(1, SRNN_DIRECTION_FORWARD);
    srnn_context *contexts[CONTEXTS];
    const results serial = run_serial(rnn);
    const int before = threads_count();
    for (int i = 0; i < CONTEXTS; i++)
        contexts[i] = small_rnn_context(rnn, 2, SRNN_SCHEDULE_COLUMNS);
    for (int i = 0; i < CONTEXTS; i++)
        assert_true(agrees(contexts[i], rnn, serial));
    threads_expect(before + CONTEXTS);
    for (int i = 0; i < CONTEXTS; i++)
        srnn_context_destroy(contexts[i]);
    threads_expect(before);
    free_results(serial);
    srnn_rnn_destroy(rnn);
}

/* One of many contexts that run at once, in a thread of its own. No assertion
 * may leave such a thread, so it counts. */
typedef struct {
    srnn_context *context;
    srnn_tensor *input;
    results wanted, got;
    int wrong; /* forwards that failed or gave other bits */
    pthread_t thread;
} runner;

static void *run_often(void *argument)
{
    runner *const r = argument;
    for (int i = 0; i < FORWARDS; i++) {
        scribble(r->got.output);
        scribble(r->got.h_n);
        if (srnn_context_forward(r->context, r->input, NULL, r->got.output,
                                 r->got.h_n) != SRNN_OK ||
            !equal(r->got.output, r->wanted.output) ||
            !equal(r->got.h_n, r->wanted.h_n))
            r->wrong++;
    }
    return NULL;
}

static runner make_runner(srnn_rnn *rnn, results wanted, srnn_schedule schedule,
                          int64_t threads)
{
    return (runner){.context = small_rnn_context(rnn, threads, schedule),
                    .input = make_tensor(rnn, SRNN_ROLE_INPUT),
                    .wanted = wanted,
                    .got = {make_tensor(rnn, SRNN_ROLE_OUTPUT),
                            make_tensor(rnn, SRNN_ROLE_HIDDEN)}};
}

static void free_runner(runner *r)
{
    srnn_context_destroy(r->context);
    srnn_tensor_destroy(r->input);
    free_results(r->got);
}

/* Contexts take turns with three schedules and with 2 or 3 threads. */
static void check_at_once(int64_t layers, srnn_direction direction,
                          const srnn_schedule schedules[3])
{
    srnn_rnn *const rnn = make_rnn(layers, direction);
    const results serial = run_serial(rnn);
    runner all[CONTEXTS];
    for (int i = 0; i < CONTEXTS; i++)
        all[i] = make_runner(rnn, serial, schedules[i % 3], 2 + i % 2);
    for (int i = 0; i < CONTEXTS; i++)
        assert_int_equal(
            pthread_create(&all[i].thread, NULL, run_often, &all[i]), 0);
    for (int i = 0; i < CONTEXTS; i++)
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
    for (int i = 0; i < CONTEXTS; i++) {
        assert_int_equal(all[i].wrong, 0);
        assert_int_equal(get(all[i].context, SRNN_CONTEXT_LAST_SCHEDULE),
                         schedules[i % 3]);
        free_runner(&all[i]);
    }
    free_results(serial);
    srnn_rnn_destroy(rnn);
}

static void test_schedules__many_contexts_at_once_equal_serial(void **state)
{
    static const srnn_schedule of_one_direction[] = {
        SRNN_SCHEDULE_COLUMNS, SRNN_SCHEDULE_BATCH, SRNN_SCHEDULE_LAYERS};
    static const srnn_schedule of_both[] = {
        SRNN_SCHEDULE_COLUMNS, SRNN_SCHEDULE_BATCH, SRNN_SCHEDULE_DIRECTIONS};
    (void)state;
    check_at_once(3, SRNN_DIRECTION_FORWARD, of_one_direction);
    check_at_once(3, SRNN_DIRECTION_REVERSE, of_one_direction);
    check_at_once(2, SRNN_DIRECTION_BIDIRECTIONAL, of_both);
}

/* The child has none of its parent's helpers and makes its own. TSan cannot
 * follow a child that starts threads. */
#ifndef __SANITIZE_THREAD__
static void test_schedules__fork_before_and_after_a_run(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn(2, SRNN_DIRECTION_FORWARD);
    const results serial = run_serial(rnn);
    srnn_context *const context =
        small_rnn_context(rnn, 2, SRNN_SCHEDULE_BATCH);
    for (int round = 0; round < 2; round++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            int same = 1;
            for (int again = 0; again < 2; again++)
                same &= agrees(context, rnn, serial);
            srnn_context_destroy(context);
            _exit(same ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_true(agrees(context, rnn, serial));
    }
    srnn_context_destroy(context);
    free_results(serial);
    srnn_rnn_destroy(rnn);
}

static void forward(srnn_context *context, const srnn_tensor *input, results r,
                    bool has_handles)
{
    const int64_t *const shape = srnn_tensor_shape(input);
    if (has_handles)
        EXPECT_SUCCESS(
            srnn_context_forward(context, input, NULL, r.output, r.h_n));
    else
        EXPECT_SUCCESS(srnn_context_forward_contiguous(
            context, shape[0], shape[1], srnn_tensor_const_data(input), NULL,
            srnn_tensor_data(r.output), srnn_tensor_data(r.h_n)));
}

/* One forward before a fork and a like one in the child, which needs no new
 * plan. In between the child does something else, unless that is NULL. */
static void fork_between_forwards(int64_t threads, bool has_handles,
                                  void (*between)(srnn_context *context))
{
    srnn_rnn *const rnn = make_rnn(2, SRNN_DIRECTION_FORWARD);
    const results serial = run_serial(rnn);
    srnn_tensor *const input = make_tensor(rnn, SRNN_ROLE_INPUT);
    const results r = run_serial(rnn);
    srnn_context *const context =
        small_rnn_context(rnn, threads, SRNN_SCHEDULE_BATCH);
    forward(context, input, r, has_handles);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)alarm(20);
        scribble(r.output);
        scribble(r.h_n);
        if (between != NULL)
            between(context);
        forward(context, input, r, has_handles);
        _exit(equal(r.output, serial.output) && equal(r.h_n, serial.h_n) ? 0
                                                                         : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    srnn_tensor_destroy(input);
    srnn_context_destroy(context);
    free_results(r);
    free_results(serial);
    srnn_rnn_destroy(rnn);
}

static void test_schedules__fork_between_like_calls(void **state)
{
    (void)state;
    fork_between_forwards(2, true, NULL);
    fork_between_forwards(2, false, NULL);
}

/* A linear layer that gets as many helpers from the context as it has rows. */
static void run_linear(srnn_context *context)
{
    enum { FEATURES = 2048 };
    const int64_t shape[] = {2, FEATURES};
    srnn_linear *linear = NULL;
    srnn_tensor *x = NULL, *y = NULL;
    EXPECT_SUCCESS(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, FEATURES,
                                      FEATURES, 0, 1));
    EXPECT_SUCCESS(srnn_tensor_create(&x, SRNN_DTYPE_FLOAT32, 2, shape));
    EXPECT_SUCCESS(srnn_tensor_create(&y, SRNN_DTYPE_FLOAT32, 2, shape));
    EXPECT_SUCCESS(srnn_linear_forward(linear, context, x, y));
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(x);
    srnn_linear_destroy(linear);
}

/* The layer makes the team anew, for as many as it wants. The next forward,
 * which is like the one before the fork, needs more. */
static void test_schedules__linear_between_like_calls(void **state)
{
    (void)state;
    fork_between_forwards(4, true, run_linear);
    fork_between_forwards(4, false, run_linear);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedules__of_one_direction_equal_serial),
        cmocka_unit_test(test_schedules__hand_states_from_chunk_to_chunk),
        cmocka_unit_test(test_schedules__of_both_directions_equal_serial),
        cmocka_unit_test(test_schedules__that_do_not_apply_are_serial),
#ifdef __SSE__
        cmocka_unit_test(test_schedules__helpers_take_over_the_float_mode),
#endif
        cmocka_unit_test(test_schedules__survive_a_cancelled_thread),
        cmocka_unit_test(test_schedules__many_contexts_leave_no_thread),
        cmocka_unit_test(test_schedules__many_contexts_at_once_equal_serial),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(test_schedules__fork_before_and_after_a_run),
        cmocka_unit_test(test_schedules__fork_between_like_calls),
        cmocka_unit_test(test_schedules__linear_between_like_calls),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
