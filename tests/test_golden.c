/* SPDX-License-Identifier: MIT */
/* Results of torch 2.13 in float64 (golden/make_golden.py) against the library
 * in both dtypes with every gemm provider; that the comparison notices a wrong
 * parameter; and the weights that torch makes of a seed. */
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
#include "support/pattern.h"

enum { CASES = 144, INITS = 5 };

/* Of |error| / max(1, |value|). */
static const double f32_bound = 1e-6;
static const double f64_bound = 1e-13;

static srnn_weights *golden;

static void check(srnn_status status)
{
    if (status != SRNN_OK)
        fail_msg("%s", srnn_last_error());
}

/* One case's options, as the metadata has them. */
typedef struct {
    char name[16];
    long long L, D, relu, bias, h0, I, H, T, B;
    char layout[8]; /* time, batch, single */
} golden_case;

static golden_case read_case(int number)
{
    golden_case c;
    (void)snprintf(c.name, sizeof c.name, "case%03d", number);
    const char *const text = srnn_weights_metadata(golden, c.name);
    assert_non_null(text);
    assert_int_equal(
        sscanf(text,
               "L=%lld D=%lld relu=%lld bias=%lld h0=%lld layout=%7s I=%lld "
               "H=%lld T=%lld B=%lld",
               &c.L, &c.D, &c.relu, &c.bias, &c.h0, c.layout, &c.I, &c.H, &c.T,
               &c.B),
        10);
    return c;
}

static bool is_layout(const golden_case *c, const char *layout)
{
    return strcmp(c->layout, layout) == 0;
}

static void set(srnn_config *config, srnn_option option, int64_t value)
{
    check(srnn_config_set_int(config, option, value));
}

/* A tensor whose values are the pattern of its full name, scaled. */
static srnn_tensor *make_pattern(const golden_case *c, const char *name,
                                 srnn_dtype dtype, int32_t rank,
                                 const int64_t *shape, double scale)
{
    char full[64];
    srnn_tensor *tensor = NULL;
    (void)snprintf(full, sizeof full, "%s.%s", c->name, name);
    check(srnn_tensor_create(&tensor, dtype, rank, shape));
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++) {
        const double value = pattern_value(pattern_seed(full), i) * scale;
        if (dtype == SRNN_DTYPE_FLOAT32)
            ((float *)srnn_tensor_data(tensor))[i] = (float)value;
        else
            ((double *)srnn_tensor_data(tensor))[i] = value;
    }
    return tensor;
}

static srnn_rnn *make_rnn(const golden_case *c, srnn_dtype dtype)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    check(srnn_config_create(&config));
    set(config, SRNN_OPTION_INPUT_SIZE, c->I);
    set(config, SRNN_OPTION_HIDDEN_SIZE, c->H);
    set(config, SRNN_OPTION_NUM_LAYERS, c->L);
    set(config, SRNN_OPTION_BIDIRECTIONAL, c->D - 1);
    set(config, SRNN_OPTION_NONLINEARITY,
        c->relu ? SRNN_NONLINEARITY_RELU : SRNN_NONLINEARITY_TANH);
    set(config, SRNN_OPTION_BIAS, c->bias);
    set(config, SRNN_OPTION_BATCH_FIRST, is_layout(c, "batch"));
    set(config, SRNN_OPTION_DTYPE, dtype);
    check(srnn_rnn_create(&rnn, config, 0));
    srnn_config_destroy(config);
    const double scale = exp2(-rint(log2((double)c->H) / 2));
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        srnn_tensor *shape = NULL;
        check(srnn_rnn_get_parameter_at(&shape, rnn, i));
        srnn_tensor *const value = make_pattern(
            c, srnn_rnn_parameter_name(rnn, i), dtype, srnn_tensor_rank(shape),
            srnn_tensor_shape(shape), scale);
        check(srnn_rnn_set_parameter_at(rnn, i, value));
        srnn_tensor_destroy(shape);
        srnn_tensor_destroy(value);
    }
    return rnn;
}

/* The shape of a role without the batch where the case has none. */
static int32_t role_shape(int64_t *shape, const golden_case *c,
                          const srnn_rnn *rnn, srnn_role role)
{
    check(srnn_rnn_shape(shape, rnn, role, c->T, c->B));
    if (!is_layout(c, "single"))
        return 3;
    shape[1] = shape[2];
    return 2;
}

