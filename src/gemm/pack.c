/* SPDX-License-Identifier: MIT */
/* The table of what packs weights. */
#include "gemm/pack.h"

typedef struct {
    srnn_pack__function *f32;
    srnn_pack__function *f64;
} variants;

#define SRNN_ISA(id, suffix, test)                                             \
    [SRNN_ISA_##id] = {srnn_pack__weight_f32_##suffix,                         \
                       srnn_pack__weight_f64_##suffix},
static const variants all[SRNN_ISA_COUNT] = {
#include "tensor/isa.def"
};
#undef SRNN_ISA

srnn_pack__function *srnn_pack__find(srnn_isa isa, srnn_dtype dtype)
{
    return dtype == SRNN_DTYPE_FLOAT64 ? all[isa].f64 : all[isa].f32;
}
