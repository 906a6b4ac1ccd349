/* SPDX-License-Identifier: MIT */
/* The table of activations. */
#include "pointwise/activation.h"

#include "tensor/dtype.h"

typedef struct {
    srnn_activation__function *tanh, *relu;
} variants;

#define VARIANTS(id, type, name, bytes, real, isa)                             \
    [SRNN_DTYPE__AT_##id] = {srnn_activation__tanh_##real##_##isa,             \
                             srnn_activation__relu_##real##_##isa},
#define SRNN_ISA(id, suffix, test)                                             \
    [SRNN_ISA_INDEX(SRNN_ISA_##id)] = {SRNN_REALS(VARIANTS, suffix)},
static const variants table[SRNN_ISA_COUNT][SRNN_DTYPE__COUNT] = {
#include "simd/isa.def"
};
#undef SRNN_ISA

srnn_activation__function *srnn_activation__find(srnn_nonlinearity nonlinearity,
                                                 srnn_isa isa, srnn_dtype dtype)
{
    const variants *const v =
        &table[SRNN_ISA_INDEX(isa)][srnn_dtype__real_at(dtype)];
    return nonlinearity == SRNN_NONLINEARITY_RELU ? v->relu : v->tanh;
}
