/* SPDX-License-Identifier: MIT */
/* Backward, span after span from the end of the recording, and in each of them
 * from the top layer down. With f' the derivative as a function of the state y:
 *
 *     dg[t] = (dy[t] + dh) f'(y[t])      dh = dg[t] W_hh      recur
 *     dW_hh += dg^T h    dW_ih += dg^T x    db += dg          accumulate
 *     dx = dg W_ih, which is dy of the layer below            give_below
 *
 * dg takes the place of dy. The order of all sums follows from the rows alone,
 * so their bits do not depend on who computes them. */
#include "stack/backward.h"

#include <math.h>
#include <string.h>

#include "gemm/outer.h"
#include "stack/record.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/integer.h"

typedef struct {
    srnn_walk walk;
    const srnn_transposed *transposed;
    srnn_outer_kernels outer;
    srnn_activation_gradient *gradient;
    srnn_recur_backward_function *recur; /* NULL: step by step */
    const srnn_backward_call *call;
    srnn_outside d_output;
    srnn_outside d_input;
    double tiny;
    void *g[2];             /* [rows of a span, D*H], layers in turn */
    void *carry;            /* [L*D,B,H]: dh between steps */
    void *d_fresh;          /* [L*D,B,H] */
    void *before;           /* [rows of a block, H]: states before steps */
    void *d_x;              /* [rows of a block and more, I] */
    void *zeros;            /* [I, H or D*H] */
    unsigned char *scratch; /* of outer.h, for each member */
} backward;

/* Rows of the steps [first, end), which are a span. */
typedef struct {
    const srnn_window *window;
    int64_t first;
    int64_t end;
    int64_t start; /* its first packed row */
} span;

static const srnn_options *options_of(const backward *b)
{
    return &b->walk.rnn->options;
}

static int64_t size_of(const backward *b)
{
    return srnn_walk__size(&b->walk);
}

static bool reverses(const backward *b, int64_t direction)
{
    return srnn_options__reverses(options_of(b), direction);
}

static int64_t cell_of(const backward *b, int64_t layer, int64_t direction)
{
    return srnn_options__cell(options_of(b), layer, direction);
}

/* Where the gradient of a parameter goes; NULL if it is not wanted. */
static void *gradient_at(const backward *b, int64_t index)
{
    if (b->call->gradients != NULL)
        return srnn_gradients__of(b->call->gradients, index);
    return b->call->addresses == NULL ? NULL : b->call->addresses[index];
}

static void *gradient_of(const backward *b, int64_t cell,
                         srnn_parameter_kind kind)
{
    const int64_t kinds =
        b->walk.rnn->parameter_count / srnn_options__cells(options_of(b));
    return kind >= kinds ? NULL : gradient_at(b, cell * kinds + kind);
}

/* Rows of dg of a direction: [count,H], rows D*H apart. Of both: [count,D*H].
 */
static srnn_matrix g_of(const backward *b, const span *s, int64_t layer,
                        int64_t direction, int64_t row, int64_t count)
{
    const int64_t H = options_of(b)->hidden_size;
    const int64_t width = srnn_walk__width(&b->walk);
    const int64_t top = options_of(b)->num_layers - 1;
    return (srnn_matrix){(unsigned char *)b->g[(top - layer) % 2] +
                             ((row - s->start) * width + direction * H) *
                                 size_of(b),
                         count, H, width};
}

static srnn_matrix carry_of(const backward *b, int64_t cell, int64_t first,
                            int64_t step, int64_t count)
{
    const int64_t H = options_of(b)->hidden_size;
    return (srnn_matrix){(unsigned char *)b->carry +
                             (cell * b->walk.sizes.B + first) * H * size_of(b),
                         count, H, step * H};
}

