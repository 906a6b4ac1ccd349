/* SPDX-License-Identifier: MIT */
/* Time that only grows, in nanoseconds since some moment. */
#ifndef SRNN_UTIL_CLOCK_H
#define SRNN_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t srnn_clock__now(void)
{
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

#endif
