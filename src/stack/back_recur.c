/* SPDX-License-Identifier: MIT */
/* The recurrence backwards: a run of steps with the same rows after the other,
 * from the last to the first that the direction processed. */
#include "stack/back.h"

#include <string.h>

#include "util/integer.h"

static srnn_matrix carry_of(const srnn_back *b, int64_t cell,
                            const srnn_own_rows *own)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    const int64_t row = cell * b->walk.sizes.B;
    const srnn_matrix all = {(unsigned char *)b->carry +
                                 row * H * srnn_back__size(b),
                             b->walk.sizes.B, H, H};
    return srnn_walk__own(&b->walk, all, own);
}

/* What one member computes of a run: steps [first, end) of n rows. */
typedef struct {
    int64_t first;
    int64_t end;
    int64_t n;
    srnn_own_rows own;
} run;

/* The member's rows of a step in a matrix of all rows of the run. */
static srnn_matrix own_rows(const srnn_back *b, const run *r, srnn_matrix m,
                            int64_t t)
{
    m.data = (unsigned char *)m.data +
             (t - r->first) * r->n * m.stride * srnn_back__size(b);
    return srnn_walk__own(&b->walk, m, &r->own);
}

static srnn_recur_sequence in_order(const srnn_back *b, const run *r,
                                    srnn_matrix m, bool descends)
{
    const srnn_matrix own = own_rows(b, r, m, descends ? r->end - 1 : r->first);
    return (srnn_recur_sequence){
        own.data, (descends ? -1 : 1) * r->n * m.stride, own.stride};
}

/* What a run reads and writes, all of its rows. */
typedef struct {
    srnn_matrix g;
    srnn_matrix dy; /* data NULL: zeros */
    srnn_matrix y;
} operands;

static void *element(const srnn_back *b, srnn_matrix m, int64_t row,
                     int64_t column)
{
    return (unsigned char *)m.data +
           (row * m.stride + column) * srnn_back__size(b);
}

/* dg of step t, some columns of it. */
static void step_gradients(const srnn_back *b, const run *r, const operands *o,
                           int64_t t, srnn_matrix dh, int64_t first,
                           int64_t columns)
{
    const srnn_matrix g = own_rows(b, r, o->g, t);
    const srnn_matrix y = own_rows(b, r, o->y, t);
    const srnn_matrix dy =
        o->dy.data == NULL ? o->dy : own_rows(b, r, o->dy, t);
    for (int64_t m = 0; m < g.rows; m++)
        b->gradient(element(b, g, m, first),
                    dy.data == NULL ? NULL : element(b, dy, m, first),
                    element(b, dh, m, first), element(b, y, m, first), columns,
                    b->tiny);
}

/* Is dh of the states before step t of no use, as no gradient of them is
 * wanted? */
static bool ends_at(const srnn_back *b, int64_t t, bool descends)
{
    return t == (descends ? 0 : b->walk.rows.T - 1) && b->call->d_h0 == NULL &&
           b->walk.rows.resets == NULL;
}

/* dh = g W_hh of step t, some columns of it from first on. */
static void step_carry(const srnn_back *b, srnn_matrix g,
                       const srnn_gemm_weight *weight_hh_t, int64_t t,
                       srnn_matrix dh, int64_t first)
{
    /* Blocks of so many rows would be made in order, as one call does. */
    if (dh.rows >= SRNN_GEMM_FETCHING_ROWS) {
        b->walk.kernels.product(g, weight_hh_t, first, b->zeros, dh);
        return;
    }
    for (int64_t i = 0; i < srnn_gemm__blocks(dh); i++) {
        const int64_t n = srnn_gemm__block_at(dh, i, t);
        const int64_t left = dh.columns - n;
        b->walk.kernels.product(
            g, weight_hh_t, first + n, b->zeros,
            srnn_back__columns(b, dh, n,
                               srnn_integer__smaller(left, SRNN_GEMM_BLOCK)));
    }
}

