/* SPDX-License-Identifier: MIT */
/* Labels: long, uses-threads, long-qemu */
/* Backward, and what is written between two recordings: parameters of the rnn
 * make a recording stale, and the next one is of the new values. Gradients of
 * parameters that are not trained are left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/small_rnn.h"

enum { T = 5, B = 3, CASES = IS_EMULATED ? 5 : 20 };

/* An rnn with all that a step of training takes. */
typedef struct {
    small_rnn of;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_tape *tape;
    srnn_gradients *gradients;
    unsigned char *input;
    unsigned char *d_output;
    unsigned char *d_input;
    int64_t inputs;
} trained;

static int64_t bytes_of(const trained *t, int64_t count)
{
    return count * element_bytes(t->of.dtype);
}

static trained make(int number)
{
    draws random = draws_of(number, 67);
    trained t = {.of = {.seed = (uint64_t)number}};
    t.of.I = draws_size(&random);
    t.of.H = draws_size(&random);
    t.of.L = 1 + draws_below(&random, 2);
    t.of.direction =
        SRNN_DIRECTION_FORWARD + (srnn_direction)draws_below(&random, 3);
    t.of.dtype = draws_dtype(&random);
    t.rnn = small_rnn_create(&t.of);
    EXPECT_SUCCESS(srnn_context_create(&t.context, t.rnn));
    EXPECT_SUCCESS(srnn_tape_create(&t.tape, t.rnn));
    EXPECT_SUCCESS(srnn_gradients_create(&t.gradients, t.rnn));
    t.inputs = T * B * t.of.I;
    t.input = draws_values(&random, t.of.dtype, t.inputs);
    t.d_output = draws_values(&random, t.of.dtype, T * B * 2 * t.of.H);
    t.d_input = calloc((size_t)t.inputs, (size_t)bytes_of(&t, 1));
    assert_non_null(t.d_input);
    return t;
}

static void destroy(trained *t)
{
    srnn_gradients_destroy(t->gradients);
    srnn_tape_destroy(t->tape);
    srnn_context_destroy(t->context);
    srnn_rnn_destroy(t->rnn);
    free(t->input);
    free(t->d_output);
    free(t->d_input);
}

static void record(const trained *t)
{
    EXPECT_SUCCESS(srnn_context_record_contiguous(t->context, t->tape, T, B,
                                                  t->input, NULL, NULL, NULL,
                                                  NULL, NULL, NULL));
}

static void list_gradients(const trained *t, void *to[PARAMETERS_MOST])
{
    for (int64_t i = 0; i < srnn_rnn_parameter_count(t->rnn); i++)
        to[i] = srnn_tensor_data(srnn_gradients_tensor(
            t->gradients, srnn_rnn_parameter_name(t->rnn, i)));
}

static srnn_status go_back(const trained *t)
{
    void *gradients[PARAMETERS_MOST];
    list_gradients(t, gradients);
    return srnn_context_backward_contiguous(
        t->context, t->tape, t->input, t->d_output, NULL, SRNN_ACCUMULATION_SET,
        gradients, t->d_input, NULL, NULL);
}

/* Halves the parameters by one of the functions that write them; false if there
 * is none of that number. */
static bool halve(const trained *t, int64_t writer)
{
    const int64_t count = srnn_rnn_parameter_count(t->rnn);
    parameters p = parameters_copy(t->rnn);
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < srnn_tensor_size(p.values[i]); k++)
            element_put(srnn_tensor_data(p.values[i]), t->of.dtype, k,
                        element_of(p.values[i], k) / 2);
    if (writer < count)
        parameter_set(t->rnn, writer, p.values[writer]);
    else if (writer == count)
        EXPECT_SUCCESS(parameters_set(t->rnn, &p));
    else if (writer == count + 1)
        EXPECT_SUCCESS(parameters_set_flat(t->rnn, &p));
    parameters_free(&p);
    return writer < count + 2;
}

