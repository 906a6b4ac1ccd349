/* SPDX-License-Identifier: MIT */
/* Random matrices are made in double, of operations that round the same on
 * every machine; functions of a C library need not. */
#include "rnn/initialise.h"

#include <math.h>

#include "rnn/uniform.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/memory.h"

enum { LANES = 8 };

/* Of x > 0: x = m 2^n, and log m = 2 artanh((m - 1) / (m + 1)) as a series. */
static double natural_log(double x)
{
    int exponent = 0;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        exponent--;
    }
    const double z = (m - 1) / (m + 1);
    double sum = 0;
    for (int i = 23; i > 0; i -= 2)
        sum = sum * z * z + 1.0 / i;
    return 2 * z * sum + exponent * 0.69314718055994531;
}

/* Draws count normal numbers in pairs: Marsaglia's polar method. Pairs of
 * U(-1, 1) outside of the circle are drawn again. */
static void make_normal(srnn_uniform *generator, double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i += 2) {
        double pair[2];
        double square = 0;
        do {
            srnn_uniform__fill(generator, pair, SRNN_DTYPE_FLOAT64, 2, 1);
            square = pair[0] * pair[0] + pair[1] * pair[1];
        } while (square >= 1 || square == 0);
        const double factor = sqrt(-2 * natural_log(square) / square);
        values[i] = pair[0] * factor;
        if (i + 1 < count)
            values[i + 1] = pair[1] * factor;
    }
}

static double multiply(const double *a, const double *b, int64_t length)
{
    double lanes[LANES] = {0};
    double sum = 0;
    int64_t i = 0;
    for (; i + LANES <= length; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] += a[i + lane] * b[i + lane];
    for (; i < length; i++)
        sum += a[i] * b[i];
    for (int lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum;
}

/* a -= factor b */
static void subtract(double *restrict a, const double *restrict b,
                     int64_t length, double factor)
{
    int64_t i = 0;
    for (; i + LANES <= length; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            a[i + lane] -= factor * b[i + lane];
    for (; i < length; i++)
        a[i] -= factor * b[i];
}

/* The method of Gram and Schmidt, and once more, because the first time leaves
 * errors of rounding. It makes the factor Q of the QR decomposition with a
 * diagonal of R above 0. */
static void orthonormalise(double *vectors, int64_t count, int64_t length)
{
    for (int64_t i = 0; i < count; i++) {
        double *const own = vectors + i * length;
        for (int64_t k = 0; k < 2 * i; k++) {
            const double *const other = vectors + k % i * length;
            subtract(own, other, length, multiply(own, other, length));
        }
        const double norm = sqrt(multiply(own, own, length));
        for (int64_t k = 0; k < length; k++)
            own[k] /= norm;
    }
}

srnn_status srnn_initialise__make_orthogonal(double **out, int64_t rows,
                                             int64_t columns, uint64_t seed)
{
    const int64_t count = rows < columns ? rows : columns;
    srnn_uniform generator;
    void *memory = NULL;
    SRNN_TRY(
        srnn_memory__create(&memory, rows * columns * (int64_t)sizeof(double)));
    srnn_uniform__seed(&generator, seed);
    make_normal(&generator, memory, rows * columns);
    orthonormalise(memory, count, rows < columns ? columns : rows);
    *out = memory;
    return SRNN_OK;
}

static void put_f32(void *values, int64_t index, double value)
{
    ((float *)values)[index] = (float)value;
}

static void put_f64(void *values, int64_t index, double value)
{
    ((double *)values)[index] = value;
}

static void put(const srnn_tensor *parameter, int64_t index, double value)
{
    SRNN_FOR_DTYPE(parameter->dtype, put)(parameter->data, index, value);
}

void srnn_initialise__fill(const srnn_tensor *parameter,
                           srnn_initialisation kind, double gain, uint64_t seed,
                           const double *vectors)
{
    const int64_t rows = parameter->shape[0];
    const int64_t columns = parameter->rank == 2 ? parameter->shape[1] : 1;
    srnn_uniform generator;
    srnn_tensor__fill_zero(parameter);
    switch (kind) {
    case SRNN_INITIALISATION_UNIFORM:
        srnn_uniform__seed(&generator, seed);
        srnn_uniform__fill(&generator, parameter->data, parameter->dtype,
                           parameter->size, gain);
        break;
    case SRNN_INITIALISATION_ORTHOGONAL:
        for (int64_t i = 0; i < parameter->size; i++)
            put(parameter, i,
                gain *
                    vectors[rows < columns ? i
                                           : i % columns * rows + i / columns]);
        break;
    case SRNN_INITIALISATION_IDENTITY:
        for (int64_t i = 0; i < rows && i < columns; i++)
            put(parameter, i * columns + i, gain);
        break;
    default:
        break;
    }
}
