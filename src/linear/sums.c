/* SPDX-License-Identifier: MIT */
/* A gradient of a parameter is a sum over all rows in order, block after block.
 * So threads share out its elements. */
#include "linear/sums.h"

/* This member's rows of a block, where those are copies. */
static void gather_part(const srnn_linear_rows *r, const srnn_linear_sums *a,
                        int64_t member, int64_t at, int64_t count)
{
    const int64_t first = srnn_integer__part(count, a->members, member);
    const int64_t end = srnn_integer__part(count, a->members, member + 1);
    if (!r->is_own)
        srnn_tensor__gather(
            (unsigned char *)srnn_linear_rows__at(r, 0, at, count).data +
                first * srnn_linear_rows__columns(r->tensor) *
                    srnn_dtype__size(r->tensor->dtype),
            r->tensor, at + first, end - first);
}

static srnn_matrix columns_at(srnn_matrix m, int64_t first, int64_t end,
                              int64_t size)
{
    return (srnn_matrix){(unsigned char *)m.data + first * size, m.rows,
                         end - first, m.stride};
}

/* This member's part of the gradients, from one block: rows of the gradient of
 * the weight if it has more rows than columns, and else columns. */
static void add_block(const srnn_linear_sums *a, int64_t member, srnn_matrix g,
                      srnn_matrix x, bool adds)
{
    const int64_t size = srnn_dtype__size(a->input.tensor->dtype);
    const int64_t in = x.columns;
    const bool by_rows = g.columns >= in;
    const int64_t total = by_rows ? g.columns : in;
    const int64_t first = srnn_integer__part(total, a->members, member);
    const int64_t end = srnn_integer__part(total, a->members, member + 1);
    if (a->bias != NULL && (by_rows || member == 0)) {
        const int64_t from = by_rows ? first : 0;
        void *const bias[] = {(unsigned char *)a->bias + from * size, NULL};
        a->kernels.sums(columns_at(g, from, by_rows ? end : g.columns, size),
                        bias, adds);
    }
    if (a->weight == NULL || first == end)
        return;
    unsigned char *const to = a->weight;
    void *const scratch = a->scratch + member * a->scratch_bytes;
    if (by_rows)
        a->kernels.product(
            columns_at(g, first, end, size), x,
            (srnn_matrix){to + first * in * size, end - first, in, in}, adds,
            scratch);
    else
        a->kernels.product(
            g, columns_at(x, first, end, size),
            (srnn_matrix){to + first * size, g.columns, end - first, in}, adds,
            scratch);
}

/* Members meet around copies, which they make together. They go on even if the
 * team has given up. */
void srnn_linear_sums__add(void *argument, srnn_team *team, int64_t member)
{
    const srnn_linear_sums *const a = argument;
    const int64_t total = srnn_linear_rows__count(a->input.tensor);
    const bool meets = team != NULL && !(a->input.is_own && a->d_output.is_own);
    for (int64_t at = 0; at < total; at += SRNN_LINEAR_BLOCK) {
        const int64_t count =
            srnn_integer__smaller(total - at, SRNN_LINEAR_BLOCK);
        gather_part(&a->d_output, a, member, at, count);
        gather_part(&a->input, a, member, at, count);
        if (meets)
            (void)srnn_team__barrier(team, member);
        add_block(a, member, srnn_linear_rows__at(&a->d_output, 0, at, count),
                  srnn_linear_rows__at(&a->input, 0, at, count),
                  a->adds || at > 0);
        if (meets)
            (void)srnn_team__barrier(team, member);
    }
}
