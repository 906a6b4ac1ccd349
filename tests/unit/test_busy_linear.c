/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* A linear layer that other threads run or write: who may not come in gets
 * SRNN_ERROR_BUSY and changes nothing. The other thread goes in by the
 * functions that all calls use: no call can be held for sure in the middle of
 * its arithmetic. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linear/linear.h"
#include "rnn/gradients.h"
#include "stack/context.h"
#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

enum {
    T = 5,
    I = 3,
    O = 2,
    P = O * (I + 1),
    THREADS = 2,
    WRITES = 200,
    TRIES = 1000000
};

/* Where things lie, in bytes of misuse_memory. */
enum {
    INPUT = 1024,
    OUTPUT = 2048,
    D_OUTPUT = 3072,
    D_INPUT = 4096,
    VALUE = 5120
};

static srnn_linear *linear;
static srnn_gradients *gradients;
static srnn_rnn *rnn;
static srnn_context *context;
static srnn_tensor *input, *output, *d_output, *d_input, *weight, *flat;

static int create(void **state)
{
    (void)state;
    misuse_fill();
    EXPECT_SUCCESS(srnn_linear_create(&linear, F32, I, O, 1, 1));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
    rnn = small_rnn_create(&(small_rnn){.I = 1, .H = 1});
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    input = view(INPUT, F32, SHAPE(T, I));
    output = view(OUTPUT, F32, SHAPE(T, O));
    d_output = view(D_OUTPUT, F32, SHAPE(T, O));
    d_input = view(D_INPUT, F32, SHAPE(T, I));
    weight = view(VALUE, F32, SHAPE(O, I));
    flat = view(VALUE, F32, SHAPE(P));
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_gradients_destroy(gradients);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    srnn_linear_destroy(linear);
    return 0;
}

static srnn_status backward(srnn_context *own)
{
    return srnn_linear_backward(linear, own, input, d_output,
                                SRNN_ACCUMULATION_SET, gradients, d_input);
}

static void refuse_writers(void)
{
    static const char says[] = "parameters cannot be written while another "
                               "thread runs or writes the linear layer";
    unsigned char before[P * sizeof(float)];
    memcpy(before, linear->values, sizeof before);
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_linear_set_parameter(linear, "weight", weight));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_linear_set_flat(linear, flat));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_linear_initialise(linear, "weight", SRNN_INITIALISATION_ZEROS,
                                  1, 1));
    assert_memory_equal(before, linear->values, sizeof before);
}

static void refuse_runs(const char *says)
{
    srnn_context *const contexts[] = {NULL, context};
    for (int i = 0; i < 2; i++) {
        REFUSE(SRNN_ERROR_BUSY, says,
               srnn_linear_forward(linear, contexts[i], input, output));
        REFUSE(SRNN_ERROR_BUSY, says,
               srnn_linear_backward(linear, contexts[i], input, d_output,
                                    SRNN_ACCUMULATION_SET, gradients, d_input));
    }
}

static void accept_runs(void)
{
    ACCEPT(srnn_linear_forward(linear, NULL, input, output));
    ACCEPT(srnn_linear_forward(linear, context, input, output));
    expect_success("backward", backward(NULL));
    expect_success("backward", backward(context));
}

static void accept_writers(void)
{
    ACCEPT(srnn_linear_set_parameter(linear, "weight", weight));
    ACCEPT(srnn_linear_set_flat(linear, flat));
}

static void *enter(void *status)
{
    *(srnn_status *)status = srnn_linear__enter(linear);
    return NULL;
}

static void *begin_write(void *status)
{
    *(srnn_status *)status = srnn_linear__begin_write(linear);
    return NULL;
}

static void on_another_thread(void *(*function)(void *))
{
    srnn_status status = SRNN_ERROR_INVALID;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, function, &status), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    expect_success("the other thread", status);
}

/* Readers do not exclude each other. */
static void test_busy_linear__is_run(void **state)
{
    (void)state;
    on_another_thread(enter);
    refuse_writers();
    accept_runs();
    refuse_writers();
    on_another_thread(enter);
    srnn_linear__leave(linear);
    refuse_writers();
    srnn_linear__leave(linear);
    accept_writers();
    accept_runs();
}

static void test_busy_linear__is_written(void **state)
{
    (void)state;
    on_another_thread(begin_write);
    refuse_writers();
    refuse_runs("another thread is writing parameters of the linear layer");
    srnn_linear__end_write(linear);
    accept_runs();
    accept_writers();
}

/* A call that is refused leaves what it had entered before. */
static void test_busy_linear__context_and_gradients(void **state)
{
    (void)state;
    expect_success("enter", srnn_context__enter(context));
    REFUSE(SRNN_ERROR_BUSY, "another thread is using the context",
           srnn_linear_forward(linear, context, input, output));
    REFUSE(SRNN_ERROR_BUSY, "another thread is using the context",
           srnn_linear_backward(linear, context, input, d_output,
                                SRNN_ACCUMULATION_SET, gradients, d_input));
    ACCEPT(srnn_linear_forward(linear, NULL, input, output));
    srnn_context__leave(context);
    expect_success("enter", srnn_gradients__enter(gradients));
    REFUSE(SRNN_ERROR_BUSY, "another thread is using the gradients",
           srnn_linear_backward(linear, context, input, d_output,
                                SRNN_ACCUMULATION_SET, gradients, d_input));
    ACCEPT(srnn_linear_forward(linear, context, input, output));
    srnn_gradients__leave(gradients);
    accept_runs();
    accept_writers();
}

static bool is_over;

/* Either all values of a write are seen, or none. */
static void *run_again_and_again(void *wrong)
{
    float x[I] = {1, 1, 1};
    float y[O];
    const int64_t shapes[] = {I, O};
    srnn_tensor *from = NULL;
    srnn_tensor *to = NULL;
    (void)!srnn_tensor_wrap(&from, x, F32, 1, &shapes[0], NULL);
    (void)!srnn_tensor_wrap(&to, y, F32, 1, &shapes[1], NULL);
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        const srnn_status status = srnn_linear_forward(linear, NULL, from, to);
        if (status == SRNN_OK
                ? y[0] != 4 * (float)(int)(y[0] / 4) || y[0] != y[1]
                : status != SRNN_ERROR_BUSY)
            ++*(int *)wrong;
        (void)sched_yield();
    }
    srnn_tensor_destroy(from);
    srnn_tensor_destroy(to);
    return NULL;
}

static void test_busy_linear__readers_see_whole_writes(void **state)
{
    (void)state;
    float *const values = (float *)(void *)(misuse_memory + VALUE);
    pthread_t threads[THREADS];
    int wrong[THREADS] = {0};
    int written = 0;
    memset(values, 0, P * sizeof *values);
    ACCEPT(srnn_linear_set_flat(linear, flat));
    __atomic_store_n(&is_over, false, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, run_again_and_again, &wrong[i]),
            0);
    for (int i = 0; written < WRITES && i < TRIES; i++) {
        for (int k = 0; k < P; k++)
            values[k] = (float)(i % 64);
        const srnn_status status = srnn_linear_set_flat(linear, flat);
        assert_true(status == SRNN_OK || status == SRNN_ERROR_BUSY);
        written += status == SRNN_OK;
    }
    __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
    assert_int_equal(written, WRITES);
    accept_writers();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_busy_linear__is_run),
        TEST(test_busy_linear__is_written),
        TEST(test_busy_linear__context_and_gradients),
        TEST(test_busy_linear__readers_see_whole_writes),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
