/* SPDX-License-Identifier: MIT */
/* Threads as coroutines. One runs up to its next operation that others could
 * notice, and waits there until the search lets it go on. */
#ifndef TESTS_MODEL_THREADS_H
#define TESTS_MODEL_THREADS_H

#include <stddef.h>

#include "memory.h"
#include "search.h"

typedef enum {
    EXECUTION_ENDS,
    EXECUTION_IS_CUT, /* it would only repeat others */
    EXECUTION_FAILS
} execution_end;

/* One execution. */
execution_end threads_run(void (*body)(void));

/* Why it failed. */
const char *threads_failure(void);

/* Fails the execution; does not return. */
void threads_fail(const char *what) __attribute__((noreturn));

/* For the hooks: waits until the running thread may do this, and gives what it
 * knows. */
knowledge *threads_reach(op what);

/* The running thread has done it. */
void threads_pass(void);

/* A plain access of the running thread. */
void threads_access(const void *address, size_t size, bool writes);

knowledge *threads_knowledge(void);

/* Mutexes, as the running thread. */
void threads_lock(int object);
void threads_unlock(int object);
bool threads_is_owner(int object);
bool threads_is_locked(int object);

/* Conditions: to sleep from the next operation on, and to wake all. */
void threads_sleep(int object);
void threads_wake(int object);
bool threads_has_sleepers(int object);

/* Gives the number of the thread. */
int threads_start(void *(*start)(void *), void *argument);
void threads_join(int number);

#endif
