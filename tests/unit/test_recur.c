/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, long-qemu */
/* The recurrence of small hidden states on the way back, against loops over
 * single numbers, to the bit on every instruction set with FMA. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cell/cell.h"
#include "gemm/pack.h"
#include "support/fma.h"

/* Steps, rows, columns and how far rows and steps lie apart. */
typedef struct {
    srnn_dtype dtype;
    srnn_nonlinearity nonlinearity;
    int64_t T, B, H;
    int64_t dh_stride;
    int64_t row;  /* of y and g */
    int64_t step; /* likewise; in memory */
    bool downward;
    double tiny;
} sizes;

enum { MAX_T = 5, MAX_B = 20, MAX_H = 64, GAP = 3 };
enum {
    MAX_ROW = MAX_H + GAP,
    MAX_VALUES = MAX_T * (MAX_B * MAX_ROW + GAP),
};

/* What both sides get and change, in the dtype. */
typedef struct {
    _Alignas(8) unsigned char dh[MAX_B * MAX_ROW * sizeof(double)];
    _Alignas(8) unsigned char g[MAX_VALUES * sizeof(double)];
} changed;

static _Alignas(8) unsigned char w[MAX_H * MAX_H * sizeof(double)];
static _Alignas(8) unsigned char y[MAX_VALUES * sizeof(double)];
static _Alignas(64) unsigned char packed[MAX_H * MAX_H * sizeof(double)];
static changed given, wanted, made;

static double get(srnn_dtype dtype, const void *values, int64_t i)
{
    return dtype == SRNN_DTYPE_FLOAT32 ? (double)((const float *)values)[i]
                                       : ((const double *)values)[i];
}

static void set(srnn_dtype dtype, void *values, int64_t i, double value)
{
    if (dtype == SRNN_DTYPE_FLOAT32)
        ((float *)values)[i] = (float)value;
    else
        ((double *)values)[i] = value;
}

static double rounded(srnn_dtype dtype, double value)
{
    return dtype == SRNN_DTYPE_FLOAT32 ? (double)(float)value : value;
}

static double multiply_add(srnn_dtype dtype, double a, double b, double c)
{
    return dtype == SRNN_DTYPE_FLOAT32
               ? (double)fmaf((float)a, (float)b, (float)c)
               : fma(a, b, c);
}

/* Product and sum of two floats are exact or innocuous in double (see
 * support/reference.c). */
static double gradient(const sizes *s, double sum, double state)
{
    switch (s->nonlinearity) {
    case SRNN_NONLINEARITY_TANH:
        return rounded(s->dtype,
                       sum * multiply_add(s->dtype, -state, state, 1));
    case SRNN_NONLINEARITY_SIGMOID:
        return rounded(s->dtype,
                       sum * multiply_add(s->dtype, -state, state, state));
    case SRNN_NONLINEARITY_RELU:
        return state <= 0 ? 0 : sum;
    default:
        return sum;
    }
}

/* The product rule of support/reference.h. */
static double product(const sizes *s, const void *g, int64_t at, int64_t j)
{
    const int64_t K = s->H;
    const int64_t segments = K < 4 ? 1 : K > 32 || K <= 13 ? 2 : 4;
    const int64_t length = (K + segments - 1) / segments;
    double sum = 0;
    for (int64_t i = 0; i < segments; i++) {
        double part = 0;
        for (int64_t k = i * length; k < (i + 1) * length && k < K; k++)
            part = multiply_add(s->dtype, get(s->dtype, g, at + k),
                                get(s->dtype, w, k * K + j), part);
        sum = rounded(s->dtype, sum + part);
    }
    return sum;
}

