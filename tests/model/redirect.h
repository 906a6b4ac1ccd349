/* SPDX-License-Identifier: MIT */
/* Included before everything else in the code under test: what it wants of
 * POSIX comes from the model checker. The types and the initialisers stay. */
#ifndef TESTS_MODEL_REDIRECT_H
#define TESTS_MODEL_REDIRECT_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

int model_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *unused);
int model_mutex_destroy(pthread_mutex_t *mutex);
int model_mutex_lock(pthread_mutex_t *mutex);
int model_mutex_unlock(pthread_mutex_t *mutex);
int model_cond_init(pthread_cond_t *condition,
                    const pthread_condattr_t *unused);
int model_cond_destroy(pthread_cond_t *condition);
int model_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int model_cond_broadcast(pthread_cond_t *condition);
int model_create(pthread_t *thread, const pthread_attr_t *unused,
                 void *(*start)(void *), void *argument);
int model_join(pthread_t thread, void **unused);
int model_yield(void);
int model_clock(clockid_t unused, struct timespec *now);

#define pthread_mutex_init model_mutex_init
#define pthread_mutex_destroy model_mutex_destroy
#define pthread_mutex_lock model_mutex_lock
#define pthread_mutex_unlock model_mutex_unlock
#define pthread_cond_init model_cond_init
#define pthread_cond_destroy model_cond_destroy
#define pthread_cond_wait model_cond_wait
#define pthread_cond_broadcast model_cond_broadcast
#define pthread_create model_create
#define pthread_join model_join
#define sched_yield model_yield
#define clock_gettime model_clock

/* No scenario forks, is cancelled or receives signals. */
#define pthread_once(once, function) ((void)(once), (void)(function), 0)
#define pthread_atfork(before, after, child)                                   \
    ((void)(before), (void)(after), (void)(child), 0)
#define pthread_setcancelstate(state, before) ((void)(before), 0)
#define pthread_sigmask(how, set, before) ((void)(set), (void)(before), 0)

#endif
