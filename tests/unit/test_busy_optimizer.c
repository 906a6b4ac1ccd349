/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* An optimizer, gradients of it or an rnn of it that another thread is using: a
 * step or a load gets SRNN_ERROR_BUSY, changes nothing and leaves free what it
 * had taken before. The other thread goes in by the functions that all calls
 * use. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "optimizer/optimizer.h"
#include "stack/context.h"
#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

/* Where things lie, in bytes of misuse_memory. */
enum { VALUE = 1024, FIRST = 2048, SECOND = 4096 };

static srnn_rnn *rnns[2];
static srnn_context *contexts[2];
static srnn_gradients *list[3]; /* of the rnns and of a tensor between them */
static srnn_optimizer *optimizer;

static void create_rnn(int number, int place)
{
    rnns[number] = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    expect_success("context",
                   srnn_context_create(&contexts[number], rnns[number]));
    expect_success("gradients", srnn_gradients_wrap(&list[place], rnns[number],
                                                    misuse_memory + FIRST));
}

static int create(void **state)
{
    static const char *const prefixes[] = {"a.", "b.", "c."};
    (void)state;
    misuse_fill();
    create_rnn(0, 0);
    create_rnn(1, 2);
    expect_success("gradients", srnn_gradients_create_tensor(
                                    &list[1], view(VALUE, F32, SHAPE(4)), "x"));
    expect_success("optimizer",
                   srnn_optimizer_create(&optimizer, SRNN_OPTIMIZER_KIND_ADAM));
    for (int i = 0; i < 3; i++)
        expect_success("add",
                       srnn_optimizer_add(optimizer, list[i], prefixes[i]));
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_optimizer_destroy(optimizer);
    for (int i = 0; i < 3; i++)
        srnn_gradients_destroy(list[i]);
    for (int i = 0; i < 2; i++) {
        srnn_context_destroy(contexts[i]);
        srnn_rnn_destroy(rnns[i]);
    }
    return 0;
}

/* What the other thread is told to do with what. */
typedef struct {
    enum { OPTIMIZER, GRADIENTS, CONTEXT } kind;
    int number;
    srnn_status status;
} visit;

static void *enter(void *argument)
{
    visit *const v = argument;
    v->status = v->kind == OPTIMIZER ? srnn_optimizer__enter(optimizer)
                : v->kind == GRADIENTS
                    ? srnn_gradients__enter(list[v->number])
                    : srnn_context__enter(contexts[v->number]);
    return NULL;
}

static void *leave(void *argument)
{
    const visit *const v = argument;
    if (v->kind == OPTIMIZER)
        srnn_optimizer__leave(optimizer);
    else if (v->kind == GRADIENTS)
        srnn_gradients__leave(list[v->number]);
    else
        srnn_context__leave(contexts[v->number]);
    return NULL;
}

static void on_another_thread(void *(*function)(void *), visit *v)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, function, v), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    expect_success("enter", v->status);
}

static int64_t count_steps(void)
{
    int64_t steps = -1;
    expect_success("steps", srnn_optimizer_get_int(&steps, optimizer, NULL,
                                                   SRNN_OPTIMIZER_STEPS));
    return steps;
}

/* Nothing of the others is held. */
static void use_all_but(const visit *v)
{
    for (int i = 0; i < 3; i++) {
        if (v->kind != GRADIENTS || v->number != i)
            ACCEPT(srnn_gradients_scale(&list[i], 1, 1));
    }
    for (int i = 0; i < 2; i++) {
        const float x[3] = {0};
        float y[2];
        if (v->kind != CONTEXT || v->number != i)
            ACCEPT(srnn_context_forward_contiguous(contexts[i], 1, 1, x, NULL,
                                                   y, NULL));
    }
}