static void reference(const sizes *s, changed *c)
{
    for (int64_t i = 0; i < s->T; i++) {
        const int64_t t = s->downward ? s->T - 1 - i : i;
        for (int64_t b = 0; b < s->B; b++) {
            const int64_t at = t * s->step + b * s->row;
            const int64_t dh = b * s->dh_stride;
            for (int64_t j = 0; j < s->H; j++) {
                const double sum =
                    rounded(s->dtype, get(s->dtype, c->g, at + j) +
                                          get(s->dtype, c->dh, dh + j));
                const double g = gradient(s, sum, get(s->dtype, y, at + j));
                set(s->dtype, c->g, at + j, fabs(g) < s->tiny ? 0 : g);
            }
            for (int64_t j = 0; j < s->H; j++)
                set(s->dtype, c->dh, dh + j, product(s, c->g, at, j));
        }
    }
}

static void kernel(const sizes *s, srnn_isa isa, changed *c)
{
    const int64_t size = srnn_dtype__size(s->dtype);
    const int64_t first = s->downward ? (s->T - 1) * s->step * size : 0;
    const int64_t stride = s->downward ? -s->step : s->step;
    const srnn_gemm_weight weight = {.matrix = {w, s->H, s->H, s->H},
                                     .packed = packed};
    const srnn_recur_backward_pass pass = {
        .T = s->T,
        .weight_hh_t = &weight,
        .dh = {c->dh, s->B, s->H, s->dh_stride},
        .y = {y + first, stride, s->row},
        .dy = {c->g + first, stride, s->row},
        .g = {c->g + first, stride, s->row},
        .tiny = s->tiny};
    const srnn_cell_kernels kernels =
        srnn_cell__choose(SRNN_GEMM_NATIVE, isa, s->dtype, s->nonlinearity);
    srnn_cell__choose_recur_backward(&kernels, s->dtype,
                                     s->nonlinearity)(&pass);
}

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

/* In [-1,1]. */
static double draw_real(void)
{
    return (double)draw(1 << 24) / (1 << 23) - 1;
}

/* A few are exactly 0, of either sign, and a few so small that they, or what
 * they become, are below tiny or subnormal. */
static double draw_gradient(srnn_dtype dtype)
{
    const double small = dtype == SRNN_DTYPE_FLOAT32 ? 0x1p-98 : 0x1p-958;
    const double smaller = dtype == SRNN_DTYPE_FLOAT32 ? 0x1p-128 : 0x1p-1024;
    switch (draw(12)) {
    case 0:
        return draw(2) == 0 ? 0.0 : -0.0;
    case 1:
        return draw_real() * small;
    case 2:
        return draw_real() * smaller;
    default:
        return draw_real();
    }
}

static void draw_values(const sizes *s)
{
    for (int64_t i = 0; i < s->H * s->H; i++)
        set(s->dtype, w, i, draw_real() / 2);
    for (int64_t i = 0; i < s->T * s->step; i++) {
        set(s->dtype, y, i, draw(10) == 0 ? 0 : draw_real());
        set(s->dtype, given.g, i, draw_gradient(s->dtype));
    }
    for (int64_t i = 0; i < s->B * s->dh_stride; i++)
        set(s->dtype, given.dh, i, draw_gradient(s->dtype));
}

/* W^T, packed. */
static void pack(const sizes *s)
{
    static _Alignas(8) unsigned char transposed[sizeof w];
    for (int64_t i = 0; i < s->H; i++)
        for (int64_t j = 0; j < s->H; j++)
            set(s->dtype, transposed, i * s->H + j,
                get(s->dtype, w, j * s->H + i));
    memset(packed, 0, sizeof packed);
    srnn_pack__find(srnn_isa__best(), s->dtype)(
        packed, (srnn_matrix){transposed, s->H, s->H, s->H});
}

static sizes draw_sizes(int64_t H)
{
    sizes s = {.dtype = draw(2) == 0 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64,
               .nonlinearity = SRNN_NONLINEARITY_TANH +
                               (srnn_nonlinearity)draw(SRNN_ACTIVATION_COUNT),
               .T = 1 + (int64_t)draw(MAX_T),
               .B = 1 + (int64_t)draw(MAX_B),
               .H = H,
               .downward = draw(2) == 0};
    s.dh_stride = H + (int64_t)draw(GAP + 1);
    s.row = H + (int64_t)draw(GAP + 1);
    s.step = s.B * s.row + (int64_t)draw(GAP + 1);
    if (draw(2) == 0)
        s.tiny = s.dtype == SRNN_DTYPE_FLOAT32 ? 0x1p-100 : 0x1p-960;
    return s;
}

