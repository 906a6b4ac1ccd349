/* SPDX-License-Identifier: MIT */
/* Loaded in front of the library, it lets OpenBLAS say of itself what PRETEND
 * in the environment says. */
#include <stdlib.h>

#include "simplernn.h"

const char *srnn_gemm_info(srnn_gemm gemm)
{
    return gemm == SRNN_GEMM_OPENBLAS ? getenv("PRETEND") : "";
}