static void test_busy_optimizer__steps_all_or_none(void **state)
{
    static const visit visits[] = {{GRADIENTS, 0, 0},
                                   {GRADIENTS, 1, 0},
                                   {GRADIENTS, 2, 0},
                                   {CONTEXT, 0, 0},
                                   {CONTEXT, 1, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof visits / sizeof *visits; i++) {
        visit v = visits[i];
        on_another_thread(enter, &v);
        REFUSE(SRNN_ERROR_BUSY, "another thread",
               srnn_optimizer_step(optimizer));
        use_all_but(&v);
        REFUSE(SRNN_ERROR_BUSY, "another thread",
               srnn_optimizer_step(optimizer));
        assert_int_equal(count_steps(), i);
        on_another_thread(leave, &v);
        expect_success("step", srnn_optimizer_step(optimizer));
        use_all_but(&(visit){OPTIMIZER, 0, 0});
    }
}

static srnn_weights *save(char *path)
{
    srnn_weights *weights = NULL;
    (void)strcpy(path, temporary_path("checkpoint"));
    expect_success("save",
                   srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL));
    expect_success("open", srnn_weights_open(&weights, path));
    return weights;
}

static void test_busy_optimizer__loads_all_or_nothing(void **state)
{
    static const visit visits[] = {{OPTIMIZER, 0, 0}, {GRADIENTS, 0, 0},
                                   {GRADIENTS, 1, 0}, {GRADIENTS, 2, 0},
                                   {CONTEXT, 0, 0},   {CONTEXT, 1, 0}};
    char path[512];
    (void)state;
    srnn_weights *const weights = save(path);
    for (size_t i = 0; i < sizeof visits / sizeof *visits; i++) {
        visit v = visits[i];
        expect_success("step", srnn_optimizer_step(optimizer));
        on_another_thread(enter, &v);
        REFUSE(SRNN_ERROR_BUSY, "another thread",
               srnn_optimizer_load(optimizer, weights));
        if (v.kind == OPTIMIZER)
            REFUSE(SRNN_ERROR_BUSY, "another thread",
                   srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL));
        else
            ACCEPT(srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL));
        use_all_but(&v);
        on_another_thread(leave, &v);
        assert_int_equal(count_steps(), 1);
        expect_success("load", srnn_optimizer_load(optimizer, weights));
        assert_int_equal(count_steps(), 0);
        use_all_but(&(visit){OPTIMIZER, 0, 0});
    }
    srnn_weights_destroy(weights);
}

static void test_busy_optimizer__is_left_alone(void **state)
{
    static const char says[] = "another thread is using the optimizer";
    const srnn_optimizer_option rate = SRNN_OPTIMIZER_LEARNING_RATE;
    const srnn_optimizer_option check = SRNN_OPTIMIZER_CHECK_FINITE;
    double real = -1;
    int64_t integer = -1;
    visit v = {OPTIMIZER, 0, 0};
    srnn_gradients *other = NULL;
    (void)state;
    expect_success("other", srnn_gradients_create_tensor(
                                &other, view(SECOND, F32, SHAPE(1)), "y"));
    on_another_thread(enter, &v);
    REFUSE(SRNN_ERROR_BUSY, says, srnn_optimizer_step(optimizer));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_optimizer_add(optimizer, other, "d."));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_optimizer_set_real(optimizer, NULL, rate, 1));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_optimizer_get_real(&real, optimizer, list[0], rate));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_optimizer_set_int(optimizer, NULL, check, 1));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_optimizer_get_int(&integer, optimizer, NULL, check));
    assert_true(real == -1 && integer == -1);
    ANSWER(SRNN_OPTIMIZER_KIND_ADAM, srnn_optimizer_get_kind(optimizer));
    on_another_thread(leave, &v);
    ACCEPT(srnn_optimizer_get_real(&real, optimizer, list[0], rate));
    assert_true(real == 1e-3);
    ACCEPT(srnn_optimizer_add(optimizer, other, "d."));
    ACCEPT(srnn_optimizer_get_int(&integer, optimizer, NULL, check));
    srnn_gradients_destroy(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_busy_optimizer__steps_all_or_none),
        TEST(test_busy_optimizer__loads_all_or_nothing),
        TEST(test_busy_optimizer__is_left_alone),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, misuse_setup_with_files,
                                                 misuse_teardown_with_files));
}