/* Without FMA the same up to a few roundings. */
static bool is_near(const sizes *s, const void *a, const void *b, int64_t count)
{
    const double epsilon =
        s->dtype == SRNN_DTYPE_FLOAT32 ? (double)FLT_EPSILON : DBL_EPSILON;
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(get(s->dtype, a, i) - get(s->dtype, b, i)) <=
              1e4 * epsilon * fmax(1, fabs(get(s->dtype, a, i)))))
            return false;
    return true;
}

static void compare(const sizes *s, srnn_isa isa)
{
    made = given;
    kernel(s, isa, &made);
    const bool is_good =
        has_fma(isa) ? memcmp(&made, &wanted, sizeof made) == 0
                     : is_near(s, made.g, wanted.g, s->T * s->step) &&
                           is_near(s, made.dh, wanted.dh, s->B * s->dh_stride);
    if (!is_good)
        fail_msg("%s, dtype %d, nonlinearity %d, T %d, B %d, H %d, downward "
                 "%d, tiny %g",
                 srnn_isa__name(isa), (int)s->dtype, (int)s->nonlinearity,
                 (int)s->T, (int)s->B, (int)s->H, s->downward, s->tiny);
}

static void compare_all(const sizes *s)
{
    static const srnn_isa isas[] = {
#define ISA(id, ...) SRNN_ISA_##id,
        SRNN_ISAS(ISA, )};
    wanted = given;
    reference(s, &wanted);
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (srnn_isa__is_here(isas[i]))
            compare(s, isas[i]);
}

static void test_recur__backward_is_the_loops(void **state)
{
    enum { DRAWS = 60 };
    (void)state;
    for (int64_t H = 1; H <= MAX_H; H++) {
        for (int i = 0; i < DRAWS; i++) {
            const sizes s = draw_sizes(H);
            draw_values(&s);
            pack(&s);
            compare_all(&s);
        }
    }
}

/* What vanished stays away: -0 too becomes +0, and NaN goes through, except
 * where relu's state says that nothing does. */
static void test_recur__backward_of_special_values(void **state)
{
    (void)state;
    const double states[] = {0, -0.0, NAN, 1, INFINITY};
    const double gradients[] = {NAN, -0.0, INFINITY, -0x1p-1030, 0x1p-1030};
    for (int64_t n = 0; n < SRNN_ACTIVATION_COUNT; n++) {
        sizes s = {.dtype = SRNN_DTYPE_FLOAT64,
                   .nonlinearity = SRNN_NONLINEARITY_TANH + (int)n,
                   .T = 1,
                   .B = 1,
                   .H = 25,
                   .dh_stride = 25,
                   .row = 25,
                   .step = 25};
        memset(w, 0, sizeof w);
        memset(&given, 0, sizeof given);
        for (int i = 0; i < 25; i++) {
            set(s.dtype, y, i, states[i / 5]);
            set(s.dtype, given.g, i, gradients[i % 5]);
        }
        pack(&s);
        for (int flushes = 0; flushes <= 1; flushes++) {
            s.tiny = flushes == 1 ? 0x1p-960 : 0;
            wanted = given;
            reference(&s, &wanted);
            made = given;
            kernel(&s, srnn_isa__best(), &made);
            for (int i = 0; i < 25; i++) {
                const double a = get(s.dtype, made.g, i);
                const double b = get(s.dtype, wanted.g, i);
                assert_true(isnan(b) ? isnan(a)
                                     : a == b && signbit(a) == signbit(b));
            }
        }
    }
}

static void test_recur__no_step_changes_nothing(void **state)
{
    (void)state;
    sizes s = draw_sizes(MAX_H);
    draw_values(&s);
    pack(&s);
    s.T = 0;
    s.downward = false;
    compare_all(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recur__backward_is_the_loops),
        cmocka_unit_test(test_recur__backward_of_special_values),
        cmocka_unit_test(test_recur__no_step_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
