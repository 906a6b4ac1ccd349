/* SPDX-License-Identifier: MIT */
/* Compilers make vectors of a loop whose number of turns they know. So values
 * come in blocks, and what is left over at the end is copied into one. */
#include "optimizer/formula.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "simd/real.h"

#if SRNN_REAL_BITS == 32
static const real least = FLT_MIN;
#else
static const real least = DBL_MIN;
#endif

enum { BLOCK = 32, DROP_EVERY = 16 };

/* What a block is computed with. */
typedef struct {
    real decay;  /* of the values, as a part of the gradient */
    real shrink; /* of the values, before the update */
    real step;   /* -learning_rate, which Adam corrects */
    real momentum;
    real undamped; /* 1 - dampening */
    real rest1;    /* 1 - beta1 */
    real beta2;    /* alpha of RMSprop */
    real rest2;    /* 1 - beta2 */
    real correction;
    real epsilon;
    bool is_first; /* are the moments without a value? */
    bool drops;    /* see drop_subnormal */
    bool is_nesterov;
    bool is_centered;
} numbers;

/* Of one block: values, gradient, moments. */
typedef void block_function(real *x, const real *g,
                            real *const m[SRNN_OPTIMIZER_MOMENTS],
                            const numbers *n);

static double get(const srnn_optimizer_options *options,
                  srnn_optimizer_option option)
{
    return options->of[srnn_optimizer__at(option)];
}

/* sum = g + factor x; or g itself if the factor is 0. */
static const real *sum_of(real *restrict sum, const real *restrict g,
                          const real *restrict x, real factor)
{
    if (factor == 0)
        return g;
    for (int i = 0; i < BLOCK; i++)
        sum[i] = g[i] + factor * x[i];
    return sum;
}

/* torch.lerp_ */
static void lerp(real *restrict mean, const real *restrict g, real weight)
{
    if (weight < (real)0.5)
        for (int i = 0; i < BLOCK; i++)
            mean[i] = mean[i] + weight * (g[i] - mean[i]);
    else
        for (int i = 0; i < BLOCK; i++)
            mean[i] = g[i] - (g[i] - mean[i]) * (1 - weight);
}

static void average_squares(real *restrict mean, const real *restrict g,
                            real beta, real rest)
{
    for (int i = 0; i < BLOCK; i++)
        mean[i] = mean[i] * beta + rest * g[i] * g[i];
}

/* x += factor a */
static void add_multiple(real *restrict x, const real *restrict a, real factor)
{
    for (int i = 0; i < BLOCK; i++)
        x[i] = x[i] + factor * a[i];
}

/* x += factor a / b */
static void add_quotient(real *restrict x, const real *restrict a,
                         const real *restrict b, real factor)
{
    for (int i = 0; i < BLOCK; i++)
        x[i] = x[i] + factor * a[i] / b[i];
}

static void scale(real *restrict x, real factor)
{
    if (factor == 1)
        return;
    for (int i = 0; i < BLOCK; i++)
        x[i] = x[i] * factor;
}

/* root = sqrt(squares) / correction + epsilon */
static void take_root(real *restrict root, const real *restrict squares,
                      real correction, real epsilon)
{
    for (int i = 0; i < BLOCK; i++)
        root[i] = (real)sqrt(squares[i]) / correction + epsilon;
}

/* What the values follow is d, or with a momentum the buffer; or with nesterov
 * their sum. */
static void sgd(real *x, const real *g, real *const m[SRNN_OPTIMIZER_MOMENTS],
                const numbers *n)
{
    real own[BLOCK];
    // cppcheck-suppress variableScope // d points to it
    real sum[BLOCK];
    const real *d = sum_of(own, g, x, n->decay);
    assert(m[0] != NULL);
    if (n->momentum != 0 && n->is_first) {
        memcpy(m[0], d, sizeof own);
    } else if (n->momentum != 0) {
        scale(m[0], n->momentum);
        add_multiple(m[0], d, n->undamped);
    }
    if (n->is_nesterov)
        d = sum_of(sum, d, m[0], n->momentum);
    else if (n->momentum != 0)
        d = m[0];
    add_multiple(x, d, n->step);
}

