/* SPDX-License-Identifier: MIT */
/* The loops that the limits are measured with, compiled as the library's own
 * kernels are: once for each dtype and instruction set. */
#include "limits_kernel.h"

#include "simd/vector.h"

/* Independent chains, more than latency times throughput, that fit the
 * registers. */
enum { CHAINS = VECTOR_REGISTERS * 3 / 4 };

enum { CHAINS_OF_READ = 8, LOADS = 32, LINE = 64, AHEAD = 2048 };

/* Every chain starts elsewhere, or the compiler would make one of them all, and
 * runs to 1. */
void SRNN_KERNEL_NAME(bench_kernel_fma)(void *sink, int64_t rounds)
{
    const vector half = vector_of((real)0.5);
    vector chain[CHAINS];
#pragma GCC unroll 24
    for (int i = 0; i < CHAINS; i++)
        chain[i] = vector_of((real)i);
    for (int64_t n = 0; n < rounds; n++) {
#pragma GCC unroll 24
        for (int i = 0; i < CHAINS; i++)
            chain[i] = vector_fma(chain[i], half, half);
    }
    vector sum = chain[0];
#pragma GCC unroll 24
    for (int i = 1; i < CHAINS; i++)
        sum += chain[i];
    vector_store(sink, sum);
}

int64_t SRNN_KERNEL_NAME(bench_kernel_fma_size)(void)
{
    return 2 * (int64_t)CHAINS * VECTOR_SIZE;
}

/* size is a multiple of LOADS vectors. A long body, for in L1 the end of a pass
 * would be felt. */
static inline void read_all(void *sink, const void *bytes, int64_t size,
                            int64_t passes, int64_t ahead)
{
    mask seen[CHAINS_OF_READ] = {{0}};
    const int64_t count = size / (int64_t)sizeof(real);
    const int64_t step = (int64_t)LOADS * VECTOR_SIZE;
    for (int64_t pass = 0; pass < passes; pass++) {
        const real *values = bytes;
        const real *const end = values + count;
        for (; values < end; values += step) {
#pragma GCC unroll 32
            for (int64_t i = 0; i < LOADS; i++) {
                const real *const at = values + i * VECTOR_SIZE;
                if (ahead > 0 && i * VECTOR_BYTES % LINE == 0)
                    __builtin_prefetch((const char *)at + ahead);
                seen[i % CHAINS_OF_READ] ^= (mask)vector_load(at);
            }
        }
        __asm__ volatile("" ::: "memory"); /* a pass is not to be left out */
    }
#pragma GCC unroll 8
    for (int i = 1; i < CHAINS_OF_READ; i++)
        seen[0] ^= seen[i];
    vector_store(sink, (vector)seen[0]);
}

void SRNN_KERNEL_NAME(bench_kernel_read)(void *sink, const void *bytes,
                                         int64_t size, int64_t passes)
{
    read_all(sink, bytes, size, passes, 0);
}

void SRNN_KERNEL_NAME(bench_kernel_read_ahead)(void *sink, const void *bytes,
                                               int64_t size, int64_t passes)
{
    read_all(sink, bytes, size, passes, AHEAD);
}
