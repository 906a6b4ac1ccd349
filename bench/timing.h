/* SPDX-License-Identifier: MIT */
/* How long one call takes. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds, from any start. */
double bench_timing_now(void);

/* Samples are taken until both are reached. */
typedef struct {
    double seconds;
    int64_t samples;
} bench_effort;

/* Seconds of one call. */
typedef struct {
    double median;
    double mean;
    double min;
    double p99; /* of single calls; 0 where they were not timed */
    double max; /* the same */
    int64_t samples;
} bench_times;

typedef void bench_work(void *argument);

/* False if there is no memory for the samples. */
bool bench_timing_measure(bench_times *out, const bench_effort *effort,
                          bench_work *work, void *argument);

/* p99 and max of so many single calls, less what the clock takes: for what must
 * be quick every time. */
bool bench_timing_measure_each(bench_times *out, int64_t calls,
                               bench_work *work, void *argument);

#endif
