/* SPDX-License-Identifier: MIT */
/* The parts of softmax over one row, each for a chunk of it. The same bits on
 * every instruction set with FMA. */
#ifndef SRNN_POINTWISE_SOFTMAX_H
#define SRNN_POINTWISE_SOFTMAX_H

#include <stdint.h>

#include "simd/isa.h"
#include "tensor/dtype.h"

enum { SRNN_SOFTMAX_CHUNK = 256 }; /* the most values of one call */

/* Numbers that are passed as double are values of the dtype. */
typedef struct {
    /* The largest of the values and of `largest`. NaN is not larger. */
    double (*find_largest)(const void *values, int64_t count, double largest);
    /* terms = exp(value - largest), each at most 1; terms may be values.
     * Returns their sum: every term is added to one of as many lanes as a cache
     * line has, by its position, and the lanes are added in pairs. */
    double (*weigh)(void *terms, const void *values, int64_t count,
                    double largest);
} srnn_softmax_kernels;

const srnn_softmax_kernels *srnn_softmax__find(srnn_isa isa, srnn_dtype dtype);

#define SRNN_SOFTMAX_DECLARE(id, type, name, bytes, real, isa)                 \
    extern const srnn_softmax_kernels srnn_softmax__kernels_##real##_##isa;
#define SRNN_SOFTMAX_DECLARE_ALL(id, isa, ...)                                 \
    SRNN_REALS(SRNN_SOFTMAX_DECLARE, isa)
SRNN_BUILT_ISAS(SRNN_SOFTMAX_DECLARE_ALL, )

#endif
