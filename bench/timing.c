/* SPDX-License-Identifier: MIT */
/* The one rule of measuring, which bench/peers/ follows too: warm up, then take
 * samples; a sample is as many calls as make the clock's own time small. */
#include "timing.h"

#include <stdlib.h>
#include <time.h>

static const double warm_up_seconds = 0.05;
static const double sample_seconds = 20e-6;

double bench_timing_now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double time_calls(bench_work *work, void *argument, int64_t calls)
{
    const double start = bench_timing_now();
    for (int64_t i = 0; i < calls; i++)
        work(argument);
    return bench_timing_now() - start;
}

/* Returns the calls of a sample. The first call, which takes memory and wakes
 * threads, does not count. */
static int64_t warm_up(bench_work *work, void *argument)
{
    int64_t calls = 0;
    work(argument);
    const double start = bench_timing_now();
    double elapsed = 0;
    while (elapsed < warm_up_seconds) {
        work(argument);
        calls++;
        elapsed = bench_timing_now() - start;
    }
    const double fit = sample_seconds * (double)calls / elapsed;
    return fit < 1 ? 1 : (int64_t)(fit + 1);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static bench_times summarise(double *samples, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += samples[i];
    qsort(samples, (size_t)count, sizeof *samples, compare);
    return (bench_times){
        .median = (samples[(count - 1) / 2] + samples[count / 2]) / 2,
        .mean = sum / (double)count,
        .min = samples[0],
        .samples = count};
}

bool bench_timing_measure(bench_times *out, const bench_effort *effort,
                          bench_work *work, void *argument)
{
    const int64_t calls = warm_up(work, argument);
    double *samples = NULL;
    int64_t capacity = 0;
    int64_t count = 0;
    double elapsed = 0;
    do {
        if (count == capacity) {
            capacity = 2 * capacity + 64;
            double *const grown =
                realloc(samples, (size_t)capacity * sizeof *samples);
            if (grown == NULL) {
                free(samples);
                return false;
            }
            samples = grown;
        }
        const double sample = time_calls(work, argument, calls);
        samples[count++] = sample / (double)calls;
        elapsed += sample;
    } while (count < effort->samples || elapsed < effort->seconds);
    *out = summarise(samples, count);
    free(samples);
    return true;
}

/* What looking at the clock costs, at least. */
static double clock_cost(void)
{
    enum { LOOKS = 10000 };
    double least = 1;
    for (int i = 0; i < LOOKS; i++) {
        const double start = bench_timing_now();
        const double cost = bench_timing_now() - start;
        least = cost < least ? cost : least;
    }
    return least;
}

bool bench_timing_measure_each(bench_times *out, int64_t calls,
                               bench_work *work, void *argument)
{
    const double cost = clock_cost();
    double *const samples = malloc((size_t)calls * sizeof *samples);
    if (samples == NULL)
        return false;
    (void)warm_up(work, argument);
    for (int64_t i = 0; i < calls; i++) {
        const double start = bench_timing_now();
        work(argument);
        samples[i] = bench_timing_now() - start - cost;
    }
    qsort(samples, (size_t)calls, sizeof *samples, compare);
    out->p99 = samples[(calls - 1) * 99 / 100];
    out->max = samples[calls - 1];
    free(samples);
    return true;
}
