/* SPDX-License-Identifier: MIT */
/* Events: no wake-up is lost, and what was written before a raise is seen. */
#include <pthread.h>

#include "model.h"
#include "util/event.h"

static srnn_event *one;
static srnn_event *two;
static int *data;
static int64_t spin;

static void create(void)
{
    one = model_allocate(sizeof *one);
    two = model_allocate(sizeof *two);
    data = model_allocate(sizeof *data);
    srnn_event__init(one);
    srnn_event__init(two);
    spin = 0;
}

static void destroy(void)
{
    srnn_event__destroy(one);
    srnn_event__destroy(two);
}

static void *await_data(void *unused)
{
    (void)srnn_event__wait(one, 1, spin);
    model_check(*data == 1, "data written before the raise is not seen");
    return unused;
}

static void *await_and_raise(void *unused)
{
    (void)srnn_event__wait(one, 1, 0);
    srnn_event__raise(two, 1);
    return unused;
}

static void raise_after_data(void)
{
    *data = 1;
    srnn_event__raise(one, 1);
}

static void start(pthread_t *thread, void *(*function)(void *))
{
    model_check(pthread_create(thread, NULL, function, NULL) == 0, "create");
}

static void one_waits(void)
{
    pthread_t thread;
    create();
    start(&thread, await_data);
    raise_after_data();
    (void)pthread_join(thread, NULL);
    destroy();
}

static void one_spins(void)
{
    pthread_t thread;
    create();
    spin = 1;
    start(&thread, await_data);
    raise_after_data();
    (void)pthread_join(thread, NULL);
    destroy();
}

static void two_wait(void)
{
    pthread_t threads[2];
    create();
    for (int i = 0; i < 2; i++)
        start(&threads[i], await_data);
    raise_after_data();
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    destroy();
}

/* What the second waiter sees comes through the first one. */
static void one_hands_on(void)
{
    pthread_t thread;
    create();
    start(&thread, await_and_raise);
    raise_after_data();
    (void)srnn_event__wait(two, 1, 0);
    model_check(*data == 1, "data is not seen through another thread");
    (void)pthread_join(thread, NULL);
    destroy();
}

/* The value grows in two steps; the waiter wants the second. */
static void *await_second(void *unused)
{
    (void)srnn_event__wait(one, 2, 0);
    model_check(*data == 2, "data of the second raise is not seen");
    return unused;
}

static void two_raises(void)
{
    pthread_t thread;
    create();
    start(&thread, await_second);
    raise_after_data();
    *data = 2;
    srnn_event__raise(one, 2);
    (void)pthread_join(thread, NULL);
    destroy();
}

/* Each waits for the other, and writes what the other has read. */
static void *answer(void *unused)
{
    (void)srnn_event__wait(one, 1, 0);
    *data += 1;
    srnn_event__raise(two, 1);
    return unused;
}

static void in_turns(void)
{
    pthread_t thread;
    create();
    start(&thread, answer);
    raise_after_data();
    (void)srnn_event__wait(two, 1, 0);
    *data += 1;
    model_check(*data == 3, "a turn is lost");
    (void)pthread_join(thread, NULL);
    destroy();
}

#define ALL(name)                                                              \
    {                                                                          \
#name, name, 0, MODEL_UNBOUNDED                                        \
    }

const model_scenario model_events[] = {
    ALL(one_waits),  ALL(one_spins), ALL(two_wait),      ALL(one_hands_on),
    ALL(two_raises), ALL(in_turns),  {NULL, NULL, 0, 0},
};
