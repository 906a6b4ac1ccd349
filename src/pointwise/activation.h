/* SPDX-License-Identifier: MIT */
/* Activations, in place. The same bits on every instruction set with FMA. */
#ifndef SRNN_POINTWISE_ACTIVATION_H
#define SRNN_POINTWISE_ACTIVATION_H

#include "simd/isa.h"
#include "simplernn/config.h"

/* values[0..count) = act(values), of the dtype it was found for. */
typedef void srnn_activation__function(void *values, int64_t count);

srnn_activation__function *srnn_activation__find(srnn_nonlinearity nonlinearity,
                                                 srnn_isa isa,
                                                 srnn_dtype dtype);

#define SRNN_ISA(id, suffix, test)                                             \
    srnn_activation__function srnn_activation__tanh_f32_##suffix,              \
        srnn_activation__tanh_f64_##suffix,                                    \
        srnn_activation__relu_f32_##suffix,                                    \
        srnn_activation__relu_f64_##suffix;
#include "simd/isa.def"
#undef SRNN_ISA

#endif
