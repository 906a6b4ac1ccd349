/* SPDX-License-Identifier: MIT */
/* Which kernels compute a step. */
#include "cell/cell.h"
#include "util/error.h"

srnn_cell__kernels srnn_cell__choose(srnn_gemm gemm, srnn_isa isa,
                                     srnn_dtype dtype,
                                     srnn_nonlinearity nonlinearity)
{
    return (srnn_cell__kernels){
        gemm, isa, srnn_gemm__find(gemm, isa, dtype),
        srnn_activation__find(nonlinearity, isa, dtype)};
}

srnn_status srnn_cell__choose_default(srnn_cell__kernels *out, srnn_dtype dtype,
                                      srnn_nonlinearity nonlinearity)
{
    srnn_gemm gemm = 0;
    srnn_isa isa = 0;
    SRNN_TRY(srnn_gemm__default(&gemm));
    SRNN_TRY(srnn_isa__default(&isa));
    SRNN_TRY(srnn_gemm__warm_up(gemm));
    *out = srnn_cell__choose(gemm, isa, dtype, nonlinearity);
    return SRNN_OK;
}
