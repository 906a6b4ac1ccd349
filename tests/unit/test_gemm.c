/* SPDX-License-Identifier: MIT */
/* Providers below the API: sizes and strides that BLAS's 32-bit integers could
 * not take. Values are small integers, so every sum is exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "gemm/gemm.h"
#include "gemm/pack.h"
#include "support/element.h"
#include "util/error.h"

/* Every product that this build and machine have. */
static const struct {
    srnn_gemm gemm;
    srnn_isa isa;
} all[] = {
#define NATIVE(id, ...) {SRNN_GEMM_NATIVE, SRNN_ISA_##id},
    SRNN_ISAS(NATIVE, ){SRNN_GEMM_OPENBLAS, 0},
};

enum { ALL = sizeof all / sizeof *all };

static bool is_here(int i)
{
    return srnn_gemm__check(all[i].gemm) == SRNN_OK &&
           (all[i].isa == 0 || srnn_isa__check(all[i].isa) == SRNN_OK);
}

static srnn_gemm_product *product(int i, srnn_dtype dtype)
{
    return srnn_gemm__find(all[i].gemm, all[i].isa, dtype);
}

/* What this build offers must be here: that it is not installed would else go
 * unseen. */
static int load_providers(void **state)
{
    (void)state;
    for (int i = 0; i < ALL; i++)
        if (is_here(i) && srnn_gemm__warm_up(all[i].gemm) != SRNN_OK)
            fail_msg("%s", srnn_error__text());
    return 0;
}

/* Room for the packed form of the small weights of these tests. */
static _Alignas(64) double packed[1 << 17];

static srnn_gemm_weight weight(srnn_dtype dtype, void *w, int64_t N, int64_t K)
{
    const srnn_matrix matrix = {w, N, K, K};
    memset(packed, 0, sizeof packed);
    assert_true(srnn_pack__padded(N, dtype) * K <= 1 << 17);
    srnn_pack__find(srnn_isa__best(), dtype)(packed, matrix);
    return (srnn_gemm_weight){.matrix = matrix, .packed = packed};
}

/* Any function of the position with small values. */
static float small(int64_t i)
{
    return (float)(i * 7 % 5 - 2);
}

/* More rows than one BLAS call gets, and not a multiple. */
static void test_gemm__rows_beyond_one_call_are_all_computed(void **state)
{
    (void)state;
    const int64_t rows = 2 * (int64_t)SRNN_GEMM_ROWS_PER_CALL + 3;
    float *const a = malloc((size_t)rows * sizeof *a);
    float *const c = malloc((size_t)rows * sizeof *c);
    float w[] = {3};
    assert_non_null(a);
    assert_non_null(c);
    for (int p = 0; p < ALL; p++) {
        if (!is_here(p))
            continue;
        for (int64_t i = 0; i < rows; i++) {
            a[i] = small(i);
            c[i] = small(i + 1);
        }
        const srnn_gemm_weight all_of_it = weight(SRNN_DTYPE_FLOAT32, w, 1, 1);
        product(p, SRNN_DTYPE_FLOAT32)((srnn_matrix){a, rows, 1, 1}, &all_of_it,
                                       0, NULL, (srnn_matrix){c, rows, 1, 1});
        for (int64_t i = 0; i < rows; i++)
            assert_true(c[i] == small(i + 1) + 3 * small(i));
    }
    free(a);
    free(c);
}

/* Two rows further apart than a 32-bit stride can say: memory is reserved, and
 * only the pages of the two rows are ever touched. */
static void test_gemm__strides_beyond_32_bits_are_honoured(void **state)
{
    (void)state;
    enum { K = 4, N = 3 };
    const int64_t stride = (int64_t)INT32_MAX + 10;
    const size_t bytes = (size_t)(stride + K) * sizeof(float);
    float *const far = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(far != MAP_FAILED);
    float w[N * K];
    for (int i = 0; i < N * K; i++)
        w[i] = small(i);
    for (int p = 0; p < ALL; p++) {
        if (!is_here(p))
            continue;
        float c[2 * N] = {0};
        for (int k = 0; k < K; k++) {
            far[k] = small(k);
            far[stride + k] = small(k + 3);
        }
        const srnn_gemm_weight all_of_it = weight(SRNN_DTYPE_FLOAT32, w, N, K);
        product(p, SRNN_DTYPE_FLOAT32)((srnn_matrix){far, 2, K, stride},
                                       &all_of_it, 0, NULL,
                                       (srnn_matrix){c, 2, N, N});
        for (int n = 0; n < N; n++) {
            float first = 0;
            float second = 0;
            for (int k = 0; k < K; k++) {
                first += small(k) * w[n * K + k];
                second += small(k + 3) * w[n * K + k];
            }
            assert_true(c[n] == first);
            assert_true(c[N + n] == second);
        }
    }
    assert_int_equal(munmap(far, bytes), 0);
}