static void adam(real *x, const real *g, real *const m[SRNN_OPTIMIZER_MOMENTS],
                 const numbers *n)
{
    real own[BLOCK];
    real root[BLOCK];
    assert(m[0] != NULL && m[1] != NULL);
    scale(x, n->shrink);
    const real *const d = sum_of(own, g, x, n->decay);
    lerp(m[0], d, n->rest1);
    average_squares(m[1], d, n->beta2, n->rest2);
    take_root(root, m[1], n->correction, n->epsilon);
    add_quotient(x, m[0], root, n->step);
}

/* squares - mean^2, which is below 0 only by rounding. torch would make NaN of
 * that. */
static void take_variance(real *restrict variance, const real *restrict squares,
                          const real *restrict mean)
{
    for (int i = 0; i < BLOCK; i++) {
        const real difference = squares[i] - mean[i] * mean[i];
        variance[i] = difference < 0 ? 0 : difference;
    }
}

static void rmsprop(real *x, const real *g,
                    real *const m[SRNN_OPTIMIZER_MOMENTS], const numbers *n)
{
    real own[BLOCK];
    real variance[BLOCK];
    real root[BLOCK];
    assert(m[0] != NULL && m[1] != NULL && m[2] != NULL);
    const real *squares = m[0];
    const real *const d = sum_of(own, g, x, n->decay);
    average_squares(m[0], d, n->beta2, n->rest2);
    if (n->is_centered) {
        lerp(m[2], d, n->rest2);
        take_variance(variance, m[0], m[2]);
        squares = variance;
    }
    take_root(root, squares, 1, n->epsilon);
    if (n->momentum == 0) {
        add_quotient(x, d, root, n->step);
        return;
    }
    scale(m[1], n->momentum);
    add_quotient(m[1], d, root, 1);
    add_multiple(x, m[1], n->step);
}

/* Of a moment, which not every kind has. */
static void *at(void *moment, int64_t index)
{
    return moment == NULL ? NULL : (real *)moment + index;
}

/* A moment whose gradients have become 0 falls, and rounding would keep it at
 * a subnormal number for ever, with which processors compute many times slower.
 * To look for them now and then is enough. */
static void drop_subnormal(real *restrict moment)
{
    for (int i = 0; i < BLOCK; i++)
        moment[i] = (real)fabs(moment[i]) < least ? 0 : moment[i];
}

static void run_block(real *x, const real *g,
                      real *const m[SRNN_OPTIMIZER_MOMENTS],
                      block_function *block, const numbers *n)
{
    block(x, g, m, n);
    for (int i = 0; n->drops && i < SRNN_OPTIMIZER_MOMENTS && m[i] != NULL; i++)
        drop_subnormal(m[i]);
}

/* What is left over after whole blocks. */
static void run_rest(const srnn_formula_arrays *a, int64_t from,
                     block_function *block, const numbers *n)
{
    const size_t bytes = (size_t)(a->size - from) * sizeof(real);
    real x[BLOCK] = {0};
    real g[BLOCK] = {0};
    real m[SRNN_OPTIMIZER_MOMENTS][BLOCK] = {{0}};
    real *const values = (real *)a->values + from;
    memcpy(x, values, bytes);
    memcpy(g, (const real *)a->gradient + from, bytes);
    for (int i = 0; i < SRNN_OPTIMIZER_MOMENTS && a->moments[i] != NULL; i++)
        memcpy(m[i], (real *)a->moments[i] + from, bytes);
    run_block(x, g, (real *[]){m[0], m[1], m[2]}, block, n);
    memcpy(values, x, bytes);
    for (int i = 0; i < SRNN_OPTIMIZER_MOMENTS && a->moments[i] != NULL; i++)
        memcpy((real *)a->moments[i] + from, m[i], bytes);
}