static void test_updates__make_a_recording_stale(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"record again"};
    (void)state;
    for (int number = 0; number < CASES; number++) {
        trained t = make(number);
        record(&t);
        for (int64_t writer = 0; halve(&t, writer); writer++) {
            expect_failure("after a writer", go_back(&t), SRNN_ERROR_STALE,
                           texts);
            record(&t);
            EXPECT_SUCCESS(go_back(&t));
            EXPECT_SUCCESS(go_back(&t));
        }
        destroy(&t);
    }
}

static void check_equal(int number, const trained *a, const trained *b)
{
    void *left[PARAMETERS_MOST] = {NULL};
    void *right[PARAMETERS_MOST] = {NULL};
    list_gradients(a, left);
    list_gradients(b, right);
    for (int64_t i = 0; i < srnn_rnn_parameter_count(a->rnn); i++) {
        const char *const name = srnn_rnn_parameter_name(a->rnn, i);
        const int64_t size =
            srnn_tensor_size(srnn_gradients_tensor(a->gradients, name));
        if (memcmp(left[i], right[i], (size_t)bytes_of(a, size)) != 0)
            fail_msg("case %d: the gradient of %s is not that of a new rnn",
                     number, name);
    }
    if (memcmp(a->d_input, b->d_input, (size_t)bytes_of(a, a->inputs)) != 0)
        fail_msg("case %d: d_input is not that of a new rnn", number);
}

/* Whatever the first step has left in the context. */
static void test_updates__change_the_next_backward(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        trained used = make(number);
        record(&used);
        EXPECT_SUCCESS(go_back(&used));
        for (int64_t writer = 0; halve(&used, writer); writer++) {
            trained new = make(number);
            parameters p = parameters_copy(used.rnn);
            EXPECT_SUCCESS(parameters_set(new.rnn, &p));
            parameters_free(&p);
            record(&used);
            record(&new);
            EXPECT_SUCCESS(go_back(&used));
            EXPECT_SUCCESS(go_back(&new));
            check_equal(number, &used, &new);
            destroy(&new);
        }
        destroy(&used);
    }
}

/* One parameter is not trained: its gradient keeps the bytes it had, and only
 * that one. */
static void check_untrained(int number, const trained *t, int64_t index)
{
    srnn_tensor *const flat = srnn_gradients_flat(t->gradients);
    const size_t bytes = (size_t)bytes_of(t, srnn_tensor_size(flat));
    const srnn_tensor *const d_output = NULL;
    const int64_t shape[] = {T, B, t->of.I};
    srnn_tensor *input = NULL;
    memset(srnn_tensor_data(flat), 0x5a, bytes);
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&input, t->input, t->of.dtype, 3, shape, NULL));
    EXPECT_SUCCESS(srnn_context_backward(t->context, t->tape, input, d_output,
                                         NULL, SRNN_ACCUMULATION_SET,
                                         t->gradients, NULL, NULL, NULL));
    srnn_tensor_destroy(input);
    for (int64_t i = 0; i < srnn_rnn_parameter_count(t->rnn); i++) {
        const char *const name = srnn_rnn_parameter_name(t->rnn, i);
        const srnn_tensor *const tensor =
            srnn_gradients_tensor(t->gradients, name);
        const unsigned char *const values = srnn_tensor_const_data(tensor);
        const int64_t size = bytes_of(t, srnn_tensor_size(tensor));
        for (int64_t k = 0; k < size; k++)
            if (values[k] != (i == index ? 0x5a : 0))
                fail_msg("case %d: without training %s byte %d of %s is %d",
                         number, srnn_rnn_parameter_name(t->rnn, index), (int)k,
                         name, values[k]);
    }
}

static void test_updates__leave_gradients_of_untrained_parameters(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        trained t = make(number);
        record(&t);
        for (int64_t i = 0; i < srnn_rnn_parameter_count(t.rnn); i++) {
            const char *const name = srnn_rnn_parameter_name(t.rnn, i);
            EXPECT_SUCCESS(srnn_gradients_set_trained(t.gradients, name, 0));
            check_untrained(number, &t, i);
            EXPECT_SUCCESS(srnn_gradients_set_trained(t.gradients, name, 1));
        }
        destroy(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_updates__make_a_recording_stale),
        cmocka_unit_test(test_updates__change_the_next_backward),
        cmocka_unit_test(test_updates__leave_gradients_of_untrained_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