/* The largest |error| / max(1, |value|), infinite for a wrong shape or NaN. */
static double error_of(const golden_case *c, const char *name,
                       const srnn_tensor *got)
{
    char full[64];
    double worst = 0;
    srnn_tensor *wanted = NULL;
    (void)snprintf(full, sizeof full, "%s.%s", c->name, name);
    check(srnn_weights_tensor(&wanted, golden, full));
    assert_int_equal(srnn_tensor_rank(got), srnn_tensor_rank(wanted));
    for (int32_t i = 0; i < srnn_tensor_rank(got); i++)
        assert_int_equal(srnn_tensor_shape(got)[i],
                         srnn_tensor_shape(wanted)[i]);
    for (int64_t i = 0; i < srnn_tensor_size(got); i++) {
        const double w = ((double *)srnn_tensor_data(wanted))[i];
        const double g = srnn_tensor_dtype(got) == SRNN_DTYPE_FLOAT32
                             ? (double)((float *)srnn_tensor_data(got))[i]
                             : ((double *)srnn_tensor_data(got))[i];
        const double error = fabs(g - w) / fmax(1, fabs(w));
        worst = error <= worst ? worst : isnan(error) ? INFINITY : error;
    }
    srnn_tensor_destroy(wanted);
    return worst;
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
        h0 = make_pattern(c, "h0", dtype, rank, shape, 1);
    check(srnn_tensor_create(&h_n, dtype, rank, shape));
    rank = role_shape(shape, c, rnn, SRNN_ROLE_OUTPUT);
    if (rank == 2)
        shape[0] = c->T;
    check(srnn_tensor_create(&output, dtype, rank, shape));
    check(srnn_context_create(&context, rnn));
    check(srnn_context_set_int(context, SRNN_CONTEXT_GEMM, gemm));
    check(srnn_context_forward(context, input, h0, output, h_n));
    const double error =
        fmax(error_of(c, "output", output), error_of(c, "h_n", h_n));
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

static void check_dtype(srnn_dtype dtype, double bound)
{
    double worst = 0;
    for (int number = 0; number < CASES; number++) {
        const golden_case c = read_case(number);
        srnn_rnn *const rnn = make_rnn(&c, dtype);
        for (size_t i = 0; i < sizeof gemms / sizeof *gemms; i++) {
            const double error = run(&c, rnn, dtype, gemms[i]);
            if (!(error <= bound))
                fail_msg("%s, gemm %d: error %g", c.name, (int)gemms[i], error);
            worst = fmax(worst, error);
        }
        srnn_rnn_destroy(rnn);
    }
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
    srnn_tensor *a = NULL;
    srnn_tensor *b = NULL;
    check(srnn_rnn_get_parameter_at(&a, rnn, i));
    check(srnn_rnn_get_parameter_at(&b, rnn, j));
    const bool same = srnn_tensor_rank(a) == srnn_tensor_rank(b) &&
                      srnn_tensor_size(a) == srnn_tensor_size(b) &&
                      srnn_tensor_shape(a)[0] == srnn_tensor_shape(b)[0];
    if (same) {
        check(srnn_rnn_set_parameter_at(rnn, i, b));
        check(srnn_rnn_set_parameter_at(rnn, j, a));
    }
    srnn_tensor_destroy(a);
    srnn_tensor_destroy(b);
    return same;
}

/* Adds a little to one element in the middle of a parameter. */
static void perturb(srnn_rnn *rnn, int64_t i, double by)
{
    srnn_tensor *value = NULL;
    check(srnn_rnn_get_parameter_at(&value, rnn, i));
    ((double *)srnn_tensor_data(value))[srnn_tensor_size(value) / 2] += by;
    check(srnn_rnn_set_parameter_at(rnn, i, value));
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
    srnn_rnn *const rnn = make_rnn(c, SRNN_DTYPE_FLOAT64);
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
        if (c.relu || c.T < 2 || c.H < 3 || c.H > 17)
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
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    const char *const text = srnn_weights_metadata(golden, name);
    assert_non_null(text);
    assert_int_equal(
        sscanf(text,
               "L=%lld D=%lld I=%lld H=%lld bias=%lld seed=%llu double=%lld",
               &L, &D, &I, &H, &bias, &seed, &is_double),
        7);
    check(srnn_config_create(&config));
    set(config, SRNN_OPTION_INPUT_SIZE, I);
    set(config, SRNN_OPTION_HIDDEN_SIZE, H);
    set(config, SRNN_OPTION_NUM_LAYERS, L);
    set(config, SRNN_OPTION_BIDIRECTIONAL, D - 1);
    set(config, SRNN_OPTION_BIAS, bias);
    set(config, SRNN_OPTION_DTYPE,
        is_double ? SRNN_DTYPE_FLOAT64 : SRNN_DTYPE_FLOAT32);
    check(srnn_rnn_create(&rnn, config, seed));
    srnn_config_destroy(config);
    return rnn;
}

static void compare_init(const char *name, const srnn_rnn *rnn, int64_t index)
{
    char full[64];
    srnn_tensor *got = NULL;
    srnn_tensor *wanted = NULL;
    (void)snprintf(full, sizeof full, "%s.%s", name,
                   srnn_rnn_parameter_name(rnn, index));
    check(srnn_rnn_get_parameter_at(&got, rnn, index));
    check(srnn_weights_tensor(&wanted, golden, full));
    assert_int_equal(srnn_tensor_dtype(got), srnn_tensor_dtype(wanted));
    assert_int_equal(srnn_tensor_size(got), srnn_tensor_size(wanted));
    const size_t size = srnn_tensor_dtype(got) == SRNN_DTYPE_FLOAT32 ? 4 : 8;
    assert_memory_equal(srnn_tensor_data(got), srnn_tensor_data(wanted),
                        (size_t)srnn_tensor_size(got) * size);
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
