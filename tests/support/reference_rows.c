/* SPDX-License-Identifier: MIT */
/* Naive on purpose, as reference.c. */
#include "support/reference_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "support/reference_cell.h"

enum { BLOCK = 512 };

/* The indices of the sequences in packed order, to be freed. */
static int64_t *pack(const reference_recording *r)
{
    int64_t *const order = malloc((size_t)(r->B + 1) * sizeof *order);
    int64_t count = 0;
    assert(order != NULL);
    for (int64_t length = r->T; length >= 0; length--)
        for (int64_t b = 0; b < r->B; b++)
            if (reference_length(r, b) == length)
                order[count++] = b;
    assert(count == r->B);
    return order;
}

static int64_t steps_of_block(int64_t B)
{
    return B >= BLOCK ? 1 : BLOCK / B;
}

/* Block number `block`, its rows t * B + b in their order; returns how many.
 * Each group of steps has as many blocks as B rows have pieces of 512. */
static int64_t find_rows(int64_t *found, const reference_recording *r,
                         const int64_t *order, int64_t block)
{
    const int64_t pieces = (r->B + BLOCK - 1) / BLOCK;
    const int64_t S = steps_of_block(r->B);
    const int64_t first = block / pieces * S;
    const int64_t piece = block % pieces;
    int64_t count = 0;
    for (int64_t t = first; t < first + S && t < r->T; t++)
        for (int64_t i = piece * BLOCK; i < (piece + 1) * BLOCK && i < r->B;
             i++)
            if (t < reference_length(r, order[i]))
                found[count++] = t * r->B + order[i];
    return count;
}

static void add_block(const reference_rows *rows, const double *x, int64_t K,
                      const int64_t *found, int64_t count, double *sum,
                      bool adds)
{
    for (int64_t i = 0; i < rows->H * K; i++) {
        double part = 0;
        for (int64_t n = 0; n < count; n++) {
            const double dg = rows->dg[found[n] * rows->H + i / K];
            part = x == NULL
                       ? reference_rounded(rows->dtype, part + dg)
                       : reference_multiply_add(rows->dtype, dg,
                                                x[found[n] * K + i % K], part);
        }
        sum[i] = adds ? reference_rounded(rows->dtype, sum[i] + part) : part;
    }
}

void reference_rows_sum(const reference_rows *rows, const double *x, int64_t K,
                        double *sum, bool adds)
{
    const reference_recording *const r = rows->r;
    const int64_t pieces = (r->B + BLOCK - 1) / BLOCK;
    const int64_t S = r->B > 0 ? steps_of_block(r->B) : 1;
    const int64_t blocks = (r->T + S - 1) / S * pieces;
    int64_t found[BLOCK];
    int64_t *const order = pack(r);
    if (!adds)
        memset(sum, 0, (size_t)(rows->H * K) * sizeof *sum);
    for (int64_t i = 0; i < blocks; i++) {
        const int64_t block = rows->reverse ? i : blocks - 1 - i;
        const int64_t count = find_rows(found, r, order, block);
        if (count > 0)
            add_block(rows, x, K, found, count, sum, adds);
        adds = adds || count > 0;
    }
    free(order);
}
