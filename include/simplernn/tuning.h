/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Choices of how a context computes, for measurements and tests. A later
 * version may add values, change the defaults and ignore a schedule.
 */
#ifndef SIMPLERNN_TUNING_H
#define SIMPLERNN_TUNING_H

#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An implementation of matrix products (gemm). */
typedef int32_t srnn_gemm;

/** Values of srnn_gemm. */
enum srnn_gemm_values {
    SRNN_GEMM_NATIVE = 1401,  /**< the kernels of the library. The result of a
                                   row depends, bit for bit, only on the
                                   weights, its input and its states. The rest
                                   of the batch, the position in it, the
                                   division of T into calls and the threads do
                                   not change it. All instruction sets with FMA
                                   give the same bits */
    SRNN_GEMM_OPENBLAS = 1402 /**< OpenBLAS, which is loaded when it is first
                                   chosen. There is no promise about bits */
};

/**
 * Describes a gemm implementation, without loading it. Thread-safe.
 *
 * @param gemm  any value
 * @return      for SRNN_GEMM_OPENBLAS, after it has been chosen: its
 *              configuration, the kernels that it runs and the number of its
 *              threads when it was loaded, for example "OpenBLAS 0.3.21
 *              DYNAMIC_ARCH Haswell MAX_THREADS=64; core type Haswell; threads
 *              4". Otherwise "". A static string, never NULL
 * @since 0.2
 */
SRNN_API const char *srnn_gemm_info(srnn_gemm gemm);

/** An instruction set that kernels are compiled for. */
typedef int32_t srnn_isa;

/** Values of srnn_isa. */
enum srnn_isa_values {
    SRNN_ISA_BASELINE = 1501, /**< what every processor of the architecture has,
                                   without FMA except on s390x and where the
                                   flags of the build allow it everywhere */
    SRNN_ISA_AVX2 = 1502,     /**< AVX2 and FMA */
    SRNN_ISA_AVX512 = 1503,   /**< AVX-512 F, DQ, BW and VL */
    SRNN_ISA_NEON = 1504      /**< AArch64 */
};

/** A way to divide a forward among threads. */
typedef int32_t srnn_schedule;

/** Values of srnn_schedule. */
enum srnn_schedule_values {
    SRNN_SCHEDULE_AUTO = 1601,   /**< chosen by a cost model, and for short
                                      recordings and backwards by the time
                                      that they take (recommended) */
    SRNN_SCHEDULE_SERIAL = 1602, /**< the calling thread computes everything */
    SRNN_SCHEDULE_BATCH = 1603,  /**< each thread computes some rows of the
                                      batch, and in training a part of what is
                                      done for many steps at once, too */
    SRNN_SCHEDULE_DIRECTIONS = 1604, /**< each thread computes one direction */
    SRNN_SCHEDULE_LAYERS = 1605, /**< each thread computes some layers; chunks
                                      of time pass through the layers as a
                                      wavefront */
    SRNN_SCHEDULE_COLUMNS = 1606 /**< each thread computes some columns of the
                                      hidden state, with a barrier after each
                                      step */
};

/**
 * Tells whether this build, on this machine, supports a gemm implementation, an
 * instruction set, a schedule, a dtype of an rnn, a nonlinearity or a
 * direction. Thread-safe.
 *
 * @param value  an enumerator, for example SRNN_ISA_AVX512
 * @return       1 or 0. For SRNN_GEMM_OPENBLAS, 1 means only that the build can
 *               load it. If it is not installed, choosing it fails
 * @since 0.2
 */
SRNN_API int32_t srnn_supports(int32_t value);

#ifdef __cplusplus
}
#endif

#endif
