/* SPDX-License-Identifier: MIT */
/* The fast path of both sides is one atomic access. */
#include "util/gate.h"

#include <time.h>

void srnn_gate__init(srnn_gate *gate)
{
    atomic_init(&gate->value, 0);
    atomic_init(&gate->sleepers, 0);
    (void)pthread_mutex_init(&gate->mutex, NULL);
    (void)pthread_cond_init(&gate->grown, NULL);
}

void srnn_gate__destroy(srnn_gate *gate)
{
    (void)pthread_cond_destroy(&gate->grown);
    (void)pthread_mutex_destroy(&gate->mutex);
}

/* Sequentially consistent on both sides: either the sleeper sees the value, or
 * this sees the sleeper. */
void srnn_gate__raise(srnn_gate *gate, int64_t value)
{
    atomic_store(&gate->value, value);
    if (atomic_load(&gate->sleepers) == 0)
        return;
    (void)pthread_mutex_lock(&gate->mutex);
    (void)pthread_cond_broadcast(&gate->grown);
    (void)pthread_mutex_unlock(&gate->mutex);
}

bool srnn_gate__has_sleepers(const srnn_gate *gate)
{
    return atomic_load_explicit(&gate->sleepers, memory_order_relaxed) != 0;
}

static bool has_reached(srnn_gate *gate, int64_t value)
{
    return atomic_load_explicit(&gate->value, memory_order_acquire) >= value;
}

static void pause_core(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static bool sleep_until(srnn_gate *gate, int64_t value)
{
    (void)pthread_mutex_lock(&gate->mutex);
    atomic_fetch_add(&gate->sleepers, 1);
    bool has_slept = false;
    while (atomic_load(&gate->value) < value) {
        (void)pthread_cond_wait(&gate->grown, &gate->mutex);
        has_slept = true;
    }
    atomic_fetch_sub(&gate->sleepers, 1);
    (void)pthread_mutex_unlock(&gate->mutex);
    return has_slept;
}

static int64_t now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* The clock is read between bursts of pauses, whose length differs by a factor
 * of ten from one core to another. */
bool srnn_gate__wait(srnn_gate *gate, int64_t value, int64_t patience)
{
    enum { BURST = 32 };
    int64_t deadline = 0;
    while (patience > 0) {
        for (int i = 0; i < BURST; i++) {
            if (has_reached(gate, value))
                return false;
            pause_core();
        }
        if (deadline == 0)
            deadline = now() + patience;
        else if (now() > deadline)
            break;
    }
    return !has_reached(gate, value) && sleep_until(gate, value);
}