/* The steps of a run, one by one. False if this member is to leave. */
static bool run_steps(srnn_walker *w, const srnn_back *b, const run *r,
                      int64_t cell, const operands *o)
{
    const bool descends = !srnn_back__reverses(
        b, cell % srnn_options__directions(srnn_back__options(b)));
    const srnn_matrix dh = carry_of(b, cell, &r->own);
    for (int64_t i = 0; i < r->end - r->first; i++) {
        const int64_t t = descends ? r->end - 1 - i : r->first + i;
        int64_t first = 0;
        int64_t columns = 0;
        const bool meets = srnn_walker__columns(w, &first, &columns);
        step_gradients(b, r, o, t, dh, first, columns);
        if (meets && !srnn_walker__barrier(w))
            return false;
        if (ends_at(b, t, descends))
            continue;
        (void)srnn_walker__columns(w, &first, &columns);
        step_carry(b, own_rows(b, r, o->g, t), &b->transposed->hh[cell], t,
                   srnn_back__columns(b, dh, first, columns), first);
    }
    return true;
}

static bool run_back(srnn_walker *w, const srnn_back *b, const srnn_span *s,
                     int64_t layer, int64_t direction, const run *r)
{
    const int64_t cell = srnn_back__cell(b, layer, direction);
    const int64_t row = srnn_rows__start(&b->walk.rows, r->first);
    const bool descends = !srnn_back__reverses(b, direction);
    const operands o = {.g = srnn_back__g(b, s, layer, direction, row, r->n),
                        .dy = srnn_back__dy(b, s, layer, direction, row, r->n),
                        .y = srnn_walk__states(&b->walk, s->window, layer,
                                               direction, row, r->n)};
    if (b->recur == NULL)
        return run_steps(w, b, r, cell, &o);
    const srnn_recur_backward_pass pass = {
        .T = r->end - r->first,
        .weight_hh_t = &b->transposed->hh[cell],
        .dh = carry_of(b, cell, &r->own),
        .y = in_order(b, r, o.y, descends),
        .dy = o.dy.data == NULL ? (srnn_recur_sequence){b->zeros, 0, 0}
                                : in_order(b, r, o.dy, descends),
        .g = in_order(b, r, o.g, descends),
        .is_shared = w->members > 1,
        .tiny = b->tiny};
    b->recur(&pass);
    return true;
}

/* Where a row was reset, what came back to its state is a gradient of fresh.
 * t: the step after the reset. */
static void give_fresh(const srnn_back *b, int64_t cell, const run *r,
                       int64_t t)
{
    const int64_t H = srnn_back__options(b)->hidden_size;
    for (int64_t m = 0; m < r->own.count; m++) {
        const int64_t i = r->own.first + m * r->own.step;
        if (i >= srnn_rows__count(&b->walk.rows, t) ||
            !srnn_rows__is_reset(&b->walk.rows, t, i))
            continue;
        const int64_t at =
            (cell * b->walk.sizes.B + i) * H * srnn_back__size(b);
        unsigned char *const carry = (unsigned char *)b->carry + at;
        unsigned char *const d_fresh = (unsigned char *)b->d_fresh + at;
        srnn_cell_sum *const add = SRNN_FOR_DTYPE(
            (srnn_dtype)srnn_back__options(b)->dtype, srnn_cell__add);
        add(d_fresh, d_fresh, carry, H);
        memset(carry, 0, (size_t)(H * srnn_back__size(b)));
    }
}

bool srnn_back__recur(srnn_walker *w, const srnn_back *b, const srnn_span *s,
                      int64_t layer, int64_t direction)
{
    const srnn_rows *const rows = &b->walk.rows;
    const bool descends = !srnn_back__reverses(b, direction);
    const int64_t cell = srnn_back__cell(b, layer, direction);
    for (int64_t t = descends ? s->end : s->first;
         descends ? t > s->first : t < s->end;) {
        run r = {.first = t, .end = t};
        if (descends)
            r.first = srnn_rows__run_first(rows, t, s->first);
        else
            r.end = srnn_rows__run_end(rows, t, s->end);
        r.n = srnn_rows__count(rows, r.first);
        r.own = srnn_walker__rows(w, r.n);
        t = descends ? r.first : r.end;
        if (r.own.count == 0)
            continue;
        if (!run_back(w, b, s, layer, direction, &r))
            return false;
        if (rows->resets != NULL && (descends || t < rows->T))
            give_fresh(b, cell, &r, t);
    }
    return true;
}
