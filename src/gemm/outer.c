/* SPDX-License-Identifier: MIT */
/* The table of what makes sums of outer products. */
#include "gemm/outer.h"

#define VARIANT(id, type, name, bytes, real, isa)                              \
    [SRNN_DTYPE_AT_##id] = {srnn_outer__product_##real##_##isa,                \
                            srnn_outer__sums_##real##_##isa},
#define VARIANTS(id, isa, ...) [SRNN_ISA_AT_##id] = {SRNN_REALS(VARIANT, isa)},
static const srnn_outer_kernels all[SRNN_ISA_COUNT][SRNN_DTYPE_COUNT] = {
    SRNN_BUILT_ISAS(VARIANTS, )};

srnn_outer_kernels srnn_outer__find(srnn_isa isa, srnn_dtype dtype)
{
    return all[srnn_isa__at(isa)][srnn_dtype__real_at(dtype)];
}
