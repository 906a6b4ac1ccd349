/* SPDX-License-Identifier: MIT */
/* Providers below the API: sizes and strides that BLAS's 32-bit integers could
 * not take. Values are small integers, so every sum is exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "gemm/gemm.h"

static const srnn_gemm ids[] = {SRNN_GEMM_PORTABLE,
#if SRNN_HAVE_OPENBLAS
                                SRNN_GEMM_OPENBLAS
#endif
};

enum { PROVIDERS = sizeof ids / sizeof *ids };

static const srnn_gemm__provider *provider(int i)
{
    const srnn_gemm__provider *found = NULL;
    assert_int_equal(srnn_gemm__find(&found, ids[i]), SRNN_OK);
    return found;
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
    const int64_t rows = 2 * (int64_t)SRNN_GEMM__ROWS_PER_CALL + 3;
    float *const a = malloc((size_t)rows * sizeof *a);
    float *const c = malloc((size_t)rows * sizeof *c);
    float w[] = {3};
    assert_non_null(a);
    assert_non_null(c);
    for (int p = 0; p < PROVIDERS; p++) {
        for (int64_t i = 0; i < rows; i++) {
            a[i] = small(i);
            c[i] = small(i + 1);
        }
        provider(p)->f32((srnn_matrix){a, rows, 1, 1},
                         (srnn_matrix){w, 1, 1, 1},
                         (srnn_matrix){c, rows, 1, 1});
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
    for (int p = 0; p < PROVIDERS; p++) {
        float c[2 * N] = {0};
        for (int k = 0; k < K; k++) {
            far[k] = small(k);
            far[stride + k] = small(k + 3);
        }
        provider(p)->f32((srnn_matrix){far, 2, K, stride},
                         (srnn_matrix){w, N, K, K}, (srnn_matrix){c, 2, N, N});
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

static void test_gemm__nan_and_infinity_propagate(void **state)
{
    (void)state;
    for (int p = 0; p < PROVIDERS; p++) {
        double a[] = {0, 1};
        double w[] = {1.0 / 0.0, 2};
        double c[] = {1};
        provider(p)->f64((srnn_matrix){a, 1, 2, 2}, (srnn_matrix){w, 1, 2, 2},
                         (srnn_matrix){c, 1, 1, 1});
        assert_true(c[0] != c[0]);
    }
}

static void test_gemm__unknown_id_is_refused(void **state)
{
    (void)state;
    const srnn_gemm__provider *found = NULL;
    assert_int_equal(srnn_gemm__find(&found, 99), SRNN_ERROR_INVALID);
    assert_null(found);
}

/* What SIMPLERNN_GEMM may say; an unset one takes the first of the build. */
static void test_gemm__environment_names_the_provider(void **state)
{
    (void)state;
    const srnn_gemm__provider *found = NULL;
    assert_int_equal(setenv("SIMPLERNN_GEMM", "portable", 1), 0);
    assert_int_equal(srnn_gemm__default(&found), SRNN_OK);
    assert_int_equal(found->id, SRNN_GEMM_PORTABLE);
    assert_int_equal(setenv("SIMPLERNN_GEMM", "mkl", 1), 0);
    assert_int_equal(srnn_gemm__default(&found), SRNN_ERROR_INVALID);
    assert_int_equal(setenv("SIMPLERNN_GEMM", "", 1), 0);
    assert_int_equal(srnn_gemm__default(&found), SRNN_OK);
    assert_int_equal(found->id, SRNN_HAVE_OPENBLAS ? SRNN_GEMM_OPENBLAS
                                                   : SRNN_GEMM_PORTABLE);
    assert_int_equal(unsetenv("SIMPLERNN_GEMM"), 0);
    assert_int_equal(srnn_gemm__default(&found), SRNN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemm__rows_beyond_one_call_are_all_computed),
        cmocka_unit_test(test_gemm__strides_beyond_32_bits_are_honoured),
        cmocka_unit_test(test_gemm__nan_and_infinity_propagate),
        cmocka_unit_test(test_gemm__unknown_id_is_refused),
        cmocka_unit_test(test_gemm__environment_names_the_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
