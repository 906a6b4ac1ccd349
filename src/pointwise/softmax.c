/* SPDX-License-Identifier: MIT */
/* The table of what computes softmax. */
#include "pointwise/softmax.h"

#define OF_DTYPE(id, type, name, bytes, real, isa)                             \
    [SRNN_DTYPE_AT_##id] = &srnn_softmax__kernels_##real##_##isa,
#define OF_ISA(id, isa, ...) [SRNN_ISA_AT_##id] = {SRNN_REALS(OF_DTYPE, isa)},
static const srnn_softmax_kernels *const
    table[SRNN_ISA_COUNT][SRNN_DTYPE_COUNT] = {SRNN_BUILT_ISAS(OF_ISA, )};

const srnn_softmax_kernels *srnn_softmax__find(srnn_isa isa, srnn_dtype dtype)
{
    return table[srnn_isa__at(isa)][srnn_dtype__real_at(dtype)];
}
