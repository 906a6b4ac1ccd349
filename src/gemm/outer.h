/* SPDX-License-Identifier: MIT */
/* Sums of outer products: what gradients of weights and biases are made of. */
#ifndef SRNN_GEMM_OUTER_H
#define SRNN_GEMM_OUTER_H

#include <stdbool.h>
#include <stdint.h>

#include "simd/isa.h"
#include "tensor/dtype.h"
#include "tensor/matrix.h"

enum {
    SRNN_OUTER_ROWS = 512, /* the most rows of one call */
    /* How much of a row of A and of B kernels pack at a time. 264 columns of A
     * in float32: whole tiles, and few blocks for sizes that are usual. */
    SRNN_OUTER_A_BYTES = 264 * 4,
    SRNN_OUTER_B_BYTES = 256,
    SRNN_OUTER_FAR_VECTORS = 32, /* rows so far apart are packed */
    SRNN_OUTER_MIN_VECTOR_BYTES = 16
};

/* The scratch of products of at most so many rows, at most so many bytes apart.
 * Columns that fill no vector are always packed. */
static inline int64_t srnn_outer__scratch_bytes(int64_t rows, int64_t stride)
{
    const int64_t far =
        (int64_t)SRNN_OUTER_FAR_VECTORS * SRNN_OUTER_MIN_VECTOR_BYTES;
    const int64_t bytes =
        (rows < SRNN_OUTER_ROWS ? rows : SRNN_OUTER_ROWS) *
        (SRNN_OUTER_B_BYTES + (stride >= far ? SRNN_OUTER_A_BYTES : 0));
    return (bytes + 63) / 64 * 64; /* the next one is on a cache line too */
}

/* G = A^T B, or G + A^T B: A [R,M], B [R,N], G [M,N], 1 <= R <=
 * SRNN_OUTER_ROWS. Each element is one chain of FMAs from +0 over ascending
 * rows; with adds it is then added to what G holds. So bits do not depend on
 * how M and N are cut into parts. scratch: srnn_outer__scratch_bytes() on a
 * cache line, for this thread alone. */
typedef void srnn_outer_product(srnn_matrix a, srnn_matrix b, srnn_matrix g,
                                bool adds, void *scratch);

/* G [M] = the sums of the columns of A [R,M]: additions from +0 over ascending
 * rows; with adds added to what G holds. R may be any number. There are two of
 * G, which get the same sums, as an rnn has two biases; either may be NULL. */
typedef void srnn_outer_sums(srnn_matrix a, void *const g[2], bool adds);

typedef struct {
    srnn_outer_product *product;
    srnn_outer_sums *sums;
} srnn_outer_kernels;

/* The same bits on every instruction set with FMA. */
srnn_outer_kernels srnn_outer__find(srnn_isa isa, srnn_dtype dtype);

#define SRNN_OUTER_DECLARE(id, type, name, bytes, real, isa)                   \
    srnn_outer_product srnn_outer__product_##real##_##isa;                     \
    srnn_outer_sums srnn_outer__sums_##real##_##isa;
#define SRNN_OUTER_DECLARE_ALL(id, isa, ...) SRNN_REALS(SRNN_OUTER_DECLARE, isa)
SRNN_BUILT_ISAS(SRNN_OUTER_DECLARE_ALL, )

#endif
