/* SPDX-License-Identifier: MIT */
/* What there is to choose from, and what OpenBLAS says of itself. */
#include "gemm/gemm.h"
#include "pointwise/activation.h"
#include "tensor/dtype.h"

const char *srnn_gemm_info(srnn_gemm gemm)
{
    return srnn_gemm__info(gemm);
}

int32_t srnn_supports(int32_t value)
{
    const bool is_gemm =
        value == SRNN_GEMM_NATIVE ||
        (value == SRNN_GEMM_OPENBLAS && SRNN_HAVE_OPENBLAS != 0);
    return is_gemm || srnn_isa__is_here(value) || srnn_dtype__is_real(value) ||
           (value >= SRNN_SCHEDULE_AUTO && value <= SRNN_SCHEDULE_COLUMNS) ||
           srnn_activation__is_known(value) ||
           (value >= SRNN_DIRECTION_FORWARD &&
            value <= SRNN_DIRECTION_BIDIRECTIONAL);
}