/* This member's part of the gradients of the outputs of a span. */
static void read_d_output(const srnn_walker *w, const backward *b,
                          const span *s)
{
    const srnn_rows *const rows = &b->walk.rows;
    const int64_t width = srnn_walk__width(&b->walk);
    int64_t first = 0;
    int64_t count = 0;
    srnn_walker__part(w, srnn_rows__start(rows, s->end) - s->start, &first,
                      &count);
    if (count == 0)
        return;
    const srnn_matrix to =
        g_of(b, s, options_of(b)->num_layers - 1, 0, s->start + first, count);
    if (b->d_output.data == NULL)
        memset(to.data, 0, (size_t)(count * width * size_of(b)));
    else
        srnn_outside__gather(&b->d_output, rows,
                             srnn_rows__at(rows, s->start + first, s->first),
                             count, to.data, width);
}

/* What one member computes of a run: steps [first, end) of n rows. */
typedef struct {
    int64_t first;
    int64_t end;
    int64_t n;
    int64_t own;   /* its first row */
    int64_t step;  /* from one of its rows to the next */
    int64_t count; /* of its rows */
} run;

/* The member's rows of a step in a matrix of all rows of the run. */
static srnn_matrix own_rows(const backward *b, const run *r, srnn_matrix m,
                            int64_t t)
{
    m.data =
        (unsigned char *)m.data + (t - r->first) * r->n * m.stride * size_of(b);
    return srnn_walk__rows_of(&b->walk, m, r->own, r->step, r->count);
}

static srnn_recur_sequence in_order(const backward *b, const run *r,
                                    srnn_matrix m, bool descends)
{
    const srnn_matrix own = own_rows(b, r, m, descends ? r->end - 1 : r->first);
    return (srnn_recur_sequence){
        own.data, (descends ? -1 : 1) * r->n * m.stride, own.stride};
}

/* dg of a step, some columns of it. */
static void step_gradients(const backward *b, srnn_matrix g, srnn_matrix y,
                           srnn_matrix dh, int64_t first, int64_t columns)
{
    for (int64_t m = 0; m < g.rows; m++)
        b->gradient(
            (unsigned char *)g.data + (m * g.stride + first) * size_of(b),
            (unsigned char *)dh.data + (m * dh.stride + first) * size_of(b),
            (unsigned char *)y.data + (m * y.stride + first) * size_of(b),
            columns, b->tiny);
}

static srnn_matrix columns_of(const backward *b, srnn_matrix m, int64_t first,
                              int64_t columns)
{
    m.data = (unsigned char *)m.data + first * size_of(b);
    m.columns = columns;
    return m;
}

/* Is dh of the states before step t of no use, as no gradient of them is
 * wanted? */
static bool ends_at(const backward *b, int64_t t, bool descends)
{
    return t == (descends ? 0 : b->walk.rows.T - 1) && b->call->d_h0 == NULL &&
           b->walk.rows.resets == NULL;
}

/* The steps of a run, one by one. False if this member is to leave. */
static bool run_steps(srnn_walker *w, const backward *b, const run *r,
                      int64_t cell, srnn_matrix y, srnn_matrix g)
{
    const bool descends =
        !reverses(b, cell % srnn_options__directions(options_of(b)));
    const srnn_matrix dh = carry_of(b, cell, r->own, r->step, r->count);
    for (int64_t i = 0; i < r->end - r->first; i++) {
        const int64_t t = descends ? r->end - 1 - i : r->first + i;
        const srnn_matrix g_t = own_rows(b, r, g, t);
        int64_t first = 0;
        int64_t columns = 0;
        bool meets = srnn_walker__columns(w, &first, &columns);
        step_gradients(b, g_t, own_rows(b, r, y, t), dh, first, columns);
        if (meets && !srnn_walker__barrier(w))
            return false;
        if (ends_at(b, t, descends))
            continue;
        (void)srnn_walker__columns(w, &first, &columns);
        b->walk.kernels.product(g_t, &b->transposed->hh[cell], first,
                                (unsigned char *)b->zeros,
                                columns_of(b, dh, first, columns));
    }
    return true;
}

