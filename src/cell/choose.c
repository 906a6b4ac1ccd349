/* SPDX-License-Identifier: MIT */
/* Which kernels compute a step. */
#include <stdbool.h>

#include "cell/cell.h"
#include "tensor/dtype.h"
#include "util/error.h"

typedef struct {
    srnn_recur__function *tanh_f32, *tanh_f64, *relu_f32, *relu_f64;
} recur_variants;

#define SRNN_ISA(id, suffix, test)                                             \
    [SRNN_ISA_##                                                               \
        id] = {srnn_recur__tanh_f32_##suffix, srnn_recur__tanh_f64_##suffix,   \
               srnn_recur__relu_f32_##suffix, srnn_recur__relu_f64_##suffix},
static const recur_variants recur_table[SRNN_ISA_COUNT] = {
#include "tensor/isa.def"
};
#undef SRNN_ISA

static srnn_recur__function *find_recur(srnn_isa isa, srnn_dtype dtype,
                                        srnn_nonlinearity nonlinearity)
{
    const recur_variants *const v = &recur_table[isa];
    const bool is_double = dtype == SRNN_DTYPE_FLOAT64;
    if (nonlinearity == SRNN_NONLINEARITY_RELU)
        return is_double ? v->relu_f64 : v->relu_f32;
    return is_double ? v->tanh_f64 : v->tanh_f32;
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
