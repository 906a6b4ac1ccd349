/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* Gradients that another thread is using: every call gets SRNN_ERROR_BUSY and
 * changes nothing, also where others of a list are free. The other thread goes
 * in by the function that all calls use: no call can be held for sure in the
 * middle of its arithmetic. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rnn/gradients.h"
#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* Where values lie, in bytes of misuse_memory. */
enum { FIRST = 1024, SECOND = 2048 };

static srnn_rnn *rnn;
static srnn_context *context;
static srnn_tape *tape;
static srnn_tensor *input, *d_h_n;
static srnn_gradients *list[2];

/* A recording of two steps, for a backward into the gradients. */
static void record(void)
{
    static float x[2][1][3], last[1][1][2];
    const int64_t shapes[][3] = {{2, 1, 3}, {1, 1, 2}};
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("tape", srnn_tape_create(&tape, rnn));
    expect_success("input", srnn_tensor_wrap(&input, x, SRNN_DTYPE_FLOAT32, 3,
                                             shapes[0], NULL));
    expect_success("d_h_n", srnn_tensor_wrap(&d_h_n, last, SRNN_DTYPE_FLOAT32,
                                             3, shapes[1], NULL));
    expect_success("record", srnn_context_record(context, tape, input, NULL,
                                                 NULL, NULL, NULL, NULL, NULL));
}

static int create(void **state)
{
    (void)state;
    misuse_fill();
    rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    expect_success("first",
                   srnn_gradients_wrap(&list[0], rnn, misuse_memory + FIRST));
    expect_success("second",
                   srnn_gradients_wrap(&list[1], rnn, misuse_memory + SECOND));
    record();
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_gradients_destroy(list[0]);
    srnn_gradients_destroy(list[1]);
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(d_h_n);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    return 0;
}

static void *enter_second(void *status)
{
    *(srnn_status *)status = srnn_gradients__enter(list[1]);
    return NULL;
}

static void *leave_second(void *ignored)
{
    srnn_gradients__leave(list[1]);
    return ignored;
}

static void on_another_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, function, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void refuse_all(void)
{
    static const char says[] = "another thread is using the gradients";
    static const char name[] = "weight_ih_l0";
    double norm = -1;
    REFUSE(SRNN_ERROR_BUSY, says, srnn_gradients_scale(list, 2, 0.5));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_gradients_norm(&norm, list, 2));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_gradients_clip_norm(&norm, list, 2, 0.5));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_gradients_clip_value(list, 2, 0.5));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_gradients_set_trained(list[1], name, 0));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_backward(context, tape, input, NULL, d_h_n,
                                 SRNN_ACCUMULATION_SET, list[1], NULL, NULL,
                                 NULL));
    assert_true(norm == -1);
    ANSWER(1, srnn_gradients_is_trained(list[1], name));
}

/* What is left free by a call that was refused, and by one that was not. */
static void accept_all(int count)
{
    srnn_gradients *const last = list[count - 1];
    double norm = -1;
    ACCEPT(srnn_gradients_norm(&norm, list, count));
    assert_true(norm > 0);
    ACCEPT(srnn_gradients_scale(list, count, 0.5));
    ACCEPT(srnn_gradients_clip_norm(&norm, list, count, 0.5));
    ACCEPT(srnn_gradients_clip_value(list, count, 0.5));
    ACCEPT(srnn_gradients_set_trained(last, "weight_ih_l0", 1));
    assert_true(srnn_gradients__enter(last) == SRNN_OK);
    srnn_gradients__leave(last);
}

static void test_busy_gradients__are_left_alone(void **state)
{
    (void)state;
    srnn_status status = SRNN_ERROR_INVALID;
    on_another_thread(enter_second, &status);
    expect_success("enter", status);
    refuse_all();
    accept_all(1);
    refuse_all();
    on_another_thread(leave_second, NULL);
    accept_all(2);
}

/* A value that is not finite is no reason to stay inside. */
static void test_busy_gradients__are_free_after_a_failure(void **state)
{
    (void)state;
    double norm = 0;
    float *const value = (float *)(void *)(misuse_memory + SECOND);
    const float before = *value;
    *value = INFINITY;
    REFUSE(SRNN_ERROR_NOT_FINITE, "\"weight_ih_l0\" in list[1]",
           srnn_gradients_norm(&norm, list, 2));
    REFUSE(SRNN_ERROR_NOT_FINITE, "\"weight_ih_l0\" in list[1]",
           srnn_gradients_clip_norm(&norm, list, 2, 0.5));
    REFUSE(SRNN_ERROR_NOT_FINITE, "\"weight_ih_l0\" in list[1]",
           srnn_gradients_clip_value(list, 2, 0.5));
    *value = before;
    accept_all(2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_busy_gradients__are_left_alone),
        TEST(test_busy_gradients__are_free_after_a_failure),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
