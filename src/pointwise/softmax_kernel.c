/* SPDX-License-Identifier: MIT */
/* Softmax of a chunk (softmax.h). Compiled per dtype and ISA. */
#include "pointwise/softmax.h"

#include <string.h>

#include "pointwise/activation_vector.h"

enum { LANES = 64 / sizeof(real), VECTORS = LANES / VECTOR_SIZE };

/* e^a for a <= 0. With a = n ln 2 + r it is 2^n (1 + r + r^2 exponential(r)).
 * 2^n is applied in two parts, of which only the second can round, as results
 * may be subnormal. NaN stays. Out of line, because the library is to be small.
 */
__attribute__((noinline)) static vector exponential_of(vector a)
{
    const vector x = vector_max(vector_of(-sigmoid_largest), a);
    const vector rounded =
        multiply_add(x, vector_of(log2_e), vector_of(round_to_integer));
    const vector n = rounded - vector_of(round_to_integer);
    const mask exponent = (mask)rounded - (mask)vector_of(round_to_integer);
    const mask half = exponent >> 1;
    const vector p_first = (vector)((BIAS + half) << FRACTION_BITS);
    const vector p_second =
        (vector)((BIAS + (exponent - half)) << FRACTION_BITS);
    const vector head = multiply_add(n, vector_of(-ln2_head), x); /* exact */
    const vector r = multiply_add(n, vector_of(-ln2_tail), head);
    const vector grown =
        multiply_add(r * r, polynomial(exponential, COUNT(exponential), r), r);
    return (1 + grown) * p_first * p_second;
}

static double find_largest(const void *values, int64_t count, double most)
{
    const real *const x = values;
    real found = (real)most;
    int64_t i = 0;
    if (count >= VECTOR_SIZE) {
        vector of_lanes = vector_of(found);
        for (; i + VECTOR_SIZE <= count; i += VECTOR_SIZE)
            of_lanes = vector_max(vector_load(x + i), of_lanes);
        for (int lane = 0; lane < VECTOR_SIZE; lane++)
            found = of_lanes[lane] > found ? of_lanes[lane] : found;
    }
    for (; i < count; i++)
        found = x[i] > found ? x[i] : found;
    return (double)found;
}

/* 0 in all lanes but the first `count`. */
ALWAYS_INLINE vector first_of(vector v, int64_t count)
{
    static const integer numbers[] = {0, 1, 2,  3,  4,  5,  6,  7,
                                      8, 9, 10, 11, 12, 13, 14, 15};
    mask lane;
    memcpy(&lane, numbers, sizeof lane);
    return zero_where(lane >= (integer)count, v);
}

typedef double two __attribute__((vector_size(16)));
typedef double four __attribute__((vector_size(32)));
typedef double eight __attribute__((vector_size(64)));

/* In pairs: those of one half of the lanes and those of the other. */
ALWAYS_INLINE double add_lanes(const real *sums)
{
    eight e;
    four f[2];
    two t[2];
#if SRNN_REAL_BITS == 32
    typedef float part __attribute__((vector_size(32)));
    part parts[2];
    memcpy(parts, sums, sizeof parts);
    e = __builtin_convertvector(parts[0], eight) +
        __builtin_convertvector(parts[1], eight);
#else
    memcpy(&e, sums, sizeof e);
#endif
    memcpy(f, &e, sizeof f);
    f[0] += f[1];
    memcpy(t, f, sizeof t);
    t[0] += t[1];
    return t[0][0] + t[0][1];
}

static double weigh(void *terms, const void *values, int64_t count, double most)
{
    const real *const x = values;
    real *const y = terms;
    const vector limit = vector_of((real)most);
    vector sums[VECTORS] = {{0}};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        UNROLL
        for (int64_t v = 0; v < VECTORS; v++) {
            const int64_t at = i + v * VECTOR_SIZE;
            const vector term = exponential_of(vector_load(x + at) - limit);
            vector_store(y + at, term);
            sums[v] += term;
        }
    }
    UNROLL
    for (int64_t v = 0; v < VECTORS; v++) {
        const int64_t at = i + v * VECTOR_SIZE;
        if (at >= count)
            break;
        const int64_t left =
            count - at < VECTOR_SIZE ? count - at : VECTOR_SIZE;
        const vector term =
            exponential_of(vector_load_first(x + at, left) - limit);
        vector_store_first(y + at, term, left);
        sums[v] += first_of(term, left);
    }
    return add_lanes((const real *)sums);
}

const srnn_softmax_kernels SRNN_KERNEL_NAME(srnn_softmax__kernels) = {
    find_largest, weigh};
