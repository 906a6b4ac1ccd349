/* SPDX-License-Identifier: MIT */
/* Runs the kernels of the limits. A limit is the best that was seen, where a
 * row is a median. */
#include "limits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "limits_kernel.h"
#include "timing.h"

typedef struct {
    bench_kernel_fma *fma;
    bench_kernel_fma_size *fma_size;
    bench_kernel_read *read;
    bench_kernel_read *read_ahead;
} kernels;

#define KERNELS(variant)                                                       \
    {                                                                          \
        bench_kernel_fma_##variant, bench_kernel_fma_size_##variant,           \
            bench_kernel_read_##variant, bench_kernel_read_ahead_##variant     \
    }

#define ROW(id, isa, ...)                                                      \
    {SRNN_ISA_##id, KERNELS(f32_##isa), KERNELS(f64_##isa)},
static const struct {
    srnn_isa isa;
    kernels f32;
    kernels f64;
} table[] = {SRNN_BUILT_ISAS(ROW, )};

static const bench_effort effort = {0.1, 20};

srnn_isa bench_limits_isa(int number)
{
    const int count = (int)(sizeof table / sizeof *table);
    return number < count ? table[number].isa : 0;
}

static const kernels *find(srnn_isa isa, srnn_dtype dtype)
{
    size_t i = 0;
    while (table[i].isa != isa)
        i++;
    return dtype == SRNN_DTYPE_FLOAT64 ? &table[i].f64 : &table[i].f32;
}

size_t bench_limits_cache(int level)
{
    const long size =
        sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : _SC_LEVEL2_CACHE_SIZE);
    const long usual = level == 1 ? 32L << 10 : 1L << 20;
    return (size_t)(size > 0 ? size : usual);
}

/* L3 by way of L2: a virtual machine may report the L3 of another world. */
size_t bench_limits_buffer(int level)
{
    return level == 3 ? 8 * bench_limits_cache(2)
                      : bench_limits_cache(level) / 2;
}

typedef struct {
    const kernels *kernels;
    bench_kernel_read *read;
    void *bytes;
    int64_t size;
    int64_t times; /* rounds or passes of one call */
    _Alignas(64) char sink[64];
} work;

static void run_fma(void *argument)
{
    work *const w = argument;
    w->kernels->fma(w->sink, w->times);
}

double bench_limits_fma(srnn_isa isa, srnn_dtype dtype)
{
    work w = {.kernels = find(isa, dtype), .times = 20000};
    bench_times times;
    if (!bench_timing_measure(&times, &effort, run_fma, &w))
        return 0;
    return (double)(w.times * w.kernels->fma_size()) / times.min;
}

static void run_read(void *argument)
{
    work *const w = argument;
    w->read(w->sink, w->bytes, w->size, w->times);
}

static double rate_of(work *w, bench_kernel_read *read)
{
    bench_times times;
    w->read = read;
    if (!bench_timing_measure(&times, &effort, run_read, w))
        return 0;
    return (double)(w->times * w->size) / times.min;
}

/* Asking for lines ahead of time helps in some levels and harms in others. */
double bench_limits_read(srnn_isa isa, int level)
{
    enum { PAGE = 2 << 20, A_CALL = 4 << 20 };
    const size_t size = bench_limits_buffer(level) / 2048 * 2048;
    const size_t room = (size + PAGE - 1) / PAGE * PAGE;
    const kernels *const k = find(isa, SRNN_DTYPE_FLOAT32);
    void *const bytes = aligned_alloc(PAGE, room);
    if (bytes == NULL)
        return 0;
    (void)madvise(bytes, room, MADV_HUGEPAGE); /* or smaller pages: slower */
    memset(bytes, 1, room);
    work w = {.bytes = bytes,
              .size = (int64_t)size,
              .times = size < A_CALL ? A_CALL / (int64_t)size : 1};
    const double plain = rate_of(&w, k->read);
    const double ahead = rate_of(&w, k->read_ahead);
    free(bytes);
    return plain > ahead ? plain : ahead;
}
