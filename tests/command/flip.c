/* SPDX-License-Identifier: MIT */
/* Loaded in front of the library, it makes a forward of two threads wrong by
 * one bit, and one by OpenBLAS by more: the doctor must see that. */
#include <dlfcn.h>

#include "simplernn.h"

typedef srnn_status forward_function(srnn_context *, const srnn_tensor *,
                                     const srnn_tensor *, srnn_tensor *,
                                     srnn_tensor *);

srnn_status srnn_context_forward(srnn_context *context,
                                 const srnn_tensor *input,
                                 const srnn_tensor *h0, srnn_tensor *output,
                                 srnn_tensor *h_n)
{
    forward_function *forward = NULL;
    int64_t threads = 0;
    int64_t gemm = 0;
    *(void **)&forward = dlsym(RTLD_NEXT, "srnn_context_forward");
    const srnn_status status = forward(context, input, h0, output, h_n);
    if (srnn_context_get_int(&threads, context, SRNN_CONTEXT_NUM_THREADS) ==
            SRNN_OK &&
        status == SRNN_OK && threads == 2)
        *(unsigned char *)srnn_tensor_data(output) ^= 1;
    if (srnn_context_get_int(&gemm, context, SRNN_CONTEXT_GEMM) == SRNN_OK &&
        status == SRNN_OK && gemm == SRNN_GEMM_OPENBLAS &&
        srnn_tensor_dtype(output) == SRNN_DTYPE_FLOAT64)
        *(double *)srnn_tensor_data(output) += 1e-13;
    return status;
}
