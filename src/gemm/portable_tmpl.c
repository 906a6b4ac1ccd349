/* SPDX-License-Identifier: MIT */
/* The product in plain loops: no BLAS, any compiler. Each element is one sum
 * over ascending k, so a row's bits do not depend on the rows beside it. */
#include "gemm/gemm.h"
#include "tensor/real.h"

/* Columns computed side by side: independent sums hide the add latency. */
enum { COLUMNS = 8 };

/* c[0..columns) = c + a W^T for one row of A and up to COLUMNS rows of W */
static void add_dot_products(const real *a, srnn_matrix w, int64_t first,
                             int64_t columns, real *c)
{
    const real *const rows = (const real *)w.data + first * w.stride;
    real sum[COLUMNS] = {0};
    for (int64_t n = 0; n < columns; n++)
        sum[n] = c[first + n];
    for (int64_t k = 0; k < w.columns; k++)
        for (int64_t n = 0; n < columns; n++)
            sum[n] += a[k] * rows[n * w.stride + k];
    for (int64_t n = 0; n < columns; n++)
        c[first + n] = sum[n];
}

void SRNN_REAL_NAME(srnn_gemm__portable)(srnn_matrix a, srnn_matrix w,
                                         srnn_matrix c)
{
    for (int64_t m = 0; m < a.rows; m++) {
        const real *const a_row = (const real *)a.data + m * a.stride;
        real *const c_row = (real *)c.data + m * c.stride;
        for (int64_t n = 0; n < w.rows; n += COLUMNS) {
            const int64_t left = w.rows - n;
            add_dot_products(a_row, w, n, left < COLUMNS ? left : COLUMNS,
                             c_row);
        }
    }
}
