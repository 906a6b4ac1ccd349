/* SPDX-License-Identifier: MIT */
/* The fast path of both sides is one atomic access. */
#include "util/event.h"

#include "util/clock.h"

void srnn_event__init(srnn_event *event)
{
    atomic_init(&event->value, 0);
    atomic_init(&event->sleepers, 0);
    (void)pthread_mutex_init(&event->mutex, NULL);
    (void)pthread_cond_init(&event->grown, NULL);
}

void srnn_event__destroy(srnn_event *event)
{
    (void)pthread_cond_destroy(&event->grown);
    (void)pthread_mutex_destroy(&event->mutex);
}

/* Sequentially consistent on both sides: either the sleeper sees the value, or
 * this sees the sleeper. A store would do, but qemu (seen with 7.2, AArch64 on
 * x86) lets the load pass it, and a sleeper is never woken. It lets no load
 * pass an exchange, which is what compilers make of the store on x86. */
void srnn_event__raise(srnn_event *event, int64_t value)
{
    (void)atomic_exchange(&event->value, value);
    if (atomic_load(&event->sleepers) == 0)
        return;
    (void)pthread_mutex_lock(&event->mutex);
    (void)pthread_cond_broadcast(&event->grown);
    (void)pthread_mutex_unlock(&event->mutex);
}

bool srnn_event__has_sleepers(const srnn_event *event)
{
    return atomic_load_explicit(&event->sleepers, memory_order_relaxed) != 0;
}

static bool has_reached(srnn_event *event, int64_t value)
{
    return atomic_load_explicit(&event->value, memory_order_acquire) >= value;
}

static void pause_core(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static void sleep_until(srnn_event *event, int64_t value)
{
    (void)pthread_mutex_lock(&event->mutex);
    atomic_fetch_add(&event->sleepers, 1);
    while (atomic_load(&event->value) < value)
        (void)pthread_cond_wait(&event->grown, &event->mutex);
    /* Who raises too early to see this takes the mutex for nothing. */
    atomic_fetch_sub_explicit(&event->sleepers, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&event->mutex);
}

/* The clock is read between bursts of pauses, whose length differs by a factor
 * of ten from one core to another. */
int64_t srnn_event__wait(srnn_event *event, int64_t value, int64_t spin)
{
    enum { BURST = 32 };
    int64_t start = 0;
    int64_t now = 0;
    while (now - start <= spin && spin > 0) {
        for (int i = 0; i < BURST; i++) {
            if (has_reached(event, value))
                return now - start;
            pause_core();
        }
        now = srnn_clock__now();
        if (start == 0)
            start = now;
    }
    if (has_reached(event, value))
        return now - start;
    if (start == 0)
        start = srnn_clock__now();
    sleep_until(event, value);
    return srnn_clock__now() - start;
}
