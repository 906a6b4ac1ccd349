/* SPDX-License-Identifier: MIT */
/* Runs the kernels of the limits. The bandwidth is the best that was seen. The
 * peak is the mean of a long run on all cores that a row uses: for a moment,
 * and with the other cores idle, a core may run at a higher clock rate than
 * during the row. */
#include "limits.h"

#include <pthread.h>
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

/* One core that multiplies and adds. */
typedef struct {
    pthread_t thread;
    const kernels *kernels;
    double rate; /* operations a second */
} worker;

static void *run_fma(void *argument)
{
    enum { ROUNDS = 20000 };
    static const double seconds = 0.2;
    worker *const w = argument;
    _Alignas(64) char sink[64];
    int64_t calls = 0;
    double elapsed = 0;
    const double start = bench_timing_now();
    while (elapsed < seconds) {
        w->kernels->fma(sink, ROUNDS);
        calls++;
        elapsed = bench_timing_now() - start;
    }
    w->rate = (double)(calls * ROUNDS * w->kernels->fma_size()) / elapsed;
    return NULL;
}

/* The workers begin a fraction of a millisecond apart, which is little beside
 * the time that they run. Returns the sum of their rates, 0 after a failure. */
static double run_workers(worker *workers, int cores)
{
    int started = 1;
    while (started < cores && pthread_create(&workers[started].thread, NULL,
                                             run_fma, &workers[started]) == 0)
        started++;
    if (started == cores)
        (void)run_fma(&workers[0]);
    double rate = workers[0].rate;
    for (int i = 1; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        rate += workers[i].rate;
    }
    return started == cores ? rate : 0;
}

double bench_limits_fma(srnn_isa isa, srnn_dtype dtype, int cores)
{
    worker *const workers = calloc((size_t)cores, sizeof *workers);
    if (workers == NULL)
        return 0;
    for (int i = 0; i < cores; i++)
        workers[i].kernels = find(isa, dtype);
    const double rate = run_workers(workers, cores) / cores;
    free(workers);
    return rate;
}

typedef struct {
    bench_kernel_read *read;
    void *bytes;
    int64_t size;
    int64_t times; /* passes of one call */
    _Alignas(64) char sink[64];
} work;

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
