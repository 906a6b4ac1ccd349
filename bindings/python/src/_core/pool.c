/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdlib.h>

static pthread_mutex_t all_mutex = PTHREAD_MUTEX_INITIALIZER;
static core_pool *all;
static int64_t forks; /* between the first process and this one */

/* This thread has all mutexes. It may free an object meanwhile, because it runs
 * Python code: handlers of others, and finalizers. */
static _Thread_local bool is_forking;

static void lock_list(void)
{
    if (!is_forking)
        pthread_mutex_lock(&all_mutex);
}

static void unlock_list(void)
{
    if (!is_forking)
        pthread_mutex_unlock(&all_mutex);
}

/* With the mutex held: waits until nobody is inside. Who comes later waits. */
static void wait_for_calls(core_pool *pool)
{
    pool->waiting++;
    while (pool->is_writing || pool->inside > 0)
        pthread_cond_wait(&pool->changed, &pool->mutex);
    pool->waiting--;
}

/* The threads that are inside do not exist in the child, which would find their
 * contexts in use for ever, and parameters half written. They need no GIL to
 * end their calls, so the fork waits for them. */
void pool_before_fork(void)
{
    pthread_mutex_lock(&all_mutex);
    for (core_pool *pool = all; pool != NULL; pool = pool->next) {
        pthread_mutex_lock(&pool->mutex);
        wait_for_calls(pool);
    }
    is_forking = true;
}

void pool_after_fork(void)
{
    is_forking = false;
    for (core_pool *pool = all; pool != NULL; pool = pool->next) {
        pthread_cond_broadcast(&pool->changed);
        pthread_mutex_unlock(&pool->mutex);
    }
    pthread_mutex_unlock(&all_mutex);
}

static void make_locks(core_pool *pool)
{
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->changed, NULL);
}

/* The child has one thread, which waits for nothing. */
void pool_after_fork_in_child(void)
{
    for (core_pool *pool = all; pool != NULL; pool = pool->next) {
        make_locks(pool);
        pool->waiting = 0;
    }
    pthread_mutex_init(&all_mutex, NULL);
    is_forking = false;
    forks++;
}

int64_t pool_forks(void)
{
    return forks;
}

void pool_begin(core_pool *pool)
{
    static int64_t count;
    make_locks(pool);
    lock_list();
    if (is_forking)
        pthread_mutex_lock(&pool->mutex);
    pool->number = ++count;
    pool->next = all; /* so a fork waits for the newest one first */
    pool->link = &all;
    if (all != NULL)
        all->link = &pool->next;
    all = pool;
    unlock_list();
}

static void free_place(pool_place *place)
{
    srnn_tape_destroy(place->tape);
    srnn_context_destroy(place->context);
    free(place);
}

void pool_end(core_pool *pool)
{
    lock_list();
    *pool->link = pool->next;
    if (pool->next != NULL)
        pool->next->link = pool->link;
    unlock_list();
    while (pool->idle != NULL) {
        pool_place *const place = pool->idle;
        pool->idle = place->next;
        free_place(place);
    }
    if (is_forking)
        pthread_mutex_unlock(&pool->mutex);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->mutex);
}

/* With the mutex held. A waiting writer goes first, or it might never. */
static void enter(core_pool *pool)
{
    while (pool->is_writing || pool->waiting > 0)
        pthread_cond_wait(&pool->changed, &pool->mutex);
    pool->inside++;
}

static void leave(core_pool *pool)
{
    if (--pool->inside == 0 && pool->waiting > 0)
        pthread_cond_broadcast(&pool->changed);
}

void pool_enter(core_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    enter(pool);
    pthread_mutex_unlock(&pool->mutex);
}

void pool_leave(core_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    leave(pool);
    pthread_mutex_unlock(&pool->mutex);
}

static srnn_status make_place(pool_place **out, const srnn_rnn *rnn)
{
    pool_place *const place = calloc(1, sizeof *place);
    if (place == NULL)
        return SRNN_ERROR_NO_MEMORY;
    srnn_status status = srnn_context_create(&place->context, rnn);
    if (status == SRNN_OK)
        status = srnn_tape_create(&place->tape, rnn);
    if (status == SRNN_OK)
        status = srnn_context_get_int(&place->chosen_threads, place->context,
                                      SRNN_CONTEXT_NUM_THREADS);
    place->threads = place->chosen_threads;
    if (status == SRNN_OK)
        *out = place;
    else
        free_place(place);
    return status;
}

/* A context keeps its number of threads until another one is asked for. */
static srnn_status set_threads(pool_place *place, int64_t threads)
{
    if (threads == 0)
        threads = place->chosen_threads;
    if (threads == place->threads)
        return SRNN_OK;
    const srnn_status status =
        srnn_context_set_int(place->context, SRNN_CONTEXT_NUM_THREADS, threads);
    if (status == SRNN_OK)
        place->threads = threads;
    return status;
}

srnn_status pool_take(pool_place **out, core_pool *pool, const srnn_rnn *rnn,
                      int64_t threads)
{
    pthread_mutex_lock(&pool->mutex);
    enter(pool);
    pool_place *place = pool->idle;
    if (place != NULL)
        pool->idle = place->next;
    pthread_mutex_unlock(&pool->mutex);
    srnn_status status = SRNN_OK;
    if (place == NULL)
        status = make_place(&place, rnn);
    if (status == SRNN_OK)
        status = set_threads(place, threads);
    if (status == SRNN_OK)
        *out = place;
    else if (place != NULL)
        pool_give(pool, place);
    else
        pool_leave(pool);
    return status;
}

void pool_give(core_pool *pool, pool_place *place)
{
    pthread_mutex_lock(&pool->mutex);
    place->next = pool->idle;
    pool->idle = place;
    leave(pool);
    pthread_mutex_unlock(&pool->mutex);
}

void pool_lock(core_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    wait_for_calls(pool);
    pool->is_writing = true;
    pthread_mutex_unlock(&pool->mutex);
}

void pool_unlock(core_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->is_writing = false;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
}

static int compare(const void *a, const void *b)
{
    const int64_t first = (*(core_pool *const *)a)->number;
    const int64_t second = (*(core_pool *const *)b)->number;
    return (first < second) - (first > second);
}

int64_t pool_sort(core_pool **pools, int64_t count)
{
    int64_t left = 0;
    qsort(pools, (size_t)count, sizeof *pools, compare);
    for (int64_t i = 0; i < count; i++)
        if (left == 0 || pools[left - 1] != pools[i])
            pools[left++] = pools[i];
    return left;
}

void pool_enter_all(core_pool *const *pools, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        pool_enter(pools[i]);
}

void pool_leave_all(core_pool *const *pools, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        pool_leave(pools[i]);
}

void pool_lock_all(core_pool *const *pools, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        pool_lock(pools[i]);
}

void pool_unlock_all(core_pool *const *pools, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        pool_unlock(pools[i]);
}
