/* SPDX-License-Identifier: MIT */
/* The table of what packs weights. */
#include "gemm/pack.h"

#define VARIANT(id, type, name, bytes, real, isa)                              \
    [SRNN_DTYPE__AT_##id] = srnn_pack__weight_##real##_##isa,
#define VARIANTS(id, isa, ...) [SRNN_ISA__AT_##id] = {SRNN_REALS(VARIANT, isa)},
static srnn_pack__function *const all[SRNN_ISA__COUNT][SRNN_DTYPE__COUNT] = {
    SRNN_BUILT_ISAS(VARIANTS, )};

srnn_pack__function *srnn_pack__find(srnn_isa isa, srnn_dtype dtype)
{
    return all[srnn_isa__at(isa)][srnn_dtype__real_at(dtype)];
}
