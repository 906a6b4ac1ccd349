/* SPDX-License-Identifier: MIT */
/* What redirect.h offers. */
#include "model.h"
#include "redirect.h"
#include "threads.h"

int model_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *unused)
{
    (void)mutex;
    (void)unused;
    return 0;
}

int model_mutex_destroy(pthread_mutex_t *mutex)
{
    model_check(!threads_is_locked(memory_object(mutex, 1)),
                "a mutex is destroyed that is held");
    return 0;
}

int model_mutex_lock(pthread_mutex_t *mutex)
{
    threads_lock(memory_object(mutex, 1));
    return 0;
}

int model_mutex_unlock(pthread_mutex_t *mutex)
{
    const int object = memory_object(mutex, 1);
    model_check(threads_is_owner(object), "a mutex is unlocked by another");
    threads_unlock(object);
    return 0;
}

int model_cond_init(pthread_cond_t *condition, const pthread_condattr_t *unused)
{
    (void)condition;
    (void)unused;
    return 0;
}

int model_cond_destroy(pthread_cond_t *condition)
{
    model_check(!threads_has_sleepers(memory_object(condition, 1)),
                "a condition is destroyed where a thread sleeps");
    return 0;
}

/* It may wake without a reason. */
int model_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    const int object = memory_object(condition, 1);
    memory_order_wait(threads_reach((op){OP_WAIT, object, false}), object);
    if (!memory_fails_spuriously())
        threads_sleep(object);
    (void)model_mutex_unlock(mutex);
    return model_mutex_lock(mutex);
}

int model_cond_broadcast(pthread_cond_t *condition)
{
    const int object = memory_object(condition, 1);
    memory_order_wake(threads_reach((op){OP_WAKE, object, false}), object);
    threads_wake(object);
    threads_pass();
    return 0;
}

int model_create(pthread_t *thread, const pthread_attr_t *unused,
                 void *(*start)(void *), void *argument)
{
    (void)unused;
    *thread = (pthread_t)threads_start(start, argument);
    return 0;
}

int model_join(pthread_t thread, void **unused)
{
    (void)unused;
    threads_join((int)thread);
    return 0;
}

/* A loop whose last load did not find what it waits for: reading the same
 * store once more would change nothing. */
int model_yield(void)
{
    knowledge *const knows = threads_knowledge();
    knows->stuck_at = knows->last_object;
    return 0;
}

/* Time passes with every look. */
int model_clock(clockid_t unused, struct timespec *now)
{
    static int64_t seconds;
    (void)unused;
    *now = (struct timespec){.tv_sec = ++seconds};
    return 0;
}
