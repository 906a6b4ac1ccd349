/* SPDX-License-Identifier: MIT */
/* Labels: compiler, uses-threads */
/* Results of torch 2.13 in float64 (golden/make_golden.py) against the library
 * in both dtypes with every gemm provider, reverse alone as the half of a layer
 * in both directions; that the comparison notices a wrong parameter; and the
 * weights that torch makes of a seed. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/pattern.h"
#include "support/small_rnn.h"

enum { CASES = 288, INITS = 5 };

/* Of |error| / max(1, |value|). */
static const double f32_bound = 1e-6;
static const double f64_bound = 1e-13;

static srnn_weights *golden;

/* One case's options, as the metadata has them. */
typedef struct {
    char name[16];
    long long L, D, bias, h0, I, H, T, B;
    char layout[8]; /* time, batch, single */
    srnn_nonlinearity nonlinearity;
} golden_case;

/* That of torch's word. */
static srnn_status find_nonlinearity(srnn_nonlinearity *out, const char *word)
{
    char name[64];
    int64_t value = 0;
    (void)snprintf(name, sizeof name, "SRNN_NONLINEARITY_%s", word);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    const srnn_status status = srnn_constant_value(&value, name);
    *out = (srnn_nonlinearity)value;
    return status;
}

static golden_case read_case(int number)
{
    golden_case c;
    char word[16];
    (void)snprintf(c.name, sizeof c.name, "case%03d", number);
    const char *const text = srnn_weights_metadata(golden, c.name);
    assert_non_null(text);
    assert_int_equal(
        sscanf(text,
               "L=%lld D=%lld act=%15s bias=%lld h0=%lld layout=%7s I=%lld "
               "H=%lld T=%lld B=%lld",
               &c.L, &c.D, word, &c.bias, &c.h0, c.layout, &c.I, &c.H, &c.T,
               &c.B),
        10);
    EXPECT_SUCCESS(find_nonlinearity(&c.nonlinearity, word));
    return c;
}

static bool is_layout(const golden_case *c, const char *layout)
{
    return strcmp(c->layout, layout) == 0;
}

/* A tensor whose values are the pattern of its full name, scaled. */
static srnn_tensor *make_pattern(const golden_case *c, const char *name,
                                 srnn_dtype dtype, int32_t rank,
                                 const int64_t *shape, double scale)
{
    char full[64];
    srnn_tensor *tensor = NULL;
    (void)snprintf(full, sizeof full, "%s.%s", c->name, name);
    EXPECT_SUCCESS(srnn_tensor_create(&tensor, dtype, rank, shape));
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++) {
        const double value = pattern_value(pattern_seed(full), i) * scale;
        element_put(srnn_tensor_data(tensor), dtype, i, value);
    }
    return tensor;
}

static srnn_direction direction_of(const golden_case *c)
{
    return c->D == 2 ? SRNN_DIRECTION_BIDIRECTIONAL : SRNN_DIRECTION_FORWARD;
}

/* With the parameters of the case that such an rnn has. */
static srnn_rnn *make_rnn(const golden_case *c, srnn_dtype dtype,
                          srnn_direction direction)
{
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = c->I,
                                      .H = c->H,
                                      .L = c->L,
                                      .direction = direction,
                                      .dtype = dtype,
                                      .nonlinearity = c->nonlinearity,
                                      .no_bias = c->bias == 0,
                                      .batch_first = is_layout(c, "batch")});
    const double scale = exp2(-rint(log2((double)c->H) / 2));
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        srnn_tensor *const value =
            make_pattern(c, srnn_rnn_parameter_name(rnn, i), dtype,
                         srnn_rnn_parameter_rank(rnn, i),
                         srnn_rnn_parameter_shape(rnn, i), scale);
        parameter_set(rnn, i, value);
        srnn_tensor_destroy(value);
    }
    return rnn;
}

/* The shape of a role without the batch where the case has none. */
static int32_t role_shape(int64_t *shape, const golden_case *c,
                          const srnn_rnn *rnn, srnn_role role)
{
    EXPECT_SUCCESS(srnn_rnn_shape(shape, rnn, role, c->T, c->B));
    if (!is_layout(c, "single"))
        return 3;
    shape[1] = shape[2];
    return 2;
}

