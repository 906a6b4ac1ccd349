/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, native */
/* First values of parameters: those of torch where it says which, and matrices
 * with the properties that they are asked for. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/little_endian.h"
#include "support/small_rnn.h"

static const srnn_dtype dtypes[] = {SRNN_DTYPE_FLOAT32, SRNN_DTYPE_FLOAT64};

/* weight_ih_l0 [H,I], as srnn_rnn_initialise() makes it. */
static srnn_tensor *make(int64_t H, int64_t I, srnn_dtype dtype,
                         srnn_initialisation kind, double gain, uint64_t seed)
{
    srnn_tensor *weight = NULL;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .dtype = dtype});
    EXPECT_SUCCESS(srnn_rnn_initialise(rnn, "weight_ih_l0", kind, gain, seed));
    EXPECT_SUCCESS(srnn_rnn_copy_parameter(&weight, rnn, "weight_ih_l0"));
    srnn_rnn_destroy(rnn);
    return weight;
}

static double at(const srnn_tensor *matrix, int64_t row, int64_t column)
{
    return element_of(matrix, row * srnn_tensor_shape(matrix)[1] + column);
}

/* The first parameter that torch draws for a seed is drawn alone. */
static void test_initialise__uniform_as_torch(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const int64_t H = 16;
        const small_rnn of = {.I = 7, .H = H, .dtype = dtypes[i], .seed = 5};
        const size_t bytes = (size_t)(7 * H * element_bytes(dtypes[i]));
        srnn_rnn *const rnn = small_rnn_create(&of);
        for (uint64_t high = 0; high < 2; high++) { /* which has no effect */
            srnn_tensor *const weight =
                make(H, 7, dtypes[i], SRNN_INITIALISATION_UNIFORM, 0.25,
                     5 + (high << 32));
            assert_memory_equal(srnn_tensor_const_data(weight),
                                srnn_rnn_parameter_data(rnn, 0), bytes);
            srnn_tensor_destroy(weight);
        }
        srnn_rnn_destroy(rnn);
    }
}

/* Rows of a wide matrix, columns of a tall one: products of all pairs. */
static void check_orthogonal(const srnn_tensor *matrix, double gain,
                             double bound)
{
    const int64_t rows = srnn_tensor_shape(matrix)[0];
    const int64_t columns = srnn_tensor_shape(matrix)[1];
    const bool is_wide = rows < columns;
    const int64_t count = is_wide ? rows : columns;
    for (int64_t a = 0; a < count; a++)
        for (int64_t b = 0; b <= a; b++) {
            double sum = 0;
            for (int64_t k = 0; k < (is_wide ? columns : rows); k++)
                sum += is_wide ? at(matrix, a, k) * at(matrix, b, k)
                               : at(matrix, k, a) * at(matrix, k, b);
            if (!(fabs(sum - (a == b ? gain * gain : 0)) <=
                  bound * gain * gain))
                fail_msg("%d by %d: the product of %d and %d is %g", (int)rows,
                         (int)columns, (int)a, (int)b, sum);
        }
}

static void test_initialise__orthogonal(void **state)
{
    static const int64_t shapes[][2] = {
        {1, 1}, {1, 9},   {9, 1},    {2, 3},    {3, 2},
        {8, 8}, {65, 65}, {33, 130}, {130, 33}, {256, 256}};
    static const double bounds[] = {2e-7, 4e-15};
    (void)state;
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
            for (uint64_t seed = 0; seed < 3; seed++) {
                const double gain = seed == 0 ? 1 : 1.5;
                srnn_tensor *const matrix =
                    make(shapes[k][0], shapes[k][1], dtypes[i],
                         SRNN_INITIALISATION_ORTHOGONAL, gain, seed);
                check_orthogonal(matrix, gain, bounds[i]);
                srnn_tensor_destroy(matrix);
            }
}

/* Of a matrix in float64: the same on every machine. */
static void test_initialise__orthogonal_has_fixed_bits(void **state)
{
    enum { ROWS = 33, COLUMNS = 20 };
    (void)state;
    srnn_tensor *const matrix = make(ROWS, COLUMNS, SRNN_DTYPE_FLOAT64,
                                     SRNN_INITIALISATION_ORTHOGONAL, 1, 1);
    const uint64_t bits =
        little_endian_hash(LITTLE_ENDIAN_HASH, srnn_tensor_const_data(matrix),
                           sizeof(double), ROWS * COLUMNS);
    if (bits != 0xe3a108d0f4bbcfffu)
        fail_msg("bits are %016" PRIx64, bits);
    srnn_tensor_destroy(matrix);
}

/* Rotations and reflections of the plane, all equally often: the first row
 * points anywhere, and the sign of the determinant is free. A factor Q whose
 * signs are not fixed fails this. */
static void test_initialise__orthogonal_is_uniform(void **state)
{
    enum { SEEDS = 4000, PARTS = 8 };
    int counts[2][PARTS] = {{0}};
    const double turn = 6.283185307179586;
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        srnn_tensor *const m = make(2, 2, SRNN_DTYPE_FLOAT64,
                                    SRNN_INITIALISATION_ORTHOGONAL, 1, seed);
        const double angle = atan2(at(m, 0, 1), at(m, 0, 0)) / turn + 0.5;
        const bool is_rotation =
            at(m, 0, 0) * at(m, 1, 1) - at(m, 0, 1) * at(m, 1, 0) > 0;
        counts[is_rotation][(int)(angle * PARTS) % PARTS]++;
        srnn_tensor_destroy(m);
    }
    for (int i = 0; i < 2 * PARTS; i++) { /* 250 each, and 15.3 around it */
        const int count = counts[i / PARTS][i % PARTS];
        if (count < 190 || count > 310)
            fail_msg("part %d has %d", i, count);
    }
}

