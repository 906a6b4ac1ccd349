/* SPDX-License-Identifier: MIT */
/* The kernels of the limits, of every dtype and instruction set. */
#ifndef BENCH_LIMITS_KERNEL_H
#define BENCH_LIMITS_KERNEL_H

#include <stdint.h>

#include "simd/isa.h"

/* sink receives one vector, 64 bytes at most. */
typedef void bench_kernel_fma(void *sink, int64_t rounds);
/* The operations of a round. */
typedef int64_t bench_kernel_fma_size(void);
/* Reads size bytes, a multiple of 2048, so many times over. */
typedef void bench_kernel_read(void *sink, const void *bytes, int64_t size,
                               int64_t passes);

#define BENCH_KERNELS(variant)                                                 \
    bench_kernel_fma bench_kernel_fma_##variant;                               \
    bench_kernel_fma_size bench_kernel_fma_size_##variant;                     \
    bench_kernel_read bench_kernel_read_##variant;                             \
    bench_kernel_read bench_kernel_read_ahead_##variant;

#define BENCH_KERNELS_OF(id, isa, ...)                                         \
    BENCH_KERNELS(f32_##isa)                                                   \
    BENCH_KERNELS(f64_##isa)
SRNN_BUILT_ISAS(BENCH_KERNELS_OF, )

#endif