/* The largest |error| / max(1, |value|), infinite for a wrong shape or NaN.
 * Where axis has half the size that torch's has, it is held against the second
 * half. */
static double error_of(const golden_case *c, const char *name,
                       const srnn_tensor *got, int32_t axis)
{
    char full[64];
    double worst = 0;
    int64_t behind = 1; /* elements of an index of axis */
    srnn_tensor *wanted = NULL;
    (void)snprintf(full, sizeof full, "%s.%s", c->name, name);
    EXPECT_SUCCESS(srnn_weights_read_tensor(&wanted, golden, full));
    assert_int_equal(srnn_tensor_rank(got), srnn_tensor_rank(wanted));
    const int64_t *const shape = srnn_tensor_shape(got);
    const int64_t whole = srnn_tensor_shape(wanted)[axis];
    const int64_t first = whole - shape[axis];
    assert_true(first == 0 || whole == 2 * shape[axis]);
    for (int32_t i = 0; i < srnn_tensor_rank(got); i++)
        if (i != axis)
            assert_int_equal(shape[i], srnn_tensor_shape(wanted)[i]);
    for (int32_t i = axis + 1; i < srnn_tensor_rank(got); i++)
        behind *= shape[i];
    for (int64_t i = 0; i < srnn_tensor_size(got); i++) {
        const int64_t before = i / behind / shape[axis];
        const int64_t at = i + (before + 1) * first * behind;
        const double w = element_of(wanted, at);
        const double error = fabs(element_of(got, i) - w) / fmax(1, fabs(w));
        worst = error <= worst ? worst : isnan(error) ? INFINITY : error;
    }
    srnn_tensor_destroy(wanted);
    return worst;
}

/* The h0 of the case; of the reverse direction alone, the second half. */
static srnn_tensor *make_h0(const golden_case *c, srnn_dtype dtype,
                            int32_t rank, const int64_t *shape)
{
    const int64_t cells = shape[0];
    int64_t whole[3] = {c->L * c->D, shape[1], rank == 3 ? shape[2] : 0};
    srnn_tensor *const all = make_pattern(c, "h0", dtype, rank, whole, 1);
    if (cells == whole[0])
        return all;
    srnn_tensor *half = NULL;
    EXPECT_SUCCESS(srnn_tensor_create(&half, dtype, rank, shape));
    const size_t bytes =
        (size_t)(srnn_tensor_size(half) * element_bytes(dtype));
    memcpy(srnn_tensor_data(half), (char *)srnn_tensor_data(all) + bytes,
           bytes);
    srnn_tensor_destroy(all);
    return half;
}

/* The larger error of output and h_n. */
static double run(const golden_case *c, srnn_rnn *rnn, srnn_dtype dtype,
                  srnn_gemm gemm)
{
    int64_t shape[3];
    srnn_context *context = NULL;
    srnn_tensor *output = NULL;
    srnn_tensor *h_n = NULL;
    srnn_tensor *h0 = NULL;
    int32_t rank = role_shape(shape, c, rnn, SRNN_ROLE_INPUT);
    if (rank == 2)
        shape[0] = c->T;
    srnn_tensor *const input = make_pattern(c, "input", dtype, rank, shape, 1);
    rank = role_shape(shape, c, rnn, SRNN_ROLE_HIDDEN);
    if (c->h0)
        h0 = make_h0(c, dtype, rank, shape);
    EXPECT_SUCCESS(srnn_tensor_create(&h_n, dtype, rank, shape));
    rank = role_shape(shape, c, rnn, SRNN_ROLE_OUTPUT);
    if (rank == 2)
        shape[0] = c->T;
    EXPECT_SUCCESS(srnn_tensor_create(&output, dtype, rank, shape));
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    EXPECT_SUCCESS(srnn_context_set_int(context, SRNN_CONTEXT_GEMM, gemm));
    EXPECT_SUCCESS(srnn_context_forward(context, input, h0, output, h_n));
    const double error =
        fmax(error_of(c, "output", output, srnn_tensor_rank(output) - 1),
             error_of(c, "h_n", h_n, 0));
    srnn_context_destroy(context);
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(h0);
    srnn_tensor_destroy(output);
    srnn_tensor_destroy(h_n);
    return error;
}

