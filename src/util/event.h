/* SPDX-License-Identifier: MIT */
/* A counter that only grows, and threads that wait for it: a short spin, then
 * sleep, so that a waiter never takes the core of the one it waits for. */
#ifndef SRNN_UTIL_GATE_H
#define SRNN_UTIL_GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    _Alignas(64) _Atomic int64_t value; /* alone on its cache line */
    _Alignas(64) atomic_int sleepers;
    pthread_mutex_t mutex; /* only where somebody sleeps */
    pthread_cond_t grown;
} srnn_gate;

void srnn_gate__init(srnn_gate *gate);
void srnn_gate__destroy(srnn_gate *gate);

/* Lets the value grow; what this thread wrote before is seen by waiters. */
void srnn_gate__raise(srnn_gate *gate, int64_t value);

/* Is somebody asleep, or about to be? */
bool srnn_gate__has_sleepers(const srnn_gate *gate);

/* Returns when the value is at least this; true if it had to sleep. patience:
 * nanoseconds of spinning before that. */
bool srnn_gate__wait(srnn_gate *gate, int64_t value, int64_t patience);

#endif
