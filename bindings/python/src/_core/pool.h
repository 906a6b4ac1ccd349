/* SPDX-License-Identifier: MIT */
/* Who may run or write an rnn or a linear layer at this moment, and the idle
 * contexts of an rnn.
 *
 * Any number of threads may run an object, each with a context of its own. A
 * thread that writes parameters waits until nobody runs it, and those who come
 * later wait for the writer. Call these functions without the GIL, because they
 * wait, and run no Python code between take and give: it could write.
 *
 * A thread that needs several pools enters or locks the newest one first, as a
 * fork does. So no two threads wait for each other. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <pthread.h>
#include <simplernn.h>
#include <stdbool.h>

/* What a thread needs to run an rnn. */
typedef struct pool_place {
    srnn_context *context;
    srnn_tape *tape;
    int64_t threads;        /* the option of the context now */
    int64_t chosen_threads; /* by the library */
    struct pool_place *next;
} pool_place;

typedef struct core_pool {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pool_place *idle;
    int64_t inside;  /* threads that run or read the rnn */
    int64_t waiting; /* threads that want to write it */
    bool is_writing;
    int64_t number;         /* counts up from pool to pool */
    struct core_pool *next; /* of all pools, for fork */
    struct core_pool **link;
} core_pool;

/* Around os.fork(). Handlers of pthread_atfork() would be too late: those of
 * the library run first, and then no call can end. */
void pool_before_fork(void);
void pool_after_fork(void);
void pool_after_fork_in_child(void);

/* Another number in a child than in its parent. */
int64_t pool_forks(void);

void pool_begin(core_pool *pool);
void pool_end(core_pool *pool);

/* To read the rnn. */
void pool_enter(core_pool *pool);
void pool_leave(core_pool *pool);

/* To run the rnn with at most `threads` threads, or as many as the library
 * chooses if that is 0. */
srnn_status pool_take(pool_place **out, core_pool *pool, const srnn_rnn *rnn,
                      int64_t threads);
void pool_give(core_pool *pool, pool_place *place);

/* To write it. */
void pool_lock(core_pool *pool);
void pool_unlock(core_pool *pool);

/* Sorts pools, the newest one first, and drops those that occur again. Returns
 * how many are left. */
int64_t pool_sort(core_pool **pools, int64_t count);

/* To read or to write all of a sorted list. */
void pool_enter_all(core_pool *const *pools, int64_t count);
void pool_leave_all(core_pool *const *pools, int64_t count);
void pool_lock_all(core_pool *const *pools, int64_t count);
void pool_unlock_all(core_pool *const *pools, int64_t count);

#endif
