/* SPDX-License-Identifier: MIT */
/* What a gemm provider says of itself. */
#include "gemm/gemm.h"

const char *srnn_gemm_info(srnn_gemm gemm)
{
    return srnn_gemm__info(gemm);
}
