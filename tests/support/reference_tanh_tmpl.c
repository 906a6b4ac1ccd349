/* SPDX-License-Identifier: MIT */
/* With a = |x|:
 *     a < border:   a + a (third s + s^2 small(s)),  s = a^2
 *     a >= border:  1 - 2 / (e^2a + 1),
 *                   e^2a = 2^n (1 + r + r^2 exponential(r)),  2a = n ln 2 + r
 * A polynomial is the sum (c0' + c1' x) + (c2' + c3' x) x^2, where ci' is
 * Horner's rule in x^4 over every fourth coefficient from ci on. */
#include "support/reference_tanh.h"

#include <math.h>
#include <stdint.h>

#include "pointwise/tanh_constants.h"

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

static real quarter(const real *c, int count, int first, real x4)
{
    int i = first;
    while (i + 4 < count)
        i += 4;
    real sum = c[i];
    for (i -= 4; i >= 0; i -= 4)
        sum = FMA(sum, x4, c[i]);
    return sum;
}

static real polynomial(const real *c, int count, real x)
{
    const real x2 = x * x;
    const real x4 = x2 * x2;
    const real low = FMA(quarter(c, count, 1, x4), x, quarter(c, count, 0, x4));
    const real high =
        FMA(quarter(c, count, 3, x4), x, quarter(c, count, 2, x4));
    return FMA(high, x2, low);
}

static real tanh_small(real a)
{
    const real s = a * a;
    const real rest = s * s * polynomial(small, COUNT(small), s);
    return FMA(a, FMA(s, third, rest), a);
}

static real tanh_large(real a)
{
    const real n = FMA(a, log2_e_twice, round_to_integer) - round_to_integer;
    const real r = FMA(n, -ln2_low, FMA(n, -ln2_high, a + a));
    const real scale = LDEXP(1, (int)n);
    const real grown =
        FMA(r * r, polynomial(exponential, COUNT(exponential), r), r);
    return 1 - 2 / FMA(scale, grown, scale + 1);
}

real SRNN_REAL_NAME(reference_tanh)(real x)
{
    const real a = FABS(x);
    if (x != x)
        return x;
    if (a < border)
        return COPYSIGN(tanh_small(a), x);
    return COPYSIGN(tanh_large(a > largest ? largest : a), x);
}
