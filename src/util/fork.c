/* SPDX-License-Identifier: MIT */
/* fork() itself takes the lock, so that the child finds it free and what it
 * guards whole. */
#include "util/fork.h"

#include <pthread.h>
#include <stdatomic.h>

#include "util/cancellation.h"

static atomic_uint forks;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void before_fork(void)
{
    (void)pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
    (void)pthread_mutex_unlock(&mutex);
}

/* Whoever waited is another thread, and gone. As this is the only thread, the
 * number needs no memory order. */
static void after_fork_in_child(void)
{
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
    (void)pthread_cond_init(&changed, NULL);
    (void)pthread_mutex_unlock(&mutex);
}

static void watch(void)
{
    (void)pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

unsigned int srnn_fork__generation(void)
{
    (void)pthread_once(&once, watch);
    return atomic_load_explicit(&forks, memory_order_relaxed) + 1;
}

void srnn_fork__lock(void)
{
    (void)pthread_once(&once, watch);
    (void)pthread_mutex_lock(&mutex);
}

void srnn_fork__unlock(void)
{
    (void)pthread_mutex_unlock(&mutex);
}

/* A thread that were cancelled here would take the lock with it. */
void srnn_fork__sleep(void)
{
    const int before = srnn_cancellation__hold();
    (void)pthread_cond_wait(&changed, &mutex);
    srnn_cancellation__allow(before);
}

void srnn_fork__wake(void)
{
    (void)pthread_cond_broadcast(&changed);
}
