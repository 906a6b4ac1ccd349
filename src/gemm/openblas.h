/* SPDX-License-Identifier: MIT */
/* OpenBLAS as the library that is loaded when it is first chosen. Its functions
 * are declared here, so that building needs nothing of it. */
#ifndef SRNN_GEMM_OPENBLAS_H
#define SRNN_GEMM_OPENBLAS_H

#include "simplernn/status.h"

/* The values of CBLAS's enumerations. */
enum {
    SRNN_CBLAS_ROW_MAJOR = 101,
    SRNN_CBLAS_NO_TRANS = 111,
    SRNN_CBLAS_TRANS = 112
};

/* cblas_sgemm, cblas_dgemm of a build with 32-bit integers. */
typedef void srnn_openblas_gemm_f32(int order, int transpose_a, int transpose_b,
                                    int m, int n, int k, float alpha,
                                    const float *a, int a_stride,
                                    const float *b, int b_stride, float beta,
                                    float *c, int c_stride);
typedef void srnn_openblas_gemm_f64(int order, int transpose_a, int transpose_b,
                                    int m, int n, int k, double alpha,
                                    const double *a, int a_stride,
                                    const double *b, int b_stride, double beta,
                                    double *c, int c_stride);

typedef struct {
    srnn_openblas_gemm_f32 *gemm_f32;
    srnn_openblas_gemm_f64 *gemm_f64;
} srnn_openblas;

/* As its own makefiles name it on Linux. */
#define SRNN_OPENBLAS_SONAME "libopenblas.so.0"

/* Loads the library of that name, and nothing if one is loaded already; it
 * stays until the process ends. SRNN_ERROR_UNSUPPORTED, with the reason, if it
 * cannot be loaded or used; that may change, so each call tries anew. Any
 * thread. */
srnn_status srnn_openblas__load(const char *name);

/* The functions, once load has succeeded. */
const srnn_openblas *srnn_openblas__functions(void);

/* What it says of itself, "" until it is loaded; static text. Any thread. */
const char *srnn_openblas__info(void);

/* Loads it and brings up what the first product would otherwise have to; once
 * that has succeeded, nothing. */
srnn_status srnn_openblas__warm_up(void);

#endif
