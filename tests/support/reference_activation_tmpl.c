/* SPDX-License-Identifier: MIT */
/* tanh, with a = |x|:
 *     a < crossover:   a - a s / small(s),  s = a^2
 *     a >= crossover:  1 - 2 / (e^2a + 1),
 *                   e^2a = 2^n (1 + r + r^2 exponential(r)),  2a = n ln 2 + r
 * where the last r alone is refined by the low bits of ln 2. small is Horner's
 * rule, exponential is Horner's rule in x^4 over (c0 + c1 x) + (c2 + c3 x) x^2
 * of every four coefficients. */
#include "support/reference_activation.h"

#include <math.h>
#include <stdint.h>

#include "pointwise/activation_constants.h"

#if SRNN_REAL_BITS == 32
#define FMA fmaf
#define LDEXP ldexpf
#define COPYSIGN copysignf
#define FABS fabsf
#else
#define FMA fma
#define LDEXP ldexp
#define COPYSIGN copysign
#define FABS fabs
#endif

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static real two_terms(const real *c, int count, real x)
{
    return count > 1 ? FMA(c[1], x, c[0]) : c[0];
}

static real four_terms(const real *c, int count, real x)
{
    const real low = two_terms(c, count, x);
    return count > 2 ? FMA(two_terms(c + 2, count - 2, x), x * x, low) : low;
}

static real polynomial(const real *c, int count, real x)
{
    const real x2 = x * x;
    int i = (count - 1) / 4 * 4;
    real sum = four_terms(c + i, count - i, x);
    for (i -= 4; i >= 0; i -= 4)
        sum = FMA(sum, x2 * x2, four_terms(c + i, 4, x));
    return sum;
}

static real tanh_small(real a)
{
    const real s = a * a;
    real denominator = small[COUNT(small) - 1];
    for (int i = COUNT(small) - 2; i >= 0; i--)
        denominator = FMA(denominator, s, small[i]);
    return a - a * s / denominator;
}

static real tanh_large(real a)
{
    const real n = FMA(a, log2_e_twice, round_to_integer) - round_to_integer;
    const real r = FMA(n, -ln2_high, a + a);
    const real scale = LDEXP(1, (int)n);
    const real grown =
        FMA(r * r, polynomial(exponential, COUNT(exponential), r),
            FMA(n, -ln2_low, r));
    return 1 - 2 / FMA(scale, grown, scale + 1);
}

real SRNN_REAL_NAME(reference_tanh)(real x)
{
    const real a = FABS(x);
    if (x != x)
        return x;
    if (a < crossover)
        return COPYSIGN(tanh_small(a), x);
    return COPYSIGN(tanh_large(a > largest ? largest : a), x);
}

real SRNN_REAL_NAME(reference_tanh_gradient)(real sum, real y)
{
    return sum * FMA(-y, y, 1);
}

real SRNN_REAL_NAME(reference_relu)(real x)
{
    return x < 0 ? 0 : x;
}

real SRNN_REAL_NAME(reference_relu_gradient)(real sum, real y)
{
    return y <= 0 ? 0 : sum;
}

/* As in the kernels, which say why. */
static real sigmoid_below(real a)
{
    const real n = FMA(a, log2_e, round_to_integer) - round_to_integer;
    const int half = (int)n >> 1;
    const real p_first = LDEXP(1, -half);
    const real p_second = LDEXP(1, half - (int)n);
    const real p = p_first * p_second;
    const real head = FMA(n, -ln2_head, a);
    const real tail = n * -ln2_tail;
    const real r = head + tail;
    const real rest = r * r * polynomial(exponential, COUNT(exponential), r);
    const real grown = r + rest;
    const real unit = 1 + p;
    const real sum = unit + grown;
    const real low = (tail - (r - head)) + (rest - (grown - r)) +
                     (p - (unit - 1)) + (grown - (sum - unit));
    const real inverse = 1 / sum;
    const real residual = FMA(-inverse, low, FMA(-inverse, sum, 1));
    return FMA(inverse, residual, inverse) * p_first * p_second;
}

real SRNN_REAL_NAME(reference_sigmoid)(real x)
{
    const real a = FABS(x);
    if (x != x)
        return x;
    const real q = sigmoid_below(a > sigmoid_largest ? sigmoid_largest : a);
    return x < 0 ? q : 1 - q;
}

real SRNN_REAL_NAME(reference_sigmoid_gradient)(real sum, real y)
{
    return sum * FMA(-y, y, y);
}

real SRNN_REAL_NAME(reference_identity)(real x)
{
    return x;
}

real SRNN_REAL_NAME(reference_identity_gradient)(real sum, real y)
{
    (void)y;
    return sum;
}
