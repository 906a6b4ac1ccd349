/* SPDX-License-Identifier: MIT */
/* The table of what packs weights. */
#include "gemm/pack.h"

#define VARIANT(id, type, name, bytes, real, isa)                              \
    [SRNN_DTYPE__AT_##id] = srnn_pack__weight_##real##_##isa,
#define SRNN_ISA(id, suffix, test)                                             \
    [SRNN_ISA_INDEX(SRNN_ISA_##id)] = {SRNN_REALS(VARIANT, suffix)},
static srnn_pack__function *const all[SRNN_ISA_COUNT][SRNN_DTYPE__COUNT] = {
#include "simd/isa.def"
};
#undef SRNN_ISA

srnn_pack__function *srnn_pack__find(srnn_isa isa, srnn_dtype dtype)
{
    return all[SRNN_ISA_INDEX(isa)][srnn_dtype__real_at(dtype)];
}