enum { ROWS = 7, DEPTH = 5, COLUMNS = 6, ROOM = 200, MIDDLE = ROOM / 2 };

/* In a buffer of ROOM reals, where a matrix begins. */
static void *middle(void *buffer, srnn_dtype dtype)
{
    return (char *)buffer + MIDDLE * srnn_dtype__size(dtype);
}

/* Row after row, so that rows which overlap have one meaning. */
static void multiply_plainly(double *c, int64_t rows, int64_t a_stride,
                             int64_t c_stride, bool starts)
{
    for (int64_t m = 0; m < rows; m++) {
        double *const row = c + MIDDLE + m * c_stride;
        for (int64_t n = 0; n < COLUMNS && starts; n++)
            row[n] = small(n);
        for (int64_t n = 0; n < COLUMNS; n++)
            for (int64_t k = 0; k < DEPTH; k++)
                row[n] +=
                    small(MIDDLE + m * a_stride + k) * small(n * DEPTH + k + 2);
    }
}

static void expect_strides(int p, srnn_dtype dtype, int64_t rows,
                           int64_t a_stride, int64_t c_stride, bool starts)
{
    double w[COLUMNS * DEPTH];
    double a[ROOM];
    double start[COLUMNS];
    double c[ROOM];
    double wanted[ROOM];
    for (int64_t i = 0; i < COLUMNS * DEPTH; i++)
        element_put(w, dtype, i, small(i + 2));
    for (int64_t i = 0; i < COLUMNS; i++)
        element_put(start, dtype, i, small(i));
    for (int64_t i = 0; i < ROOM; i++) {
        element_put(a, dtype, i, small(i));
        element_put(c, dtype, i, small(i + 1));
        wanted[i] = small(i + 1);
    }
    const srnn_gemm_weight all_of_it = weight(dtype, w, COLUMNS, DEPTH);
    multiply_plainly(wanted, rows, a_stride, c_stride, starts);
    product(p, dtype)((srnn_matrix){middle(a, dtype), rows, DEPTH, a_stride},
                      &all_of_it, 0, starts ? start : NULL,
                      (srnn_matrix){middle(c, dtype), rows, COLUMNS, c_stride});
    for (int64_t i = 0; i < ROOM; i++)
        if (element_get(c, dtype, i) != wanted[i])
            fail_msg("product %d, %d rows, strides %d and %d: element %d is "
                     "%g, expected %g",
                     p, (int)rows, (int)a_stride, (int)c_stride,
                     (int)(i - MIDDLE), element_get(c, dtype, i), wanted[i]);
}

/* Rows of C that overlap have a meaning where they are made one by one, and
 * only BLAS needs that. */
static void test_gemm__rows_may_have_any_stride(void **state)
{
    static const int64_t steps[] = {0, 1, -1, 4, -4, 5, -5, 6, -6, 9, -9};
    enum { STEPS = sizeof steps / sizeof *steps };
    (void)state;
    for (int p = 0; p < ALL; p++)
        for (int i = 0; i < STEPS * STEPS && is_here(p); i++) {
            const int64_t a_stride = steps[i / STEPS];
            const int64_t c_stride = steps[i % STEPS];
            if (all[p].gemm == SRNN_GEMM_NATIVE && llabs(c_stride) < COLUMNS)
                continue;
            for (int64_t rows = 1; rows <= ROWS; rows++)
                for (int starts = 0; starts < 2; starts++) {
                    expect_strides(p, SRNN_DTYPE_FLOAT32, rows, a_stride,
                                   c_stride, starts);
                    expect_strides(p, SRNN_DTYPE_FLOAT64, rows, a_stride,
                                   c_stride, starts);
                }
        }
}

static void test_gemm__nan_and_infinity_propagate(void **state)
{
    (void)state;
    for (int p = 0; p < ALL; p++) {
        if (!is_here(p))
            continue;
        double a[] = {0, 1};
        double w[] = {1.0 / 0.0, 2};
        double c[] = {1};
        const srnn_gemm_weight all_of_it = weight(SRNN_DTYPE_FLOAT64, w, 1, 2);
        product(p, SRNN_DTYPE_FLOAT64)((srnn_matrix){a, 1, 2, 2}, &all_of_it, 0,
                                       NULL, (srnn_matrix){c, 1, 1, 1});
        assert_true(c[0] != c[0]);
    }
}

enum { ZERO_MOST = 70 };