static bool run_back(srnn_walker *w, const backward *b, const span *s,
                     int64_t layer, int64_t direction, const run *r)
{
    const int64_t cell = cell_of(b, layer, direction);
    const int64_t row = srnn_rows__start(&b->walk.rows, r->first);
    const bool descends = !reverses(b, direction);
    const srnn_matrix y =
        srnn_walk__states(&b->walk, s->window, layer, direction, row, r->n);
    const srnn_matrix g = g_of(b, s, layer, direction, row, r->n);
    if (b->recur == NULL)
        return run_steps(w, b, r, cell, y, g);
    const srnn_recur_backward_pass pass = {
        .T = r->end - r->first,
        .weight_hh_t = &b->transposed->hh[cell],
        .dh = carry_of(b, cell, r->own, r->step, r->count),
        .y = in_order(b, r, y, descends),
        .g = in_order(b, r, g, descends),
        .tiny = b->tiny};
    b->recur(&pass);
    return true;
}

/* Where a row was reset, what came back to its state is a gradient of fresh.
 * t: the step after the reset. */
static void give_fresh(const backward *b, int64_t cell, const run *r, int64_t t)
{
    const int64_t H = options_of(b)->hidden_size;
    for (int64_t m = 0; m < r->count; m++) {
        const int64_t i = r->own + m * r->step;
        if (i >= srnn_rows__count(&b->walk.rows, t) ||
            !srnn_rows__is_reset(&b->walk.rows, t, i))
            continue;
        const int64_t at = (cell * b->walk.sizes.B + i) * H * size_of(b);
        void *const carry = (unsigned char *)b->carry + at;
        SRNN_FOR_DTYPE((srnn_dtype)options_of(b)->dtype, srnn_cell__add_biases)
        ((unsigned char *)b->d_fresh + at, (unsigned char *)b->d_fresh + at,
         carry, H);
        memset(carry, 0, (size_t)(H * size_of(b)));
    }
}

/* The recurrence of a direction, against its order. False if this member is to
 * leave. */
static bool recur(srnn_walker *w, const backward *b, const span *s,
                  int64_t layer, int64_t direction)
{
    const srnn_rows *const rows = &b->walk.rows;
    const bool descends = !reverses(b, direction);
    const int64_t cell = cell_of(b, layer, direction);
    for (int64_t t = descends ? s->end : s->first;
         descends ? t > s->first : t < s->end;) {
        run r = {.own = srnn_walker__first_row(w),
                 .step = srnn_walker__row_step(w)};
        r.first = descends ? srnn_rows__run_first(rows, t, s->first) : t;
        r.end = descends ? t : srnn_rows__run_end(rows, t, s->end);
        r.n = srnn_rows__count(rows, r.first);
        r.count = srnn_integer__divide_up(r.n - r.own, r.step);
        t = descends ? r.first : r.end;
        if (r.count <= 0)
            continue;
        if (!run_back(w, b, s, layer, direction, &r))
            return false;
        if (rows->resets != NULL && (descends || t < rows->T))
            give_fresh(b, cell, &r, t);
    }
    return true;
}

/* Blocks [first, end) of a span, in the order of a direction: steps through
 * them, false after the last. Begin with *first = *end = -1. */
static bool next_block(const backward *b, const span *s, bool descends,
                       int64_t *first, int64_t *end)
{
    const int64_t block = b->walk.block;
    if (*first == -1)
        *first = *end = descends ? s->end : s->first;
    if (descends ? *first == s->first : *end == s->end)
        return false;
    if (descends) {
        *end = *first;
        *first = (*end - 1) / block * block;
    } else {
        *first = *end;
        *end = srnn_integer__smaller(*first + block, s->end);
    }
    return true;
}

/* What the weights of a cell were multiplied with, in the rows of a block. */
typedef struct {
    srnn_matrix g;
    srnn_matrix x;
    srnn_matrix h;
} factors;

