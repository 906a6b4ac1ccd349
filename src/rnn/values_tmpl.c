/* SPDX-License-Identifier: MIT */
/* Blocks keep sums accurate: a sum of one chain would lose a bit whenever the
 * number of values is doubled. Lanes keep them fast, as compilers may not
 * change the order. */
#include "rnn/values.h"

#include <float.h>
#include <math.h>

#include "simd/real.h"

enum { BLOCK = 4096, LANES = 16 };

#if SRNN_REAL_BITS == 32
static const real most = FLT_MAX;
#else
static const real most = DBL_MAX;
#endif

static double sum_block(const real *values, int64_t count, double factor)
{
    double lanes[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int64_t lane = 0; lane < LANES; lane++) {
            const double x = values[i + lane] * factor;
            lanes[lane] += x * x;
        }
    }
    for (int64_t lane = 0; i + lane < count; lane++) {
        const double x = values[i + lane] * factor;
        lanes[lane] += x * x;
    }
    for (int64_t width = LANES / 2; width > 0; width /= 2)
        for (int64_t lane = 0; lane < width; lane++)
            lanes[lane] += lanes[lane + width];
    return lanes[0];
}

double SRNN_REAL_NAME(srnn_values__sum_squares)(const void *values,
                                                int64_t count, double factor)
{
    const real *const x = values;
    double sum = 0;
    for (int64_t i = 0; i < count; i += BLOCK)
        sum += sum_block(x + i, count - i < BLOCK ? count - i : BLOCK, factor);
    return sum;
}

double SRNN_REAL_NAME(srnn_values__largest)(const void *values, int64_t count)
{
    const real *const x = values;
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        const double magnitude = fabs((double)x[i]);
        if (isnan(magnitude))
            return magnitude;
        if (magnitude > largest)
            largest = magnitude;
    }
    return largest;
}

/* x - x is 0 of a finite x, and NaN of any other. */
bool SRNN_REAL_NAME(srnn_values__are_finite)(const void *values, int64_t count)
{
    const real *const x = values;
    real lanes[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int64_t lane = 0; lane < LANES; lane++)
            lanes[lane] += x[i + lane] - x[i + lane];
    for (int64_t lane = 0; i + lane < count; lane++)
        lanes[lane] += x[i + lane] - x[i + lane];
    real sum = 0;
    for (int64_t lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum == 0;
}

void SRNN_REAL_NAME(srnn_values__scale)(void *values, int64_t count,
                                        double number)
{
    real *const x = values;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int64_t lane = 0; lane < LANES; lane++)
            x[i + lane] = (real)(x[i + lane] * number);
    for (; i < count; i++)
        x[i] = (real)(x[i] * number);
}

void SRNN_REAL_NAME(srnn_values__clamp)(void *values, int64_t count,
                                        double number)
{
    const real limit = number < (double)most ? (real)number : most;
    real *const x = values;
    for (int64_t i = 0; i < count; i++)
        x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
}
