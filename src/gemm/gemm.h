/* SPDX-License-Identifier: MIT */
/* One product behind a table of providers. Knows nothing of networks. */
#ifndef SRNN_GEMM_GEMM_H
#define SRNN_GEMM_GEMM_H

#include "simplernn/context.h"
#include "tensor/matrix.h"

/* C = C + A W^T       A [M,K]   W [N,K]   C [M,N]
 * A and W may share memory, C with neither. */
typedef void srnn_gemm__product(srnn_matrix a, srnn_matrix w, srnn_matrix c);

typedef struct {
    srnn_gemm id;
    const char *name; /* as in SIMPLERNN_GEMM */
    srnn_gemm__product *f32, *f64;
    /* Brings up what the first product would otherwise have to: called when
     * a context or a cell is made. NULL if there is nothing. */
    srnn_status (*warm_up)(void);
} srnn_gemm__provider;

/* The provider of an id: SRNN_ERROR_INVALID if unknown,
 * SRNN_ERROR_UNSUPPORTED if not in this build. */
srnn_status srnn_gemm__find(const srnn_gemm__provider **out, srnn_gemm id);

/* The one that SIMPLERNN_GEMM names, else the first of the table that this
 * build has, warmed up. The statuses of find. */
srnn_status srnn_gemm__default(const srnn_gemm__provider **out);

/* "openblas portable": the providers of this build, and what the OpenBLAS in
 * use says of itself ("" without it). Static text. */
const char *srnn_gemm__names(void);
const char *srnn_gemm__openblas_info(void);

/* The rows of A that one BLAS call gets: M stays far inside BLAS's 32-bit
 * integers however long the sequence. */
enum { SRNN_GEMM__ROWS_PER_CALL = 1 << 20 };

srnn_gemm__product srnn_gemm__portable_f32, srnn_gemm__portable_f64;
srnn_gemm__product srnn_gemm__openblas_f32, srnn_gemm__openblas_f64;
srnn_status srnn_gemm__openblas_warm_up(void);

#endif
