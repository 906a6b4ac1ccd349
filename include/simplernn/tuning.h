/* SPDX-License-Identifier: MIT */
/**
 * @file
 * How a context computes. These are hints for measuring and testing: a later
 * version may add values, choose others by default and ignore a schedule.
 */
#ifndef SIMPLERNN_TUNING_H
#define SIMPLERNN_TUNING_H

#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Which implementation multiplies matrices. */
typedef int32_t srnn_gemm;

/** Values of srnn_gemm. */
enum srnn_gemm_values {
    SRNN_GEMM_NATIVE = 1401,  /**< the library's own kernels. The bits of a row
                                   depend on the weights, its input and its
                                   states alone: not on the batch, its position,
                                   the split of T or the threads, and on every
                                   instruction set with FMA they are the same */
    SRNN_GEMM_OPENBLAS = 1402 /**< OpenBLAS, which is loaded when it is first
                                   chosen; no promise about bits */
};

/**
 * What a gemm implementation says of itself. Loads nothing. Any thread.
 *
 * @param gemm  any value
 * @return      for SRNN_GEMM_OPENBLAS, once it has been chosen, its
 *              configuration, the kernels that it runs and the number of its
 *              threads when it was loaded, for example "OpenBLAS 0.3.21
 *              DYNAMIC_ARCH Haswell MAX_THREADS=64; core type Haswell; threads
 *              4"; for everything else "". Static text, never NULL
 * @since 0.2
 */
SRNN_API const char *srnn_gemm_info(srnn_gemm gemm);

/** The instruction set of the kernels. */
typedef int32_t srnn_isa;

/** Values of srnn_isa. */
enum srnn_isa_values {
    SRNN_ISA_BASELINE = 1501, /**< what every processor of the kind has; no FMA
                               */
    SRNN_ISA_AVX2 = 1502,     /**< AVX2 and FMA */
    SRNN_ISA_AVX512 = 1503,   /**< AVX-512 F, DQ, BW and VL */
    SRNN_ISA_NEON = 1504      /**< AArch64 */
};

/** How threads share the work of a forward. */
typedef int32_t srnn_schedule;

/** Values of srnn_schedule. */
enum srnn_schedule_values {
    SRNN_SCHEDULE_AUTO = 1601,   /**< chosen by a cost model (recommended) */
    SRNN_SCHEDULE_SERIAL = 1602, /**< the calling thread alone */
    SRNN_SCHEDULE_BATCH = 1603,  /**< each thread some rows of the batch */
    SRNN_SCHEDULE_DIRECTIONS = 1604, /**< one thread for each direction */
    SRNN_SCHEDULE_LAYERS = 1605, /**< each thread some layers, as a wavefront
                                      of time chunks */
    SRNN_SCHEDULE_COLUMNS = 1606 /**< each thread some columns of the hidden
                                      state, with a barrier after each step
                                  */
};

/**
 * Tells whether this build on this machine has a gemm implementation, an
 * instruction set, a schedule, a dtype of an rnn, a nonlinearity or a
 * direction. Any thread.
 *
 * @param value  an enumerator, for example SRNN_ISA_AVX512
 * @return       1 or 0. For SRNN_GEMM_OPENBLAS, 1 means that the build can load
 *               it; whether it is installed shows when it is chosen
 * @since 0.2
 */
SRNN_API int32_t srnn_supports(int32_t value);

#ifdef __cplusplus
}
#endif

#endif