/* This member's part of what has to be gathered for a block; the whole is in
 * factors after a barrier. Returns whether a barrier is needed. */
static bool gather(const srnn_walker *w, const backward *b, const span *s,
                   int64_t layer, int64_t direction, int64_t t, int64_t count,
                   factors *f)
{
    const srnn_walk *const walk = &b->walk;
    const int64_t H = options_of(b)->hidden_size;
    const int64_t row = srnn_rows__start(&walk->rows, t);
    const bool is_even = srnn_rows__are_even(&walk->rows);
    const bool gathers = srnn_walk__gathers(walk, layer);
    const int64_t columns = srnn_walk__input_width(walk, layer);
    const srnn_row_cursor begin = {t, 0};
    int64_t first = 0;
    int64_t own = 0;
    f->g = g_of(b, s, layer, direction, row, count);
    f->x = (srnn_matrix){walk->x, count, columns, columns};
    f->h = (srnn_matrix){b->before, count, H, H};
    if (!gathers)
        f->x = srnn_walk__input(walk, s->window, layer, begin, count, 0);
    if (is_even)
        f->h = srnn_walk__states(
            walk, s->window, layer, direction,
            row + (reverses(b, direction) ? walk->sizes.B : -walk->sizes.B),
            count);
    srnn_walker__part(w, count, &first, &own);
    if (own == 0 || (is_even && !gathers))
        return !is_even || gathers;
    srnn_row_cursor at = srnn_rows__at(&walk->rows, row + first, t);
    if (gathers)
        (void)srnn_walk__input(walk, s->window, layer, at, own, first);
    for (int64_t n = first; !is_even && n < first + own; n++) {
        memcpy((unsigned char *)b->before + n * H * size_of(b),
               srnn_walk__state_before(walk, s->window, layer, direction, at.t,
                                       at.i),
               (size_t)(H * size_of(b)));
        srnn_rows__next(&walk->rows, &at);
    }
    return true;
}

/* Rows [first, first + count) of a matrix, and some of its columns. */
static srnn_matrix part_of(const backward *b, srnn_matrix m, int64_t first,
                           int64_t count)
{
    return srnn_walk__rows_of(&b->walk, m, first, 1, count);
}

/* This member's rows of the gradients of one cell, from at most
 * SRNN_OUTER_ROWS rows of its factors. */
static void add_products(const srnn_walker *w, const backward *b, int64_t cell,
                         const factors *f, int64_t first_row, int64_t count,
                         bool adds)
{
    const int64_t H = options_of(b)->hidden_size;
    void *const scratch =
        b->scratch + w->member * (int64_t)SRNN_OUTER_SCRATCH_BYTES;
    const srnn_matrix with[] = {part_of(b, f->x, first_row, count),
                                part_of(b, f->h, first_row, count)};
    int64_t first = 0;
    int64_t own = 0;
    srnn_walker__part(w, H, &first, &own);
    if (own == 0)
        return;
    const srnn_matrix g =
        columns_of(b, part_of(b, f->g, first_row, count), first, own);
    for (int i = 0; i < 2; i++) {
        void *const weight = gradient_of(b, cell,
                                         i == 0 ? SRNN_PARAMETER_WEIGHT_IH
                                                : SRNN_PARAMETER_WEIGHT_HH);
        void *const bias = gradient_of(
            b, cell, i == 0 ? SRNN_PARAMETER_BIAS_IH : SRNN_PARAMETER_BIAS_HH);
        const int64_t N = with[i].columns;
        if (weight != NULL)
            b->outer.product(
                g, with[i],
                (srnn_matrix){(unsigned char *)weight + first * N * size_of(b),
                              own, N, N},
                adds, scratch);
        if (bias != NULL)
            b->outer.sums(g, (unsigned char *)bias + first * size_of(b), adds);
    }
}

