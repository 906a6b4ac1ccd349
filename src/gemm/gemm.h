/* SPDX-License-Identifier: MIT */
/* The products with a weight, behind a table of providers. Knows nothing of
 * networks. */
#ifndef SRNN_GEMM_GEMM_H
#define SRNN_GEMM_GEMM_H

#include <stdbool.h>

#include "simd/isa.h"
#include "simplernn/tensor.h"
#include "tensor/dtype.h"
#include "tensor/matrix.h"
#include "util/integer.h"

/* A weight W [N,K] as given, and packed for the native kernels (pack.h). */
typedef struct {
    srnn_matrix matrix;
    void *packed;
    bool is_transposed; /* element (n,k) lies at data[k * stride + n] */
} srnn_gemm_weight;

/* C = start + A V^T       A [M,K]   V [n,K]   C [M,n]
 * where V is the n = C.columns rows of W that begin at first, a multiple of
 * SRNN_GEMM_PANEL. start is the same row [n] for all of C; NULL: what C holds.
 * C shares memory with nothing else here. */
typedef void srnn_gemm_product(srnn_matrix a, const srnn_gemm_weight *w,
                               int64_t first, const void *start, srnn_matrix c);

enum {
    SRNN_GEMM_PANEL = 64, /* a multiple of every dtype's packed panel */
    /* Columns worth a call of their own: C is still near when it returns. */
    SRNN_GEMM_BLOCK = 2 * SRNN_GEMM_PANEL,
    /* So many rows are cut into tiles that all fetch what follows in W. Of 4 to
     * 7 rows, one tile does so. The baseline has no such tiles. */
    SRNN_GEMM_FETCHING_ROWS = 8
};

/* How many blocks C has. */
static inline int64_t srnn_gemm__blocks(srnn_matrix c)
{
    return srnn_integer__divide_up(c.columns, SRNN_GEMM_BLOCK);
}

/* The column of C at which the block begins that is number i to be made. A
 * product that is made turn after turn with the same W begins at the other end
 * each time: if W outgrows L2, that is where the turn before left something. */
static inline int64_t srnn_gemm__block_at(srnn_matrix c, int64_t i,
                                          int64_t turn)
{
    const bool is_backwards = turn % 2 != 0 && c.rows < SRNN_GEMM_FETCHING_ROWS;
    return (is_backwards ? srnn_gemm__blocks(c) - 1 - i : i) * SRNN_GEMM_BLOCK;
}

/* What a provider computes with on one instruction set. */
srnn_gemm_product *srnn_gemm__find(srnn_gemm gemm, srnn_isa isa,
                                   srnn_dtype dtype);

/* SRNN_ERROR_UNSUPPORTED if it is not in this build. */
srnn_status srnn_gemm__check(srnn_gemm gemm);

/* The one that SIMPLERNN_GEMM names, else native. SRNN_ERROR_ENVIRONMENT or
 * SRNN_ERROR_UNSUPPORTED. */
srnn_status srnn_gemm__default(srnn_gemm *out);

/* Brings up what the first product would otherwise have to; without it none may
 * be called. SRNN_ERROR_UNSUPPORTED if the provider cannot be loaded. */
srnn_status srnn_gemm__warm_up(srnn_gemm gemm);

/* "native openblas": the providers of this build, and what one says of itself
 * ("" before it is loaded). Static text. */
const char *srnn_gemm__names(void);
const char *srnn_gemm__info(srnn_gemm gemm);

/* The rows of A that one BLAS call gets: M stays far inside BLAS's 32-bit
 * integers however long the sequence. */
enum { SRNN_GEMM_ROWS_PER_CALL = 1 << 20 };

#define SRNN_GEMM_DECLARE(id, type, name, bytes, real, isa)                    \
    srnn_gemm_product srnn_gemm__native_##real##_##isa;
#define SRNN_GEMM_DECLARE_ALL(id, isa, ...) SRNN_REALS(SRNN_GEMM_DECLARE, isa)
SRNN_BUILT_ISAS(SRNN_GEMM_DECLARE_ALL, )
srnn_gemm_product srnn_gemm__openblas_f32, srnn_gemm__openblas_f64;

#endif
