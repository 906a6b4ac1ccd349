/* SPDX-License-Identifier: MIT */
/* The table of what packs weights. */
#include "gemm/pack.h"

#define VARIANT(id, type, name, bytes, real, isa)                              \
    [SRNN_DTYPE_AT_##id] = srnn_pack__weight_##real##_##isa,
#define VARIANTS(id, isa, ...) [SRNN_ISA_AT_##id] = {SRNN_REALS(VARIANT, isa)},
static srnn_pack_function *const all[SRNN_ISA_COUNT][SRNN_DTYPE_COUNT] = {
    SRNN_BUILT_ISAS(VARIANTS, )};

srnn_pack_function *srnn_pack__find(srnn_isa isa, srnn_dtype dtype)
{
    return all[srnn_isa__at(isa)][srnn_dtype__real_at(dtype)];
}