static bool wants_gradients(const backward *b, int64_t cell)
{
    for (srnn_parameter_kind kind = SRNN_PARAMETER_WEIGHT_IH;
         kind <= SRNN_PARAMETER_BIAS_HH; kind++)
        if (gradient_of(b, cell, kind) != NULL)
            return true;
    return false;
}

/* The gradients of the parameters of one cell. False if this member is to
 * leave. */
static bool accumulate(srnn_walker *w, const backward *b, const span *s,
                       int64_t layer, int64_t direction)
{
    const srnn_rows *const rows = &b->walk.rows;
    const int64_t cell = cell_of(b, layer, direction);
    const bool descends = !reverses(b, direction);
    int64_t t = -1;
    int64_t end = -1;
    if (!wants_gradients(b, cell))
        return true;
    while (next_block(b, s, descends, &t, &end)) {
        const int64_t count =
            srnn_rows__start(rows, end) - srnn_rows__start(rows, t);
        factors f;
        const bool meets = gather(w, b, s, layer, direction, t, count, &f);
        if (meets && !srnn_walker__barrier(w))
            return false;
        const int64_t pieces = srnn_integer__divide_up(count, SRNN_OUTER_ROWS);
        for (int64_t i = 0; i < pieces; i++) {
            const int64_t first =
                (descends ? pieces - 1 - i : i) * SRNN_OUTER_ROWS;
            const bool is_first =
                i == 0 && (descends ? end == rows->T : t == 0);
            add_products(w, b, cell, &f, first,
                         srnn_integer__smaller(count - first, SRNN_OUTER_ROWS),
                         b->call->adds || !is_first);
        }
        if (meets && !srnn_walker__barrier(w))
            return false;
    }
    return true;
}

/* dx of this member's rows of a block, into a matrix. */
static void multiply_below(const backward *b, const span *s, int64_t layer,
                           int64_t row, srnn_matrix to)
{
    for (int64_t d = 0; d < srnn_options__directions(options_of(b)); d++)
        b->walk.kernels.product(g_of(b, s, layer, d, row, to.rows),
                                &b->transposed->ih[cell_of(b, layer, d)], 0,
                                d == 0 ? b->zeros : NULL, to);
}

/* Gradients of what a layer read: dy of the layer below, or d_input. */
static void give_below(const srnn_walker *w, const backward *b, const span *s,
                       int64_t layer, int64_t t, int64_t end)
{
    const srnn_walk *const walk = &b->walk;
    const int64_t start = srnn_rows__start(&walk->rows, t);
    const int64_t columns = srnn_walk__input_width(walk, layer);
    int64_t first = 0;
    int64_t count = 0;
    srnn_walker__part(w, srnn_rows__start(&walk->rows, end) - start, &first,
                      &count);
    if (count == 0)
        return;
    const int64_t row = start + first;
    const srnn_row_cursor at = srnn_rows__at(&walk->rows, row, t);
    if (layer > 0) {
        srnn_matrix below = g_of(b, s, layer - 1, 0, row, count);
        below.columns = columns;
        multiply_below(b, s, layer, row, below);
        if (walk->drops)
            srnn_walk__drop(walk, layer - 1, at, below, below);
    } else if (srnn_outside__is_matrix(&b->d_input, &walk->rows)) {
        multiply_below(b, s, 0, row,
                       srnn_outside__matrix(&b->d_input, row, count));
    } else {
        const srnn_matrix aside = {(unsigned char *)b->d_x +
                                       srnn_walker__own_rows(w) * columns *
                                           size_of(b),
                                   count, columns, columns};
        multiply_below(b, s, 0, row, aside);
        srnn_outside__scatter(&b->d_input, &walk->rows, at, count, aside.data,
                              columns);
    }
}