/* Rows of products that vanish, and the first of them alone. */
static void expect_sign_of_zero(int p, int64_t rows, int64_t K)
{
    float w[ZERO_MOST];
    float a[ZERO_MOST];
    float c[ZERO_MOST];
    float alone[] = {-0.0f};
    for (int i = 0; i < ZERO_MOST; i++) {
        w[i] = -1e-30f;
        a[i] = 1e-30f;
        c[i] = -0.0f;
    }
    const srnn_gemm_weight one = weight(SRNN_DTYPE_FLOAT32, w, 1, K);
    product(p, SRNN_DTYPE_FLOAT32)((srnn_matrix){a, 1, K, K}, &one, 0, NULL,
                                   (srnn_matrix){alone, 1, 1, 1});
    product(p, SRNN_DTYPE_FLOAT32)((srnn_matrix){a, rows, K, 0}, &one, 0, NULL,
                                   (srnn_matrix){c, rows, 1, 1});
    for (int64_t m = 0; m < rows; m++)
        assert_memory_equal(alone, &c[m], sizeof *c);
}

/* Products that vanish leave a sum of -0 or, without FMA, of +0: the same for a
 * row alone, in a tile or beside others, whatever K. */
static void test_gemm__a_row_has_one_sign_of_zero(void **state)
{
    static const int64_t rows[] = {2, 65};
    (void)state;
    for (int p = 0; p < ALL; p++)
        for (int64_t K = 1; K <= ZERO_MOST && is_here(p); K++)
            for (int i = 0; i < 2 && all[p].gemm == SRNN_GEMM_NATIVE; i++)
                expect_sign_of_zero(p, rows[i], K);
}

enum { START_ROWS = 8, START_MOST = 600, START_COLUMNS = 200 };

/* The same product, once from a row and once from rows that hold it. */
static void expect_start(int p, int64_t rows, int64_t columns, int64_t K)
{
    static float w[START_COLUMNS * START_MOST];
    static float a[START_ROWS * START_MOST];
    static float start[START_COLUMNS];
    static float c[START_ROWS * START_COLUMNS];
    static float held[START_ROWS * START_COLUMNS];
    for (int64_t i = 0; i < columns * K; i++)
        w[i] = small(i) / 3;
    for (int64_t i = 0; i < rows * K; i++)
        a[i] = small(i) / 7;
    memset(c, 0xff, sizeof c);
    memset(held, 0xff, sizeof held);
    for (int64_t i = 0; i < columns; i++) {
        start[i] = small(i + 1);
        for (int64_t m = 0; m < rows; m++)
            held[m * START_COLUMNS + i] = start[i];
    }
    const srnn_gemm_weight all_of_it =
        weight(SRNN_DTYPE_FLOAT32, w, columns, K);
    product(p, SRNN_DTYPE_FLOAT32)(
        (srnn_matrix){a, rows, K, K}, &all_of_it, 0, NULL,
        (srnn_matrix){held, rows, columns, START_COLUMNS});
    product(p, SRNN_DTYPE_FLOAT32)(
        (srnn_matrix){a, rows, K, K}, &all_of_it, 0, start,
        (srnn_matrix){c, rows, columns, START_COLUMNS});
    assert_memory_equal(c, held, sizeof c);
}

static void test_gemm__all_rows_can_start_from_one(void **state)
{
    static const int64_t depths[] = {1, 7, 8, 33, 64, 65, START_MOST};
    static const int64_t widths[] = {1, 15, 64, 130, START_COLUMNS};
    (void)state;
    for (int p = 0; p < ALL; p++)
        for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
            for (size_t n = 0; n < sizeof widths / sizeof *widths; n++)
                for (int64_t rows = 1; rows <= START_ROWS && is_here(p); rows++)
                    expect_start(p, rows, widths[n], depths[k]);
}

enum { BLOCK_ROWS = 137, BLOCK_DEPTH = 150, BLOCK_COLUMNS = 5, BLOCK_GAP = 3 };