static void run(const srnn_formula_arrays *a, block_function *block,
                const numbers *n)
{
    int64_t i = 0;
    for (; i + BLOCK <= a->size; i += BLOCK)
        run_block((real *)a->values + i, (const real *)a->gradient + i,
                  (real *[]){at(a->moments[0], i), at(a->moments[1], i),
                             at(a->moments[2], i)},
                  block, n);
    if (i < a->size)
        run_rest(a, i, block, n);
}

void SRNN_REAL_NAME(srnn_formula__sgd)(const srnn_formula_arrays *arrays,
                                       const srnn_optimizer_options *options,
                                       int64_t count)
{
    run(arrays, sgd,
        &(numbers){.decay = (real)get(options, SRNN_OPTIMIZER_WEIGHT_DECAY),
                   .step = (real)-get(options, SRNN_OPTIMIZER_LEARNING_RATE),
                   .momentum = (real)get(options, SRNN_OPTIMIZER_MOMENTUM),
                   .undamped =
                       (real)(1 - get(options, SRNN_OPTIMIZER_DAMPENING)),
                   .is_first = count == 1,
                   .drops = count % DROP_EVERY == 0,
                   .is_nesterov = get(options, SRNN_OPTIMIZER_NESTEROV) != 0});
}

/* By squares, as pow() has other bits on other machines. */
static double power(double base, int64_t exponent)
{
    double product = 1;
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 != 0)
            product *= base;
        base *= base;
    }
    return product;
}

/* Without weight decay. */
static numbers numbers_of_adam(const srnn_optimizer_options *options,
                               int64_t count)
{
    const double beta1 = get(options, SRNN_OPTIMIZER_BETA1);
    const double beta2 = get(options, SRNN_OPTIMIZER_BETA2);
    const double rate = get(options, SRNN_OPTIMIZER_LEARNING_RATE);
    return (numbers){.shrink = 1,
                     .step = (real) - (rate / (1 - power(beta1, count))),
                     .rest1 = (real)(1 - beta1),
                     .beta2 = (real)beta2,
                     .rest2 = (real)(1 - beta2),
                     .correction = (real)sqrt(1 - power(beta2, count)),
                     .epsilon = (real)get(options, SRNN_OPTIMIZER_EPSILON),
                     .drops = count % DROP_EVERY == 0};
}

void SRNN_REAL_NAME(srnn_formula__adam)(const srnn_formula_arrays *arrays,
                                        const srnn_optimizer_options *options,
                                        int64_t count)
{
    numbers n = numbers_of_adam(options, count);
    n.decay = (real)get(options, SRNN_OPTIMIZER_WEIGHT_DECAY);
    run(arrays, adam, &n);
}

void SRNN_REAL_NAME(srnn_formula__adamw)(const srnn_formula_arrays *arrays,
                                         const srnn_optimizer_options *options,
                                         int64_t count)
{
    numbers n = numbers_of_adam(options, count);
    n.shrink = (real)(1 - get(options, SRNN_OPTIMIZER_LEARNING_RATE) *
                              get(options, SRNN_OPTIMIZER_WEIGHT_DECAY));
    run(arrays, adam, &n);
}

void SRNN_REAL_NAME(srnn_formula__rmsprop)(
    const srnn_formula_arrays *arrays, const srnn_optimizer_options *options,
    int64_t count)
{
    const double alpha = get(options, SRNN_OPTIMIZER_ALPHA);
    run(arrays, rmsprop,
        &(numbers){.decay = (real)get(options, SRNN_OPTIMIZER_WEIGHT_DECAY),
                   .step = (real)-get(options, SRNN_OPTIMIZER_LEARNING_RATE),
                   .momentum = (real)get(options, SRNN_OPTIMIZER_MOMENTUM),
                   .beta2 = (real)alpha,
                   .rest2 = (real)(1 - alpha),
                   .epsilon = (real)get(options, SRNN_OPTIMIZER_EPSILON),
                   .drops = count % DROP_EVERY == 0,
                   .is_centered = get(options, SRNN_OPTIMIZER_CENTERED) != 0});
}
