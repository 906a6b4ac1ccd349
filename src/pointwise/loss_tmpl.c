/* SPDX-License-Identifier: MIT */
/* Losses, row after row. Sums and logarithms are in double. A row whose values
 * are not side by side is read and written in chunks through a copy. */
#include "pointwise/loss.h"

#include <math.h>

#include "simd/real.h"
#include "simplernn/loss.h"
#include "tensor/cursor.h"
#include "util/integer.h"

enum { CHUNK = SRNN_SOFTMAX_CHUNK };

/* Values of a row, so many elements apart. */
typedef struct {
    real *values; /* NULL: there is no such row */
    int64_t stride;
} row;

/* The cursors of a call, at the same row. */
typedef struct {
    srnn_cursor result;
    srnn_cursor target;
    srnn_cursor counted;
    srnn_cursor gradient;
} position;

static srnn_cursor begin_optional(const srnn_tensor *tensor, int32_t rank)
{
    const srnn_cursor none = {0};
    return tensor == NULL ? none : srnn_cursor__begin(tensor, rank, 0);
}

static position begin(const srnn_loss_call *call)
{
    const int32_t rank = call->result->rank - 1;
    return (position){srnn_cursor__begin(call->result, rank, 0),
                      srnn_cursor__begin(call->target, rank, 0),
                      begin_optional(call->counted, rank),
                      begin_optional(call->gradient, rank)};
}

static bool next(position *p)
{
    (void)srnn_cursor__next(&p->target);
    (void)srnn_cursor__next(&p->counted);
    (void)srnn_cursor__next(&p->gradient);
    return srnn_cursor__next(&p->result);
}

static row row_at(const srnn_cursor *cursor)
{
    return (row){(real *)(void *)cursor->at,
                 cursor->tensor->strides[cursor->rank]};
}

static row gradient_at(const position *p)
{
    const row none = {NULL, 0};
    return p->gradient.tensor == NULL ? none : row_at(&p->gradient);
}

static void clear(row d, int64_t count)
{
    for (int64_t i = 0; i < count && d.values != NULL; i++)
        d.values[i * d.stride] = 0;
}

/* Values first to first + count, in the row or copied to room. */
static const real *read_chunk(row x, int64_t first, int64_t count, real *room)
{
    if (x.stride == 1)
        return x.values + first;
    for (int64_t i = 0; i < count; i++)
        room[i] = x.values[(first + i) * x.stride];
    return room;
}

/* What the softmax of a row is made of. */
typedef struct {
    const srnn_softmax_kernels *kernels;
    row logits;
    int64_t count;
    double largest;
    double sum;        /* of exp(logit - largest), 1 and up */
    real terms[CHUNK]; /* of it: those of the latest chunk */
} distribution;

static int64_t chunk_at(const distribution *s, int64_t first)
{
    return srnn_integer__smaller(s->count - first, CHUNK);
}

static double weigh_chunk(distribution *s, int64_t first)
{
    const int64_t count = chunk_at(s, first);
    return s->kernels->weigh(s->terms,
                             read_chunk(s->logits, first, count, s->terms),
                             count, s->largest);
}

static void measure(distribution *s)
{
    s->largest = -INFINITY;
    s->sum = 0;
    for (int64_t i = 0; i < s->count; i += CHUNK)
        s->largest = s->kernels->find_largest(
            read_chunk(s->logits, i, chunk_at(s, i), s->terms), chunk_at(s, i),
            s->largest);
    for (int64_t i = 0; i < s->count; i += CHUNK)
        s->sum += weigh_chunk(s, i);
}

/* d = softmax / divisor, and 1 / divisor less for the class. The row of d may
 * be that of the logits. A row of one chunk still has its terms. The factor of
 * a divisor near 0 may not fit where gradients do. */
static void give_gradient(distribution *s, row d, int64_t class, double divisor)
{
    const real factor = (real)(1 / (s->sum * divisor));
    const bool fits = factor > 0 && isfinite(factor);
    for (int64_t i = 0; i < s->count; i += CHUNK) {
        if (s->count > CHUNK)
            (void)weigh_chunk(s, i);
        const int64_t count = chunk_at(s, i);
        for (int64_t j = 0; j < count; j++)
            d.values[(i + j) * d.stride] =
                fits ? s->terms[j] * factor
                     : (real)(s->terms[j] / s->sum / divisor);
        if (class >= i && class < i + CHUNK)
            d.values[class * d.stride] =
                (real)((s->terms[class - i] / s->sum - 1) / divisor);
    }
}

/* A sum of logarithms of numbers from 1 on, of their product, as long as that
 * stays far below the largest number. */
typedef struct {
    double product;
    double sum;
} logarithms;

static void add_logarithm(logarithms *l, double x)
{
    l->product *= x;
    if (l->product > 0x1p900) {
        l->sum += log(l->product);
        l->product = 1;
    }
}

double SRNN_REAL_NAME(srnn_loss__cross_entropy)(const srnn_loss_call *call)
{
    const int64_t count = call->result->shape[call->result->rank - 1];
    distribution s = {.kernels = call->softmax, .count = count};
    logarithms l = {.product = 1};
    if (call->result->size == 0)
        return 0;
    position p = begin(call);
    do {
        const int64_t class = *(const int64_t *)(void *)p.target.at;
        const row d = gradient_at(&p);
        const row logits = row_at(&p.result);
        if (class == SRNN_IGNORE_INDEX) {
            clear(d, count);
            continue;
        }
        s.logits = logits;
        measure(&s);
        add_logarithm(&l, s.sum);
        l.sum += s.largest - (double)logits.values[class * logits.stride];
        if (d.values != NULL)
            give_gradient(&s, d, class, call->divisor);
    } while (next(&p));
    return l.sum + log(l.product);
}

static double square_row(row output, row target, row d, int64_t count,
                         double divisor)
{
    const double factor = 2 / divisor;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        const double error = (double)output.values[i * output.stride] -
                             (double)target.values[i * target.stride];
        sum += error * error;
        if (d.values != NULL)
            d.values[i * d.stride] =
                (real)(isfinite(factor) ? error * factor
                                        : 2 * (error / divisor));
    }
    return sum;
}

double SRNN_REAL_NAME(srnn_loss__squared_error)(const srnn_loss_call *call)
{
    const int64_t count = call->result->shape[call->result->rank - 1];
    double sum = 0;
    if (call->result->size == 0)
        return sum;
    position p = begin(call);
    do {
        const row d = gradient_at(&p);
        if (call->counted != NULL && *p.counted.at == 0)
            clear(d, count);
        else
            sum += square_row(row_at(&p.result), row_at(&p.target), d, count,
                              call->divisor);
    } while (next(&p));
    return sum;
}
