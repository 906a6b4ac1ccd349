/* SPDX-License-Identifier: MIT */
/* What one core of this machine can do at most. */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <simplernn.h>

enum { BENCH_LEVELS = 3 }; /* L1, L2, L3 */

/* Bytes of the data cache of level 1 or 2. */
size_t bench_limits_cache(int level);

/* Bytes of the buffer by which a level is measured: half of L1, half of L2, and
 * for L3 eight times L2. */
size_t bench_limits_buffer(int level);

/* The instruction sets of this build, the best one last; 0 behind the last. */
srnn_isa bench_limits_isa(int number);

/* Multiply-adds with nothing else to do, on so many cores at once for 0.2 s:
 * operations a second of one core, an FMA being two. 0 if there is no memory or
 * no thread. */
double bench_limits_fma(srnn_isa isa, srnn_dtype dtype, int cores);

/* Bytes a second of reading in order; 0 if there is no memory. */
double bench_limits_read(srnn_isa isa, int level);

#endif
