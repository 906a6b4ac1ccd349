/* SPDX-License-Identifier: MIT */
/* Which kernels compute a step. */
#include "cell/cell.h"
#include "tensor/dtype.h"
#include "util/error.h"

typedef struct {
    srnn_recur__function *tanh, *relu;
} recur_variants;

#define VARIANTS(id, type, name, bytes, real, isa)                             \
    [SRNN_DTYPE__AT_##id] = {srnn_recur__tanh_##real##_##isa,                  \
                             srnn_recur__relu_##real##_##isa},
#define SRNN_ISA(id, suffix, test)                                             \
    [SRNN_ISA_INDEX(SRNN_ISA_##id)] = {SRNN_REALS(VARIANTS, suffix)},
static const recur_variants recur_table[SRNN_ISA_COUNT][SRNN_DTYPE__COUNT] = {
#include "simd/isa.def"
};
#undef SRNN_ISA

static srnn_recur__function *find_recur(srnn_isa isa, srnn_dtype dtype,
                                        srnn_nonlinearity nonlinearity)
{
    const recur_variants *const v =
        &recur_table[SRNN_ISA_INDEX(isa)][srnn_dtype__real_at(dtype)];
    return nonlinearity == SRNN_NONLINEARITY_RELU ? v->relu : v->tanh;
}

srnn_cell__kernels srnn_cell__choose(srnn_gemm gemm, srnn_isa isa,
                                     srnn_dtype dtype,
                                     srnn_nonlinearity nonlinearity)
{
    return (srnn_cell__kernels){
        gemm, isa, srnn_gemm__find(gemm, isa, dtype),
        srnn_activation__find(nonlinearity, isa, dtype),
        gemm == SRNN_GEMM_NATIVE ? find_recur(isa, dtype, nonlinearity) : NULL};
}

srnn_status srnn_cell__choose_default(srnn_cell__kernels *out, srnn_dtype dtype,
                                      srnn_nonlinearity nonlinearity,
                                      int64_t hidden_size)
{
    srnn_gemm gemm = 0;
    srnn_isa isa = 0;
    SRNN_TRY(srnn_gemm__default(&gemm));
    SRNN_TRY(srnn_isa__default(&isa, hidden_size * srnn_dtype__size(dtype)));
    SRNN_TRY(srnn_gemm__warm_up(gemm));
    *out = srnn_cell__choose(gemm, isa, dtype, nonlinearity);
    return SRNN_OK;
}