/* Of [1,n] the one row is a normal vector made as long as the gain, so that its
 * entries are normal. The fourth moment tells: 3 / (1 + 2 / n), where uniform
 * entries have less than 2. */
static void test_initialise__orthogonal_begins_normal(void **state)
{
    enum { N = 20000 };
    double moments[5] = {0};
    (void)state;
    srnn_tensor *const row = make(1, N, SRNN_DTYPE_FLOAT64,
                                  SRNN_INITIALISATION_ORTHOGONAL, sqrt(N), 3);
    for (int64_t i = 0; i < N; i++)
        for (int k = 1; k <= 4; k++)
            moments[k] += pow(at(row, 0, i), k) / N;
    assert_true(fabs(moments[1]) < 0.03 && fabs(moments[2] - 1) < 1e-12);
    assert_true(fabs(moments[3]) < 0.08 && fabs(moments[4] - 3) < 0.16);
    srnn_tensor_destroy(row);
}

static void test_initialise__identity_and_zeros(void **state)
{
    static const int64_t shapes[][2] = {{1, 1}, {5, 5}, {3, 7}, {7, 3}};
    (void)state;
    for (int i = 0; i < 8; i++) {
        const int64_t *const shape = shapes[i / 2];
        for (uint64_t seed = 0; seed < 2; seed++) {
            srnn_tensor *const eye =
                make(shape[0], shape[1], dtypes[i % 2],
                     SRNN_INITIALISATION_IDENTITY, 0.75, seed);
            srnn_tensor *const zeros =
                make(shape[0], shape[1], dtypes[i % 2],
                     SRNN_INITIALISATION_ZEROS, 0.75, seed);
            for (int64_t row = 0; row < shape[0]; row++)
                for (int64_t column = 0; column < shape[1]; column++) {
                    assert_true(at(eye, row, column) ==
                                (row == column ? 0.75 : 0));
                    assert_true(at(zeros, row, column) == 0);
                }
            srnn_tensor_destroy(eye);
            srnn_tensor_destroy(zeros);
        }
    }
}

/* Nothing else changes, and what a context runs with does. */
static void test_initialise__one_parameter_alone(void **state)
{
    enum { H = 5 };
    static const float input[H] = {1, 2, 3, 4, 5};
    float output[H];
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){
        .I = H, .H = H, .nonlinearity = SRNN_NONLINEARITY_IDENTITY});
    srnn_context *context = NULL;
    srnn_rnn *before = NULL;
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    EXPECT_SUCCESS(srnn_rnn_clone(&before, rnn));
    EXPECT_SUCCESS(srnn_rnn_initialise(rnn, "weight_ih_l0",
                                       SRNN_INITIALISATION_IDENTITY, 1, 0));
    for (int64_t i = 1; i < 4; i++)
        assert_memory_equal(srnn_rnn_parameter_data(rnn, i),
                            srnn_rnn_parameter_data(before, i),
                            (size_t)(i == 1 ? H * H : H) * sizeof(float));
    EXPECT_SUCCESS(srnn_rnn_initialise(rnn, "bias_ih_l0",
                                       SRNN_INITIALISATION_ZEROS, 0, 0));
    EXPECT_SUCCESS(srnn_rnn_initialise(rnn, "bias_hh_l0",
                                       SRNN_INITIALISATION_UNIFORM, 0, 0));
    EXPECT_SUCCESS(srnn_context_forward_contiguous(context, 1, 1, input, NULL,
                                                   output, NULL));
    assert_memory_equal(output, input, sizeof input);
    srnn_context_destroy(context);
    srnn_rnn_destroy(before);
    srnn_rnn_destroy(rnn);
}

/* The same shape, the same seed: the same values. */
static void test_initialise__linear_layers_too(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const size_t bytes = (size_t)(6 * 4 * element_bytes(dtypes[i]));
        for (srnn_initialisation kind = SRNN_INITIALISATION_UNIFORM;
             kind <= SRNN_INITIALISATION_ZEROS; kind++) {
            srnn_linear *linear = NULL;
            srnn_tensor *weight = NULL;
            srnn_tensor *const wanted = make(4, 6, dtypes[i], kind, 0.5, 9);
            EXPECT_SUCCESS(srnn_linear_create(&linear, dtypes[i], 6, 4, 1, 1));
            EXPECT_SUCCESS(
                srnn_linear_initialise(linear, "weight", kind, 0.5, 9));
            EXPECT_SUCCESS(
                srnn_linear_copy_parameter(&weight, linear, "weight"));
            assert_memory_equal(srnn_tensor_const_data(weight),
                                srnn_tensor_const_data(wanted), bytes);
            srnn_tensor_destroy(wanted);
            srnn_tensor_destroy(weight);
            srnn_linear_destroy(linear);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initialise__uniform_as_torch),
        cmocka_unit_test(test_initialise__orthogonal),
        cmocka_unit_test(test_initialise__orthogonal_has_fixed_bits),
        cmocka_unit_test(test_initialise__orthogonal_is_uniform),
        cmocka_unit_test(test_initialise__orthogonal_begins_normal),
        cmocka_unit_test(test_initialise__identity_and_zeros),
        cmocka_unit_test(test_initialise__one_parameter_alone),
        cmocka_unit_test(test_initialise__linear_layers_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
