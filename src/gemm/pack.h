/* SPDX-License-Identifier: MIT */
/* The packed form of a weight W [N,K], one for every batch size and ISA:
 *
 *     panel 0: for k = 0..K-1: W[0..P-1][k]   P = 4 cache lines of reals
 *     panel 1: for k = 0..K-1: W[P..2P-1][k]
 *     ...      the last panel: as many whole lines as N needs, padded with 0
 *
 * so that all that a step reads of W lies in the order in which it is read. */
#ifndef SRNN_GEMM_PACK_H
#define SRNN_GEMM_PACK_H

#include <stdint.h>

#include "simd/isa.h"
#include "tensor/dtype.h"
#include "tensor/matrix.h"
#include "util/integer.h"

enum { SRNN_LINE_BYTES = 64, SRNN_PANEL_LINES = 4 };

/* The rows of W with those that pad it: a packed W [N,K] has this many times K
 * elements. */
static inline int64_t srnn_pack__padded(int64_t rows, srnn_dtype dtype)
{
    const int64_t line = SRNN_LINE_BYTES / srnn_dtype__size(dtype);
    return srnn_integer__divide_up(rows, line) * line;
}

/* Packs W into memory of that size, which was zeroed once. */
typedef void srnn_pack_function(void *packed, srnn_matrix w);

/* What packs on one instruction set; the result is the same on all. */
srnn_pack_function *srnn_pack__find(srnn_isa isa, srnn_dtype dtype);

/* Packs V = W^T for the W [K,N] given, into memory for a weight of N rows and K
 * columns, zeroed once. A row of W is a row of all panels of V, so nothing is
 * transposed. */
void srnn_pack__transposed(void *packed, srnn_matrix w, srnn_dtype dtype);

#define SRNN_PACK_DECLARE(id, type, name, bytes, real, isa)                    \
    srnn_pack_function srnn_pack__weight_##real##_##isa;
#define SRNN_PACK_DECLARE_ALL(id, isa, ...) SRNN_REALS(SRNN_PACK_DECLARE, isa)
SRNN_BUILT_ISAS(SRNN_PACK_DECLARE_ALL, )

/* How K is cut: `count` segments of `length`, the last one perhaps shorter. The
 * sums of the segments are added in order to the start. The cut must follow
 * from K alone, or bits would depend on the rest.
 *
 * A short K is cut because a short chain of FMAs leaves most of the machine
 * idle and several do not. A long K is cut because the rounding error of a long
 * chain is large. Segments begin at 0, since the start is a sum of products too
 * and would make each sum, and so its rounding error, larger. */
typedef struct {
    int64_t count;
    int64_t length;
} srnn_segments;

enum {
    SRNN_SEGMENTS_MAX = 64, /* the largest K whose segments run side by side */
    /* Of a longer K. The error of K products grows as the root of length +
     * K / length: up to K = 4096 a longer segment would make it larger, and a
     * shorter one costs too many additions. */
    SRNN_SEGMENT_LENGTH = 64
};

static inline srnn_segments srnn_segments__of(int64_t K)
{
    if (K > SRNN_SEGMENTS_MAX)
        return (srnn_segments){srnn_integer__divide_up(K, SRNN_SEGMENT_LENGTH),
                               SRNN_SEGMENT_LENGTH};
    /* Four side by side take least time, but are less accurate than fewer where
     * K is small. Beyond 32, two of several vectors fill the machine. None of
     * them is ever empty. */
    if (K < 4)
        return (srnn_segments){1, K};
    if (K > 13 && K <= 32)
        return (srnn_segments){4, srnn_integer__divide_up(K, 4)};
    return (srnn_segments){2, srnn_integer__divide_up(K, 2)};
}

#endif
