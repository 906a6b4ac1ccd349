/* SPDX-License-Identifier: MIT */
/* Activations and their gradients, in place. The same bits on every instruction
 * set with FMA. All of it comes from the rows of activation.def. */
#ifndef SRNN_POINTWISE_ACTIVATION_H
#define SRNN_POINTWISE_ACTIVATION_H

#include <stdbool.h>

#include "pointwise/activation.def"
#include "simd/isa.h"
#include "simplernn/config.h"
#include "tensor/dtype.h"

/* Places in tables by activation: SRNN_ACTIVATION_AT_TANH and so on. */
#define SRNN_ACTIVATION_PLACE(id, ...) SRNN_ACTIVATION_AT_##id,
enum { SRNN_ACTIVATION_ROWS(SRNN_ACTIVATION_PLACE, ) SRNN_ACTIVATION_COUNT };

static inline bool srnn_activation__is_known(int64_t nonlinearity)
{
    return nonlinearity >= SRNN_NONLINEARITY_TANH &&
           nonlinearity < SRNN_NONLINEARITY_TANH + SRNN_ACTIVATION_COUNT;
}

/* The place of a known nonlinearity. */
static inline int64_t srnn_activation__at(srnn_nonlinearity nonlinearity)
{
    return nonlinearity - SRNN_NONLINEARITY_TANH;
}

/* values[0..count) = act(values), of the dtype it was found for. */
typedef void srnn_activation_function(void *values, int64_t count);

srnn_activation_function *srnn_activation__find(srnn_nonlinearity nonlinearity,
                                                srnn_isa isa, srnn_dtype dtype);

/* g[0..count) = flushed((dy + dh) * f'(y)) for results y of the activation f:
 * one addition, then what activation_vector.h has. dy may be g; NULL stands for
 * zeros. What is smaller than tiny becomes +0; tiny 0 keeps all. */
typedef void srnn_activation_gradient(void *g, const void *dy, const void *dh,
                                      const void *y, int64_t count,
                                      double tiny);

srnn_activation_gradient *
srnn_activation__find_gradient(srnn_nonlinearity nonlinearity, srnn_isa isa,
                               srnn_dtype dtype);

typedef struct {
    srnn_activation_function *function;
    srnn_activation_gradient *gradient;
} srnn_activation_kernels;

/* What a kernel file has: the kernels of all activations. */
#define SRNN_ACTIVATION_ALL(id, type, name, bytes, real, isa)                  \
    extern const srnn_activation_kernels                                       \
        srnn_activation__all_##real##_##isa[SRNN_ACTIVATION_COUNT];
#define SRNN_ACTIVATION_OF_ISA(id, isa, ...)                                   \
    SRNN_REALS(SRNN_ACTIVATION_ALL, isa)
SRNN_BUILT_ISAS(SRNN_ACTIVATION_OF_ISA, )

#endif