static const srnn_gemm gemms[] = {
    SRNN_GEMM_NATIVE,
#if SRNN_HAVE_OPENBLAS
    SRNN_GEMM_OPENBLAS,
#endif
};

/* With every provider; the largest error. */
static double check_case(const golden_case *c, srnn_dtype dtype,
                         srnn_direction direction, double bound)
{
    double worst = 0;
    srnn_rnn *const rnn = make_rnn(c, dtype, direction);
    for (size_t i = 0; i < sizeof gemms / sizeof *gemms; i++) {
        const double error = run(c, rnn, dtype, gemms[i]);
        if (!(error <= bound))
            fail_msg("%s, %s, %s: error %g", c->name,
                     srnn_constant_name(direction),
                     srnn_constant_name(gemms[i]), error);
        worst = fmax(worst, error);
    }
    srnn_rnn_destroy(rnn);
    return worst;
}

static void check_dtype(srnn_dtype dtype, double bound)
{
    double worst = 0;
    int alone = 0;
    for (int number = 0; number < CASES; number++) {
        const golden_case c = read_case(number);
        worst = fmax(worst, check_case(&c, dtype, direction_of(&c), bound));
        if (c.L != 1 || c.D != 2)
            continue;
        worst =
            fmax(worst, check_case(&c, dtype, SRNN_DIRECTION_REVERSE, bound));
        alone++;
    }
    assert_int_equal(alone, CASES / 6);
    print_message("largest error %g, allowed %g\n", worst, bound);
}

static void test_golden__float32_equals_torch(void **state)
{
    (void)state;
    check_dtype(SRNN_DTYPE_FLOAT32, f32_bound);
}

static void test_golden__float64_equals_torch(void **state)
{
    (void)state;
    check_dtype(SRNN_DTYPE_FLOAT64, f64_bound);
}

/* Exchanges two parameters of one shape; false if they have two. */
static bool exchange(srnn_rnn *rnn, int64_t i, int64_t j)
{
    srnn_tensor *const a = parameter_copy(rnn, i);
    srnn_tensor *const b = parameter_copy(rnn, j);
    const bool same = srnn_tensor_rank(a) == srnn_tensor_rank(b) &&
                      srnn_tensor_size(a) == srnn_tensor_size(b) &&
                      srnn_tensor_shape(a)[0] == srnn_tensor_shape(b)[0];
    if (same) {
        parameter_set(rnn, i, b);
        parameter_set(rnn, j, a);
    }
    srnn_tensor_destroy(a);
    srnn_tensor_destroy(b);
    return same;
}

/* Adds a little to one element in the middle of a parameter. */
static void perturb(srnn_rnn *rnn, int64_t i, double by)
{
    srnn_tensor *const value = parameter_copy(rnn, i);
    ((double *)srnn_tensor_data(value))[srnn_tensor_size(value) / 2] += by;
    parameter_set(rnn, i, value);
    srnn_tensor_destroy(value);
}

/* b_ih and b_hh of one cell are only ever added. */
static bool is_sum_of_biases(const srnn_rnn *rnn, int64_t i, int64_t j)
{
    return strncmp(srnn_rnn_parameter_name(rnn, i), "bias_ih", 7) == 0 &&
           j == i + 1;
}

