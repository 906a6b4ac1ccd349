/* SPDX-License-Identifier: MIT */
/* Activations of a vector, for *_kernel.c. Every operation rounds
 * correctly and none depends on the position, so a value has one result.
 *
 * tanh, with a = |x|:
 *     a < crossover:   tanh(a) = a - a s / small(s),  s = a^2
 *     a >= crossover:  tanh(a) = 1 - 1 / large(a),  large(a) = (e^2a + 1) / 2,
 *                   e^2a = 2^n (1 + r + r^2 exponential(r)),   2a = n ln 2 + r
 * and the sign of x. Both sides share the division. small is a polynomial of
 * few terms, because a s / (a - tanh(a)) has no pole near by, as tanh has. The
 * sum e^2a + 1 is rounded once, as 2^n + 1 is exact where it matters.
 *
 * Below each <word>_of() stands <word>_gradient_of(sum, y): the gradient in
 * front of the activation, sum * f', where sum is the gradient behind it. f' is
 * a function of the result y, so nothing else must be kept of the forward. */
#ifndef SRNN_POINTWISE_ACTIVATION_VECTOR_H
#define SRNN_POINTWISE_ACTIVATION_VECTOR_H

#include "pointwise/activation_constants.h"
#include "simd/vector.h"

/* +0 where the mask is set, else v. For AVX-512 compilers make one operation of
 * it, which a selection is not. */
ALWAYS_INLINE vector zero_where(mask where, vector v)
{
    return (vector)(~where & (mask)v);
}

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

/* a * b + c, rounded once or, on the baseline in float32, as good as: without
 * that tanh would not be monotone. */
#if !VECTOR_HAS_FMA && SRNN_REAL_BITS == 32
typedef double wide_vector __attribute__((vector_size(2 * VECTOR_BYTES)));
ALWAYS_INLINE vector multiply_add(vector a, vector b, vector c)
{
    return __builtin_convertvector(
        __builtin_convertvector(a, wide_vector) *
                __builtin_convertvector(b, wide_vector) +
            __builtin_convertvector(c, wide_vector),
        vector);
}
#else
#define multiply_add vector_fma
#endif

/* c[0] + c[1] x + ... by Horner's rule, for few operations. */
ALWAYS_INLINE vector horner(const real *c, int count, vector x)
{
    vector sum = vector_of(c[count - 1]);
    UNROLL
    for (int i = count - 2; i >= 0; i--)
        sum = multiply_add(sum, x, vector_of(c[i]));
    return sum;
}

/* Coefficients i to i + 3, as far as there are any. */
ALWAYS_INLINE vector four_terms(const real *c, int count, int i, vector x,
                                vector x2)
{
    vector low = vector_of(c[i]);
    if (i + 1 < count)
        low = multiply_add(vector_of(c[i + 1]), x, low);
    if (i + 2 >= count)
        return low;
    vector high = vector_of(c[i + 2]);
    if (i + 3 < count)
        high = multiply_add(vector_of(c[i + 3]), x, high);
    return multiply_add(high, x2, low);
}

/* The same by Horner's rule over groups of four that are made side by side, for
 * latency. */
ALWAYS_INLINE vector polynomial(const real *c, int count, vector x)
{
    const vector x2 = x * x;
    const vector x4 = x2 * x2;
    int i = (count - 1) / 4 * 4;
    vector sum = four_terms(c, count, i, x, x2);
    for (i -= 4; i >= 0; i -= 4)
        sum = multiply_add(sum, x4, four_terms(c, count, i, x, x2));
    return sum;
}

/* (e^2a + 1) / 2. In half of the sum, n + BIAS - 1, which are the low bits of
 * what a was rounded to, are the exponent of 2^(n-1). */
ALWAYS_INLINE vector large(vector a)
{
    const vector offset = vector_of(round_to_integer + (BIAS - 1));
    const vector rounded = multiply_add(a, vector_of(log2_e_twice), offset);
    const vector n = rounded - offset;
    const vector half = (vector)((mask)rounded << FRACTION_BITS);
    const vector r = multiply_add(n, vector_of(-ln2_high), a + a);
    const vector finer_r = multiply_add(n, vector_of(-ln2_low), r);
    const vector grown = multiply_add(
        r * r, polynomial(exponential, COUNT(exponential), r), finer_r);
    return multiply_add(half, grown, half + (real)0.5);
}

