/* SPDX-License-Identifier: MIT */
/* A walk backwards: what its parts share. With f' the derivative as a function
 * of the state y, in each layer
 *
 *     dg[t] = (dy[t] + dh) f'(y[t])      dh = dg[t] W_hh      back_recur.c
 *     dW_hh += dg^T h    dW_ih += dg^T x    db += dg          back_products.c
 *     dx = dg W_ih, which is dy of the layer below
 *
 * dg takes the place of dy. The order of all sums follows from the rows alone,
 * so their bits do not depend on who computes them. */
#ifndef SRNN_STACK_BACK_H
#define SRNN_STACK_BACK_H

#include "gemm/outer.h"
#include "stack/backward.h"
#include "stack/span.h"

typedef struct {
    srnn_walk walk;
    const srnn_transposed *transposed;
    srnn_outer_kernels outer;
    srnn_activation_gradient *gradient;
    srnn_recur_backward_function *recur; /* NULL: step by step */
    const srnn_backward_call *call;
    srnn_outside d_output;
    bool reads_d_output; /* in place: it is not copied to g */
    srnn_outside d_input;
    double tiny;
    void *g[2];             /* [rows of a span, D*H], layers in turn */
    void *carry;            /* [L*D,B,H]: dh between steps */
    void *d_fresh;          /* [L*D,B,H] */
    void *before;           /* [rows of a block, H]: states before steps */
    void *d_x;              /* [rows of a block and more, I] */
    void *zeros;            /* [I, H or D*H] */
    unsigned char *scratch; /* of outer.h, for each member */
    int64_t scratch_bytes;
    /* 1: members share each block. Or their number: each takes a whole block of
     * a span, and the gradients of all are added up in order afterwards. */
    int64_t blocks;
    unsigned char *sums; /* the gradients of a cell, for each member */
    int64_t sums_bytes;
} srnn_back;

static inline const srnn_options *srnn_back__options(const srnn_back *b)
{
    return srnn_walk__options(&b->walk);
}

static inline int64_t srnn_back__size(const srnn_back *b)
{
    return srnn_walk__size(&b->walk);
}

static inline bool srnn_back__reverses(const srnn_back *b, int64_t direction)
{
    return srnn_options__reverses(srnn_back__options(b), direction);
}

static inline int64_t srnn_back__cell(const srnn_back *b, int64_t layer,
                                      int64_t direction)
{
    return srnn_options__cell(srnn_back__options(b), layer, direction);
}

/* Rows of dg of a direction: [count,H], rows D*H apart. Of both: [count,D*H].
 */
static inline srnn_matrix srnn_back__g(const srnn_back *b, const srnn_span *s,
                                       int64_t layer, int64_t direction,
                                       int64_t row, int64_t count)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    const int64_t width = srnn_walk__width(&b->walk);
    const int64_t top = srnn_back__options(b)->num_layers - 1;
    return (srnn_matrix){(unsigned char *)b->g[(top - layer) % 2] +
                             ((row - s->start) * width + direction * H) *
                                 srnn_back__size(b),
                         count, H, width};
}

static inline srnn_matrix srnn_back__columns(const srnn_back *b, srnn_matrix m,
                                             int64_t first, int64_t columns)
{
    m.data = (unsigned char *)m.data + first * srnn_back__size(b);
    m.columns = columns;
    return m;
}

/* The same rows of dy: those of dg, or of d_output in its own place; data NULL
 * for zeros. */
static inline srnn_matrix srnn_back__dy(const srnn_back *b, const srnn_span *s,
                                        int64_t layer, int64_t direction,
                                        int64_t row, int64_t count)
{
    srnn_matrix dy = srnn_back__g(b, s, layer, direction, row, count);
    if (layer < srnn_back__options(b)->num_layers - 1 || !b->reads_d_output)
        return dy;
    if (b->d_output.data == NULL)
        return (srnn_matrix){NULL, count, dy.columns, 0};
    dy.data =
        (unsigned char *)srnn_outside__matrix(&b->d_output, row, count).data +
        direction * dy.columns * srnn_back__size(b);
    return dy;
}

/* Where the gradient of a parameter goes; NULL if it is not wanted. */
static inline void *srnn_back__gradient(const srnn_back *b, int64_t index)
{
    if (b->call->gradients != NULL)
        return srnn_gradients__of(b->call->gradients, index);
    return b->call->addresses == NULL ? NULL : b->call->addresses[index];
}

/* Each of the following is called by every member. False if this member is to
 * leave, see srnn_walker__barrier.
 *
 * The recurrence of a direction of a span: dy becomes dg. */
bool srnn_back__recur(srnn_walker *walker, const srnn_back *back,
                      const srnn_span *span, int64_t layer, int64_t direction);

/* Does each member make all gradients of parameters of the direction that it
 * runs? It needs no dg of the other member then, and reads x once. Where rows
 * have to be gathered, the buffer holds those of one direction at a time, and
 * members share both. */
bool srnn_back__keeps_directions(const srnn_walker *walker,
                                 const srnn_back *back, int64_t layer);

/* The gradients of the parameters of one cell. */
bool srnn_back__accumulate(srnn_walker *walker, const srnn_back *back,
                           const srnn_span *span, int64_t layer,
                           int64_t direction);

/* The gradients of what a layer read: dy of the layer below, or d_input. */
void srnn_back__give_below(const srnn_walker *walker, const srnn_back *back,
                           const srnn_span *span, int64_t layer);

/* Both of these gradients of a layer, where each member takes a block: those of
 * its parameters go to sums, and after a barrier add_sums adds them up. There
 * is one direction. */
void srnn_back__take_block(const srnn_walker *walker, const srnn_back *back,
                           const srnn_span *span, int64_t layer);
void srnn_back__add_sums(const srnn_walker *walker, const srnn_back *back,
                         const srnn_span *span, int64_t layer);

#endif
