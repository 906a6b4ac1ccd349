/* SPDX-License-Identifier: MIT */
/* The product by cblas_?gemm. BLAS counts in 32-bit int and, given an argument
 * it dislikes, prints and returns: so every argument is made valid here. N and
 * K are sizes of a network, at most SRNN_MAX_SIZE * 2; M and the strides come
 * from sequences and may be anything. */
#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "gemm/gemm.h"
#include "gemm/openblas.h"
#include "simd/real.h"

/* Rows that overlap or go backwards are none to BLAS. */
static bool fits(srnn_matrix matrix)
{
    return matrix.stride >= matrix.columns && matrix.stride <= INT_MAX;
}

/* The stride of a single row is never used, but BLAS still checks it. */
static int leading(srnn_matrix matrix)
{
    return (int)(fits(matrix) ? matrix.stride : matrix.columns);
}

static srnn_matrix rows_of(srnn_matrix matrix, int64_t first, int64_t rows)
{
    matrix.data = (real *)matrix.data + first * matrix.stride;
    matrix.rows = rows;
    return matrix;
}

/* w has the columns of c as its rows. */
static void multiply(srnn_matrix a, const srnn_gemm_weight *w, srnn_matrix c)
{
    const int lead =
        w->is_transposed ? (int)w->matrix.stride : leading(w->matrix);
    srnn_openblas__functions()->SRNN_REAL_NAME(gemm)(
        SRNN_CBLAS_ROW_MAJOR, SRNN_CBLAS_NO_TRANS,
        w->is_transposed ? SRNN_CBLAS_NO_TRANS : SRNN_CBLAS_TRANS, (int)a.rows,
        (int)c.columns, (int)w->matrix.columns, 1, a.data, leading(a),
        w->matrix.data, lead, 1, c.data, leading(c));
}

/* From row n on. */
static srnn_gemm_weight part_of(const srnn_gemm_weight *w, int64_t n)
{
    srnn_gemm_weight part = *w;
    part.matrix.data =
        (real *)w->matrix.data + (w->is_transposed ? n : n * w->matrix.stride);
    return part;
}

static void fill_rows(srnn_matrix c, const void *row)
{
    for (int64_t m = 0; m < c.rows; m++)
        memcpy((real *)c.data + m * c.stride, row,
               (size_t)c.columns * sizeof(real));
}

void SRNN_REAL_NAME(srnn_gemm__openblas)(srnn_matrix a,
                                         const srnn_gemm_weight *weight,
                                         int64_t first, const void *start,
                                         srnn_matrix c)
{
    const srnn_gemm_weight w = part_of(weight, first);
    assert(c.columns >= 1 && c.columns <= INT_MAX);
    assert(w.matrix.columns >= 1 && w.matrix.columns <= INT_MAX);
    assert(w.matrix.stride >= 1 && w.matrix.stride <= INT_MAX);
    const int64_t step =
        fits(a) && fits(c) ? (int64_t)SRNN_GEMM_ROWS_PER_CALL : 1;
    for (int64_t m = 0; m < a.rows; m += step) {
        const int64_t left = a.rows - m;
        const int64_t rows = left < step ? left : step;
        const srnn_matrix some = rows_of(c, m, rows);
        if (start != NULL)
            fill_rows(some, start);
        multiply(rows_of(a, m, rows), &w, some);
    }
}