/* Worth inlining except on the baseline, which few machines use. */
#if !VECTOR_HAS_FMA
#define INLINE_TANH __attribute__((noinline, unused)) static
#else
#define INLINE_TANH ALWAYS_INLINE
#endif

/* A NaN is neither above largest nor at least crossover, and so goes through.
 */
INLINE_TANH vector tanh_of(vector x)
{
    const mask sign = (mask)x & (mask)vector_of((real)-0.0);
    const vector a = (vector)((mask)x ^ sign);
    const vector bounded = vector_min(vector_of(largest), a);
    const vector one = vector_of(1);
    const vector s = a * a;
    const vector least = vector_of(crossover);
    const vector start = vector_select_from(a, least, one, a);
    const vector numerator = vector_select_from(a, least, one, a * s);
    const vector denominator = vector_select_from(
        a, least, large(bounded), horner(small, COUNT(small), s));
    const vector y = start - numerator / denominator;
    return (vector)((mask)y | sign);
}

ALWAYS_INLINE vector tanh_gradient_of(vector sum, vector y)
{
    return sum * vector_fma(-y, y, vector_of(1));
}

/* q = 1 / (1 + e^a) for a >= 0; sigmoid(-a) = q and sigmoid(a) = 1 - q. With
 * a = n ln 2 + r and p = 2^-n
 *
 *     q = p / (1 + r + r^2 exponential(r) + p)
 *
 * Sums keep what their rounding loses, in low, so that q is rounded nearly once
 * and is monotone, except for float64 on the baseline, which has no FMA. p is
 * applied in two parts, of which only the second can round, as results may be
 * subnormal.
 *
 * Out of line: inlined into every loop of the small recurrence it would make
 * the library larger by a tenth. */
__attribute__((noinline, unused)) static vector sigmoid_below(vector a)
{
    const vector rounded =
        multiply_add(a, vector_of(log2_e), vector_of(round_to_integer));
    const vector n = rounded - vector_of(round_to_integer);
    const mask exponent = (mask)rounded - (mask)vector_of(round_to_integer);
    const mask half = exponent >> 1;
    const vector p_first = (vector)((BIAS - half) << FRACTION_BITS);
    const vector p_second =
        (vector)((BIAS - (exponent - half)) << FRACTION_BITS);
    const vector p = p_first * p_second;

    const vector head = multiply_add(n, vector_of(-ln2_head), a); /* exact */
    const vector tail = n * vector_of(-ln2_tail);
    const vector r = head + tail;
    const vector rest = r * r * polynomial(exponential, COUNT(exponential), r);
    const vector grown = r + rest;
    const vector unit = 1 + p;
    const vector sum = unit + grown;
    const vector low = (tail - (r - head)) + (rest - (grown - r)) +
                       (p - (unit - 1)) + (grown - (sum - unit));

    const vector inverse = 1 / sum;
    const vector residual =
        multiply_add(-inverse, low, multiply_add(-inverse, sum, vector_of(1)));
    return multiply_add(inverse, residual, inverse) * p_first * p_second;
}

/* In [0,1]. NaN stays. */
ALWAYS_INLINE vector sigmoid_of(vector x)
{
    const vector a = (vector)((mask)x & ~(mask)vector_of((real)-0.0));
    const vector q = sigmoid_below(vector_min(vector_of(sigmoid_largest), a));
    return vector_select(x < vector_of(0), q, 1 - q);
}

ALWAYS_INLINE vector sigmoid_gradient_of(vector sum, vector y)
{
    return sum * vector_fma(-y, y, y);
}

ALWAYS_INLINE vector identity_of(vector x)
{
    return x;
}

ALWAYS_INLINE vector identity_gradient_of(vector sum, vector y)
{
    (void)y;
    return sum;
}

/* NaN and -0 stay. */
ALWAYS_INLINE vector relu_of(vector x)
{
    return vector_max(vector_of(0), x);
}

/* A NaN y lets the gradient through. A product with 0 would make a NaN of an
 * infinite gradient. */
ALWAYS_INLINE vector relu_gradient_of(vector sum, vector y)
{
    return zero_where(y <= vector_of(0), sum);
}

/* +0 for what is smaller than tiny: gradients that vanish over time would
 * become subnormal, and arithmetic on those is slow. NaN stays, and with tiny 0
 * everything does. */
ALWAYS_INLINE vector flushed(vector g, vector tiny)
{
    const vector size = (vector)((mask)g & ~(mask)vector_of((real)-0.0));
    return zero_where(size < tiny, g);
}

#endif