static bool back_layer(srnn_walker *w, const backward *b, const span *s,
                       int64_t layer)
{
    const int64_t directions = srnn_options__directions(options_of(b));
    for (int64_t d = 0; d < directions; d++)
        if (srnn_walker__has_direction(w, d) && !recur(w, b, s, layer, d))
            return false;
    if (!srnn_walker__barrier(w))
        return false;
    for (int64_t d = 0; d < directions; d++)
        if (!accumulate(w, b, s, layer, d))
            return false;
    if (layer > 0 || b->d_input.data != NULL)
        for (int64_t t = s->first; t < s->end; t += b->walk.block)
            give_below(w, b, s, layer, t,
                       srnn_integer__smaller(t + b->walk.block, s->end));
    return srnn_walker__barrier(w);
}

/* The states of a window again, from its checkpoint. */
static bool record_again(srnn_walker *w, const srnn_window *window)
{
    const srnn_walk *const walk = w->walk;
    const bool reverse = srnn_options__reverses(&walk->rnn->options, 0);
    int64_t first = -1;
    int64_t end = -1;
    if (!srnn_walker__barrier(w))
        return false;
    if (w->member == 0)
        srnn_walk__restore(walk, window);
    if (!srnn_walker__barrier(w))
        return false;
    while (srnn_record__next_span(walk, window, reverse, &first, &end))
        if (!srnn_record__span(w, window, first, end))
            return false;
    return true;
}

static bool back_window(srnn_walker *w, const backward *b,
                        const srnn_window *window)
{
    const bool descends = !reverses(b, 0);
    span s = {.window = window, .first = -1, .end = -1};
    if (b->walk.sizes.window > 0 && !record_again(w, window))
        return false;
    while (
        srnn_record__next_span(&b->walk, window, descends, &s.first, &s.end)) {
        s.start = srnn_rows__start(&b->walk.rows, s.first);
        read_d_output(w, b, &s);
        if (!srnn_walker__barrier(w))
            return false;
        for (int64_t layer = options_of(b)->num_layers - 1; layer >= 0; layer--)
            if (!back_layer(w, b, &s, layer))
                return false;
    }
    return true;
}

static void back(void *argument, srnn_team *team, int64_t member)
{
    const backward *const b = argument;
    const bool descends = !reverses(b, 0);
    const int64_t T = b->walk.rows.T;
    srnn_walker w = {&b->walk, team, member,
                     team == NULL ? 1 : b->walk.partition.members};
    for (int64_t t = descends ? T - 1 : 0; descends ? t >= 0 : t < T;) {
        const srnn_window window = srnn_walk__window(&b->walk, t);
        if (!back_window(&w, b, &window))
            return;
        t = descends ? window.first - 1 : window.end;
    }
}

/* See srnn_arena. */
static void lay_out(backward *b, srnn_arena *arena)
{
    const srnn_options *const options = options_of(b);
    const int64_t size = size_of(b);
    const int64_t width = srnn_walk__width(&b->walk);
    const int64_t B = b->walk.sizes.B;
    const int64_t block_rows = srnn_walk__block_rows(&b->walk);
    const int64_t steps = srnn_walk__needs_whole_spans(&b->walk)
                              ? b->walk.sizes.T
                              : b->walk.block;
    const int64_t widest =
        width > options->input_size ? width : options->input_size;
    srnn_walk__lay_out(&b->walk, arena);
    for (int i = 0; i < 2; i++)
        b->g[i] = i > 0 && options->num_layers == 1
                      ? NULL
                      : srnn_arena__take_matrix(arena, steps, B * width, size);
    b->carry =
        srnn_arena__take_matrix(arena, B, options->num_layers * width, size);
    b->d_fresh =
        srnn_arena__take_matrix(arena, B, options->num_layers * width, size);
    b->before =
        srnn_arena__take_matrix(arena, block_rows, options->hidden_size, size);
    b->d_x = srnn_arena__take_matrix(arena, srnn_walk__buffer_rows(&b->walk),
                                     options->input_size, size);
    b->zeros = srnn_arena__take(arena, widest, size);
    b->scratch =
        srnn_arena__take(arena, b->walk.threads, SRNN_OUTER_SCRATCH_BYTES);
}

