/* SPDX-License-Identifier: MIT */
/* The table of activations. */
#include "pointwise/activation.h"

#define IN_ORDER(id, word, x)                                                  \
    _Static_assert(SRNN_NONLINEARITY_##id - SRNN_NONLINEARITY_TANH ==          \
                       SRNN_ACTIVATION_AT_##id,                                \
                   "activation.def: order of " #word);
SRNN_ACTIVATION_ROWS(IN_ORDER, )

#define OF_DTYPE(id, type, name, bytes, real, isa)                             \
    [SRNN_DTYPE_AT_##id] = srnn_activation__all_##real##_##isa,
#define OF_ISA(id, isa, ...) [SRNN_ISA_AT_##id] = {SRNN_REALS(OF_DTYPE, isa)},
static const srnn_activation_kernels *const
    table[SRNN_ISA_COUNT][SRNN_DTYPE_COUNT] = {SRNN_BUILT_ISAS(OF_ISA, )};

static const srnn_activation_kernels *kernels_of(srnn_nonlinearity nonlinearity,
                                                 srnn_isa isa, srnn_dtype dtype)
{
    return &table[srnn_isa__at(isa)][srnn_dtype__real_at(dtype)]
                 [srnn_activation__at(nonlinearity)];
}

srnn_activation_function *srnn_activation__find(srnn_nonlinearity nonlinearity,
                                                srnn_isa isa, srnn_dtype dtype)
{
    return kernels_of(nonlinearity, isa, dtype)->function;
}

srnn_activation_gradient *
srnn_activation__find_gradient(srnn_nonlinearity nonlinearity, srnn_isa isa,
                               srnn_dtype dtype)
{
    return kernels_of(nonlinearity, isa, dtype)->gradient;
}