static void check_that_errors_show(const golden_case *c)
{
    const double change = 1.0 / 64;
    srnn_rnn *const rnn = make_rnn(c, SRNN_DTYPE_FLOAT64, direction_of(c));
    const int64_t count = srnn_rnn_parameter_count(rnn);
    for (int64_t i = 0; i < count; i++) {
        perturb(rnn, i, change);
        if (run(c, rnn, SRNN_DTYPE_FLOAT64, SRNN_GEMM_NATIVE) <= f32_bound)
            fail_msg("%s: a wrong %s goes unnoticed", c->name,
                     srnn_rnn_parameter_name(rnn, i));
        perturb(rnn, i, -change);
        for (int64_t j = i + 1; j < count; j++) {
            if (is_sum_of_biases(rnn, i, j) || !exchange(rnn, i, j))
                continue;
            if (run(c, rnn, SRNN_DTYPE_FLOAT64, SRNN_GEMM_NATIVE) <= f32_bound)
                fail_msg("%s: %s in place of %s goes unnoticed", c->name,
                         srnn_rnn_parameter_name(rnn, i),
                         srnn_rnn_parameter_name(rnn, j));
            (void)exchange(rnn, i, j);
        }
    }
    assert_true(run(c, rnn, SRNN_DTYPE_FLOAT64, SRNN_GEMM_NATIVE) <= f64_bound);
    srnn_rnn_destroy(rnn);
}

/* Every tanh case that is large enough for each parameter to matter. */
static void test_golden__wrong_parameters_are_noticed(void **state)
{
    int checked[4][3] = {{0}};
    (void)state;
    for (int number = 0; number < CASES; number++) {
        const golden_case c = read_case(number);
        if (c.nonlinearity != SRNN_NONLINEARITY_TANH || c.T < 2 || c.H < 3 ||
            c.H > 17)
            continue;
        check_that_errors_show(&c);
        checked[c.L][c.D]++;
    }
    for (int L = 1; L <= 3; L++)
        for (int D = 1; D <= 2; D++)
            assert_true(checked[L][D] > 0);
}

static srnn_rnn *make_init(const char *name)
{
    long long L, D, I, H, bias, is_double;
    unsigned long long seed;
    const char *const text = srnn_weights_metadata(golden, name);
    assert_non_null(text);
    assert_int_equal(
        sscanf(text,
               "L=%lld D=%lld I=%lld H=%lld bias=%lld seed=%llu double=%lld",
               &L, &D, &I, &H, &bias, &seed, &is_double),
        7);
    return small_rnn_create(&(small_rnn){
        .I = I,
        .H = H,
        .L = L,
        .D = D,
        .no_bias = bias == 0,
        .dtype = is_double ? SRNN_DTYPE_FLOAT64 : SRNN_DTYPE_FLOAT32,
        .seed = seed});
}

static void compare_init(const char *name, const srnn_rnn *rnn, int64_t index)
{
    char full[64];
    srnn_tensor *wanted = NULL;
    srnn_tensor *const got = parameter_copy(rnn, index);
    (void)snprintf(full, sizeof full, "%s.%s", name,
                   srnn_rnn_parameter_name(rnn, index));
    EXPECT_SUCCESS(srnn_weights_read_tensor(&wanted, golden, full));
    assert_int_equal(srnn_tensor_dtype(got), srnn_tensor_dtype(wanted));
    assert_int_equal(srnn_tensor_size(got), srnn_tensor_size(wanted));
    const int64_t size = element_bytes(srnn_tensor_dtype(got));
    assert_memory_equal(srnn_tensor_data(got), srnn_tensor_data(wanted),
                        (size_t)(srnn_tensor_size(got) * size));
    srnn_tensor_destroy(got);
    srnn_tensor_destroy(wanted);
}

static void test_golden__seeds_give_the_weights_of_torch(void **state)
{
    (void)state;
    for (int number = 0; number < INITS; number++) {
        char name[16];
        (void)snprintf(name, sizeof name, "init%d", number);
        srnn_rnn *const rnn = make_init(name);
        assert_true(srnn_rnn_parameter_count(rnn) > 0);
        for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++)
            compare_init(name, rnn, i);
        srnn_rnn_destroy(rnn);
    }
}

static int setup(void **state)
{
    (void)state;
    return srnn_weights_open(&golden, GOLDEN_FILE);
}

static int teardown(void **state)
{
    (void)state;
    srnn_weights_destroy(golden);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden__float32_equals_torch),
        cmocka_unit_test(test_golden__float64_equals_torch),
        cmocka_unit_test(test_golden__wrong_parameters_are_noticed),
        cmocka_unit_test(test_golden__seeds_give_the_weights_of_torch),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