static srnn_status measure(int64_t *out, const srnn_context *context,
                           const srnn_tape_sizes *sizes)
{
    backward b = {.walk = srnn_record__walk(context, sizes)};
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&b, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "the buffers of backward"));
    *out = arena.used;
    return SRNN_OK;
}

srnn_status srnn_backward__size(int64_t *out, const srnn_context *context,
                                const srnn_tape_sizes *sizes)
{
    int64_t buffers = 0;
    int64_t weights = 0;
    SRNN_TRY(measure(&buffers, context, sizes));
    SRNN_TRY(srnn_transposed__size(&weights, context->rnn));
    if (!srnn_checked__add(out, buffers, weights))
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "the buffers of backward would need more than "
                                "2^63 - 1 bytes");
    return SRNN_OK;
}

/* States [L*D,B,H] of the caller, or zeros, in the order of packed rows. */
static void read_carry(const backward *b)
{
    const int64_t H = options_of(b)->hidden_size;
    const int64_t B = b->walk.sizes.B;
    const int64_t cells = srnn_options__cells(options_of(b));
    const srnn_outside d_h_n = srnn_outside__states(b->call->d_h_n);
    if (d_h_n.data == NULL) {
        memset(b->carry, 0, (size_t)(cells * B * H * size_of(b)));
        return;
    }
    for (int64_t cell = 0; cell < cells; cell++)
        for (int64_t i = 0; i < B; i++)
            srnn_outside__read_state(&d_h_n, &b->walk.rows, cell, i,
                                     (unsigned char *)b->carry +
                                         (cell * B + i) * H * size_of(b));
}

/* Where the batch shares a state: the sum of its rows, b up. */
static void write_sum(const backward *b, const srnn_outside *to,
                      const void *states, int64_t cell)
{
    const int64_t H = options_of(b)->hidden_size;
    const int64_t B = b->walk.sizes.B;
    const bool is_single = options_of(b)->dtype == SRNN_DTYPE_FLOAT32;
    for (int64_t k = 0; k < H; k++) {
        double sum = 0;
        for (int64_t row = 0; row < B; row++) {
            const int64_t at = (cell * B + b->walk.places[row]) * H + k;
            sum += is_single ? (double)((const float *)states)[at]
                             : ((const double *)states)[at];
        }
        unsigned char *const element =
            to->data +
            (cell * to->step_stride + k * to->feature_stride) * to->size;
        if (is_single)
            memcpy(element, &(float){(float)sum}, sizeof(float));
        else
            memcpy(element, &sum, sizeof sum);
    }
}

/* Gradients [L*D,B,H] of states, to the caller. */
static void write_states(const backward *b, const srnn_tensor *tensor,
                         const void *states)
{
    const int64_t H = options_of(b)->hidden_size;
    const int64_t B = b->walk.sizes.B;
    const srnn_outside to = srnn_outside__states(tensor);
    if (tensor == NULL || tensor->size == 0)
        return;
    const bool is_shared = tensor->rank == 3 && tensor->shape[1] != B;
    for (int64_t cell = 0; cell < srnn_options__cells(options_of(b)); cell++) {
        if (is_shared) {
            write_sum(b, &to, states, cell);
            continue;
        }
        for (int64_t i = 0; i < B; i++)
            srnn_outside__write_state(&to, &b->walk.rows, cell, i,
                                      (const unsigned char *)states +
                                          (cell * B + i) * H * size_of(b));
    }
}

/* Without any row, no block is added. */
static void clear_gradients(const backward *b)
{
    const srnn_rnn *const rnn = b->walk.rnn;
    for (int64_t i = 0; !b->call->adds && i < rnn->parameter_count; i++) {
        void *const gradient = gradient_at(b, i);
        const srnn_tensor parameter = srnn_rnn__parameter(rnn, i);
        if (gradient != NULL)
            memset(gradient, 0, (size_t)(parameter.size * size_of(b)));
    }
}

