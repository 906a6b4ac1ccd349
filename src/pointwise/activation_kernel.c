/* SPDX-License-Identifier: MIT */
/* tanh and relu on vectors, compiled per dtype and ISA. Every operation rounds
 * correctly and none depends on the position, so a value has one result.
 *
 * With a = |x|:
 *     a < border:   tanh(a) = a + a (third s + s^2 small(s)),  s = a^2
 *     a >= border:  tanh(a) = 1 - 2 / (e^2a + 1),
 *                   e^2a = 2^n (1 + r + r^2 exponential(r)),   2a = n ln 2 + r
 * and the sign of x. The sum e^2a + 1 is rounded once, as 2^n + 1 is exact
 * where it matters. */
#include "pointwise/activation.h"
#include "pointwise/tanh_constants.h"
#include "tensor/vector.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

/* a * b + c, rounded once or, on the baseline in float32, as good as: without
 * that tanh would not be monotone. */
#if defined(SRNN_TARGET_BASELINE) && SRNN_REAL_BITS == 32
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

/* Every fourth coefficient, by Horner's rule in x^4. */
ALWAYS_INLINE vector quarter(const real *c, int count, int first, vector x4)
{
    int i = first + (count - 1 - first) / 4 * 4;
    vector sum = vector_of(c[i]);
    for (i -= 4; i >= 0; i -= 4)
        sum = multiply_add(sum, x4, vector_of(c[i]));
    return sum;
}

/* c[0] + c[1] x + ...: four chains side by side, for latency. */
ALWAYS_INLINE vector polynomial(const real *c, int count, vector x)
{
    const vector x2 = x * x;
    const vector x4 = x2 * x2;
    const vector low =
        multiply_add(quarter(c, count, 1, x4), x, quarter(c, count, 0, x4));
    const vector high =
        multiply_add(quarter(c, count, 3, x4), x, quarter(c, count, 2, x4));
    return multiply_add(high, x2, low);
}

/* 2^n for whole n, which is n + round_to_integer in bits. */
ALWAYS_INLINE vector power_of_two(vector rounded)
{
    const mask n = (mask)rounded - (mask)vector_of(round_to_integer);
    return (vector)((n + BIAS) << FRACTION_BITS);
}

ALWAYS_INLINE vector tanh_small(vector a)
{
    const vector s = a * a;
    const vector rest = s * s * polynomial(small, COUNT(small), s);
    return multiply_add(a, multiply_add(s, vector_of(third), rest), a);
}

ALWAYS_INLINE vector tanh_large(vector a)
{
    const vector rounded =
        multiply_add(a, vector_of(log2_e_twice), vector_of(round_to_integer));
    const vector n = rounded - vector_of(round_to_integer);
    const vector scale = power_of_two(rounded);
    vector r = multiply_add(n, vector_of(-ln2_high), a + a);
    r = multiply_add(n, vector_of(-ln2_low), r);
    const vector grown =
        multiply_add(r * r, polynomial(exponential, COUNT(exponential), r), r);
    const vector sum = multiply_add(scale, grown, scale + 1);
    return 1 - 2 / sum;
}

/* A NaN is neither above largest nor at least border, and so goes through. */
ALWAYS_INLINE vector tanh_of(vector x)
{
    const mask sign = (mask)x & (mask)vector_of((real)-0.0);
    const vector a = (vector)((mask)x ^ sign);
    const vector bounded =
        vector_select(a > vector_of(largest), vector_of(largest), a);
    const vector y = vector_select(a >= vector_of(border), tanh_large(bounded),
                                   tanh_small(a));
    return (vector)((mask)y | sign);
}

/* NaN and -0 stay. */
ALWAYS_INLINE vector relu_of(vector x)
{
    return vector_select(x < vector_of(0), vector_of(0), x);
}

/* In whole vectors; the rest in one that is filled up. */
#define APPLY(values, count, function)                                         \
    do {                                                                       \
        real *const v = (values);                                              \
        int64_t i = 0;                                                         \
        for (; i + VECTOR_SIZE <= (count); i += VECTOR_SIZE)                   \
            vector_store(v + i, function(vector_load(v + i)));                 \
        if (i == (count))                                                      \
            break;                                                             \
        vector rest = {0};                                                     \
        for (int64_t j = i; j < (count); j++)                                  \
            rest[j - i] = v[j];                                                \
        rest = function(rest);                                                 \
        for (int64_t j = i; j < (count); j++)                                  \
            v[j] = rest[j - i];                                                \
    } while (0)

void SRNN_KERNEL_NAME(srnn_activation__tanh)(void *values, int64_t count)
{
    APPLY(values, count, tanh_of);
}

void SRNN_KERNEL_NAME(srnn_activation__relu)(void *values, int64_t count)
{
    APPLY(values, count, relu_of);
}
