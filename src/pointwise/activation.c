/* SPDX-License-Identifier: MIT */
/* The table of activations. */
#include "pointwise/activation.h"

#include <stdbool.h>

typedef struct {
    srnn_activation__function *tanh_f32, *tanh_f64, *relu_f32, *relu_f64;
} variants;

#define SRNN_ISA(id, suffix, test)                                             \
    [SRNN_ISA_##id] = {srnn_activation__tanh_f32_##suffix,                     \
                       srnn_activation__tanh_f64_##suffix,                     \
                       srnn_activation__relu_f32_##suffix,                     \
                       srnn_activation__relu_f64_##suffix},
static const variants table[SRNN_ISA_COUNT] = {
#include "tensor/isa.def"
};
#undef SRNN_ISA

srnn_activation__function *srnn_activation__find(srnn_nonlinearity nonlinearity,
                                                 srnn_isa isa, srnn_dtype dtype)
{
    const variants *const v = &table[isa];
    const bool is_double = dtype == SRNN_DTYPE_FLOAT64;
    if (nonlinearity == SRNN_NONLINEARITY_RELU)
        return is_double ? v->relu_f64 : v->relu_f32;
    return is_double ? v->tanh_f64 : v->tanh_f32;
}