static void choose_kernels(backward *b, const srnn_context *context)
{
    const srnn_options *const options = options_of(b);
    const srnn_cell_kernels *const kernels = &context->kernels;
    const srnn_dtype dtype = (srnn_dtype)options->dtype;
    const srnn_nonlinearity nonlinearity =
        (srnn_nonlinearity)options->nonlinearity;
    b->outer = srnn_outer__find(kernels->isa, dtype);
    b->gradient =
        srnn_activation__find_gradient(nonlinearity, kernels->isa, dtype);
    if (srnn_cell__recurs(kernels, options->hidden_size))
        b->recur =
            srnn_cell__choose_recur_backward(kernels, dtype, nonlinearity);
    b->tiny = context->keeps_tiny_gradients ? 0
              : dtype == SRNN_DTYPE_FLOAT32 ? 0x1p-100
                                            : 0x1p-960;
}

static void begin(backward *b, const srnn_context *context)
{
    const srnn_tape_sizes *const sizes = &b->walk.sizes;
    const int64_t cells = srnn_options__cells(options_of(b));
    b->transposed = &context->transposed;
    choose_kernels(b, context);
    b->d_output = srnn_outside__sequence(b->walk.rnn, b->call->d_output,
                                         sizes->T, sizes->B);
    b->d_input = srnn_outside__sequence(b->walk.rnn, b->call->d_input, sizes->T,
                                        sizes->B);
    memset(b->zeros, 0,
           (size_t)((srnn_walk__width(&b->walk) > options_of(b)->input_size
                         ? srnn_walk__width(&b->walk)
                         : options_of(b)->input_size) *
                    size_of(b)));
    memset(
        b->d_fresh, 0,
        (size_t)(cells * sizes->B * options_of(b)->hidden_size * size_of(b)));
    for (int64_t i = 0; i < sizes->B; i++)
        b->walk.places[srnn_rows__row(&b->walk.rows, i)] = i;
    read_carry(b);
}

static void finish(const backward *b)
{
    const srnn_walk *const walk = &b->walk;
    for (int64_t i = 0; b->d_input.data != NULL && i < walk->sizes.B; i++)
        srnn_outside__clear_padding(&b->d_input, &walk->rows, i, walk->sizes.T);
    write_states(b, b->call->d_h0, b->carry);
    write_states(b, b->call->d_fresh, b->d_fresh);
}

srnn_status srnn_backward__run(srnn_context *context, const srnn_tape *tape,
                               const srnn_backward_call *call)
{
    const srnn_recording *const recording = srnn_tape__recording(tape);
    const srnn_tape_sizes sizes = {recording->steps, recording->batch,
                                   recording->window};
    backward b = {.walk = srnn_record__walk(context, &sizes), .call = call};
    int64_t bytes = 0;
    SRNN_TRY(srnn_record__choose_partition(&b.walk, context,
                                           recording->has_lengths != 0 ||
                                               recording->has_resets != 0));
    SRNN_TRY(measure(&bytes, context, &sizes));
    SRNN_TRY(srnn_context__replace_memory(context, bytes));
    SRNN_TRY(srnn_transposed__reserve(&context->transposed, context->rnn));
    SRNN_TRY(srnn_tape__lay_out(&b.walk.parts, options_of(&b), &sizes,
                                tape->memory));
    srnn_arena arena = {context->memory, context->capacity, 0, false};
    lay_out(&b, &arena);
    srnn_transposed__update(&context->transposed, context->rnn);
    srnn_walk__open(&b.walk, call->input);
    begin(&b, context);
    if (b.walk.rows.T == 0 || sizes.B == 0)
        clear_gradients(&b);
    else if (b.walk.partition.members == 1)
        back(&b, NULL, 0);
    else
        srnn_team__run(context->team, b.walk.partition.members, back, &b);
    finish(&b);
    srnn_record__note_partition(context, &b.walk);
    return SRNN_OK;
}
