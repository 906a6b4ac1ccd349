/* SPDX-License-Identifier: MIT */
/* How this thread rounds and whether it flushes subnormals: one register. */
#ifndef SRNN_UTIL_FLOAT_MODE_H
#define SRNN_UTIL_FLOAT_MODE_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t srnn_float_mode__get(void)
{
#if defined(__SSE__)
    return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__)
    uint64_t mode = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
#elif defined(__arm__) && defined(__ARM_FP)
    uint32_t mode = 0;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(mode));
    return mode;
#elif defined(__s390x__)
    uint32_t mode = 0;
    __asm__ volatile("efpc %0" : "=r"(mode));
    return mode;
#else
    return 0;
#endif
}

static inline void srnn_float_mode__set(uint64_t mode)
{
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr((unsigned int)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#elif defined(__arm__) && defined(__ARM_FP)
    __asm__ volatile("vmsr fpscr, %0" : : "r"((uint32_t)mode));
#elif defined(__s390x__)
    __asm__ volatile("sfpc %0" : : "r"((uint32_t)mode));
#else
    (void)mode;
#endif
}

/* Back to a mode that get() gave, except for what operations raised since then:
 * except on AArch64, those flags are in the same register. */
static inline void srnn_float_mode__restore(uint64_t mode)
{
#if defined(__SSE__)
    mode |= srnn_float_mode__get() & 0x3f;
#elif defined(__arm__) && defined(__ARM_FP)
    mode |= srnn_float_mode__get() & 0x9f;
#elif defined(__s390x__)
    mode |= srnn_float_mode__get() & 0x00f80000;
#endif
    srnn_float_mode__set(mode);
}

/* The same mode with subnormals read and written as zero: MXCSR's FTZ and DAZ,
 * FZ of FPCR and FPSCR. Other processors keep them. */
static inline uint64_t srnn_float_mode__flushing(uint64_t mode)
{
#if defined(__SSE__)
    return mode | 0x8040u;
#elif defined(__aarch64__) || (defined(__arm__) && defined(__ARM_FP))
    return mode | UINT64_C(1) << 24;
#else
    return mode;
#endif
}

/* Around a call that flushes or not: begin gives what end takes. Where nothing
 * is to change, nothing is looked at. */
static inline uint64_t srnn_float_mode__begin(bool flushes)
{
    if (!flushes)
        return 0;
    const uint64_t before = srnn_float_mode__get();
    srnn_float_mode__set(srnn_float_mode__flushing(before));
    return before;
}

static inline void srnn_float_mode__end(bool flushes, uint64_t before)
{
    if (flushes)
        srnn_float_mode__restore(before);
}

#endif
