/* SPDX-License-Identifier: MIT */
/* OpenBLAS as a whole: its first use and its name. The product is in
 * openblas_tmpl.c. The global thread count is never touched. */
#include <cblas.h>
#include <pthread.h>
#include <stdio.h>

#include "gemm/gemm.h"
#include "util/memory.h"

enum { SIZE = 128 };

/* Large enough that every OpenBLAS takes its general path: it maps the buffers
 * and starts the threads that later calls use. If that fails it retries
 * without end, which is better met here than in the middle of a forward. */
srnn_status srnn_gemm__openblas_warm_up(void)
{
    void *zeros = NULL;
    void *result = NULL;
    const int64_t bytes = (int64_t)SIZE * SIZE * (int64_t)sizeof(float);
    srnn_status status = srnn_memory__create(&zeros, bytes);
    if (status == SRNN_OK)
        status = srnn_memory__create(&result, bytes);
    if (status == SRNN_OK)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, SIZE, SIZE, SIZE,
                    1.0f, zeros, SIZE, zeros, SIZE, 1.0f, result, SIZE);
    srnn_memory__destroy(result);
    srnn_memory__destroy(zeros);
    return status;
}

static char info[256];

static void write_info(void)
{
    (void)snprintf(info, sizeof info, "%s; core type %s; threads %d",
                   openblas_get_config(), openblas_get_corename(),
                   openblas_get_num_threads());
}

const char *srnn_gemm__openblas_info(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, write_info);
    return info;
}
