/* SPDX-License-Identifier: MIT */
/* A counter that only grows, and threads that wait for it: a short spin, then
 * sleep, so that a waiter never takes the core of the one it waits for. */
#ifndef SRNN_UTIL_EVENT_H
#define SRNN_UTIL_EVENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    _Alignas(64) _Atomic int64_t value; /* alone on its cache line */
    _Alignas(64) atomic_int sleepers;
    pthread_mutex_t mutex; /* only where somebody sleeps */
    pthread_cond_t grown;
} srnn_event;

void srnn_event__init(srnn_event *event);
void srnn_event__destroy(srnn_event *event);

/* Lets the value grow; what this thread wrote before is seen by waiters. */
void srnn_event__raise(srnn_event *event, int64_t value);

/* Is somebody asleep, or about to be? */
bool srnn_event__has_sleepers(const srnn_event *event);

/* Returns when the value is at least this, and for how many nanoseconds it
 * waited, roughly: 0 for a wait that is too short to read the clock. spin: it
 * spins for so long before it sleeps. */
int64_t srnn_event__wait(srnn_event *event, int64_t value, int64_t spin);

#endif