/* A batch of rows, and each of them alone. */
static void expect_rows_alone(int p, srnn_dtype dtype, int64_t rows,
                              int64_t columns, int64_t K, bool starts)
{
    static double w[BLOCK_COLUMNS * BLOCK_DEPTH];
    static double a[BLOCK_ROWS * (BLOCK_DEPTH + BLOCK_GAP)];
    static double c[BLOCK_ROWS * (BLOCK_COLUMNS + BLOCK_GAP)];
    static double alone[BLOCK_ROWS * (BLOCK_COLUMNS + BLOCK_GAP)];
    double start[BLOCK_COLUMNS];
    const int64_t size = srnn_dtype__size(dtype);
    const int64_t a_stride = K + BLOCK_GAP;
    const int64_t c_stride = columns + BLOCK_GAP;
    for (int64_t i = 0; i < columns * K; i++)
        element_put(w, dtype, i, small(i) / 3.0);
    for (int64_t i = 0; i < rows * a_stride; i++)
        element_put(a, dtype, i, small(i + i / 11) / 7.0);
    for (int64_t i = 0; i < columns; i++)
        element_put(start, dtype, i, small(i) / 9.0);
    for (int64_t i = 0; i < rows * c_stride; i++) {
        element_put(c, dtype, i, small(i + i / 13) / 5.0);
        element_put(alone, dtype, i, small(i + i / 13) / 5.0);
    }
    const srnn_gemm_weight all_of_it = weight(dtype, w, columns, K);
    product(p, dtype)((srnn_matrix){a, rows, K, a_stride}, &all_of_it, 0,
                      starts ? start : NULL,
                      (srnn_matrix){c, rows, columns, c_stride});
    for (int64_t m = 0; m < rows; m++)
        product(p, dtype)(
            (srnn_matrix){(char *)a + m * a_stride * size, 1, K, a_stride},
            &all_of_it, 0, starts ? start : NULL,
            (srnn_matrix){(char *)alone + m * c_stride * size, 1, columns,
                          c_stride});
    if (memcmp(c, alone, (size_t)(rows * c_stride * size)) != 0)
        fail_msg("product %d, %d rows, %d columns, K = %d: not the bits of "
                 "each row alone",
                 p, (int)rows, (int)columns, (int)K);
}

/* Where a weight has few rows, those of A lie side by side. */
static void test_gemm__many_rows_have_the_bits_of_each_alone(void **state)
{
    static const int64_t heights[] = {2, 31, 32, 33, 63, 64, 65, BLOCK_ROWS};
    static const int64_t depths[] = {1,  2,  3,  4,   7,   8,   9,          16,
                                     33, 64, 65, 100, 128, 131, BLOCK_DEPTH};
    (void)state;
    for (int p = 0; p < ALL; p++)
        for (size_t m = 0; m < sizeof heights / sizeof *heights; m++)
            for (size_t k = 0; k < sizeof depths / sizeof *depths; k++)
                for (int64_t n = 1; n <= BLOCK_COLUMNS && is_here(p); n++)
                    for (int i = 0; i < 4; i++)
                        if (all[p].gemm == SRNN_GEMM_NATIVE)
                            expect_rows_alone(
                                p,
                                i < 2 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64,
                                heights[m], n, depths[k], i % 2 == 1);
}

/* What SIMPLERNN_GEMM and SIMPLERNN_ISA may say. */
static void test_gemm__environment_names_the_kernels(void **state)
{
    enum { NARROW = 32, WIDE = 64 }; /* bytes of a row */
    (void)state;
    srnn_gemm gemm = 0;
    srnn_isa best = 0;
    srnn_isa isa = 0;
    assert_int_equal(unsetenv("SIMPLERNN_GEMM"), 0);
    assert_int_equal(unsetenv("SIMPLERNN_ISA"), 0);
    assert_int_equal(srnn_gemm__default(&gemm), SRNN_OK);
    assert_int_equal(gemm, SRNN_GEMM_NATIVE);
    assert_int_equal(srnn_isa__default(&best, WIDE), SRNN_OK);
    assert_int_equal(srnn_isa__default(&isa, NARROW), SRNN_OK);
    assert_int_equal(isa, best == SRNN_ISA_AVX512 ? SRNN_ISA_AVX2 : best);
    for (int i = 0; i < ALL; i++) {
        if (all[i].isa == 0 || !is_here(i))
            continue;
        assert_int_equal(setenv("SIMPLERNN_ISA", srnn_isa__name(all[i].isa), 1),
                         0);
        assert_int_equal(srnn_isa__default(&isa, NARROW), SRNN_OK);
        assert_int_equal(isa, all[i].isa);
        assert_true(best >= isa);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemm__rows_beyond_one_call_are_all_computed),
        cmocka_unit_test(test_gemm__strides_beyond_32_bits_are_honoured),
        cmocka_unit_test(test_gemm__rows_may_have_any_stride),
        cmocka_unit_test(test_gemm__nan_and_infinity_propagate),
        cmocka_unit_test(test_gemm__a_row_has_one_sign_of_zero),
        cmocka_unit_test(test_gemm__all_rows_can_start_from_one),
        cmocka_unit_test(test_gemm__many_rows_have_the_bits_of_each_alone),
        cmocka_unit_test(test_gemm__environment_names_the_kernels),
    };
    return cmocka_run_group_tests(tests, load_providers, NULL);
}
