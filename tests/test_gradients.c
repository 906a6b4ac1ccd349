/* SPDX-License-Identifier: MIT */
/* Gradients: their order and their views, and what limits them, against plain
 * loops over all values of the parameters that are trained. */
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

#include "simplernn.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/small_rnn.h"

enum { CASES = 100, MOST = 3 };

/* Gradients of one rnn, as an array. */
typedef struct {
    srnn_rnn *rnn;
    srnn_dtype dtype;
    srnn_gradients *gradients;
    unsigned char *values;
    int64_t count; /* P */
} part;

/* A list of them; the seed of a case is its number. */
typedef struct {
    draws random;
    srnn_gradients *list[MOST];
    part parts[MOST];
    int64_t count;
} subject;

static void fill(subject *s, const part *p)
{
    for (int64_t i = 0; i < p->count; i++)
        element_put(p->values, p->dtype, i, draws_value(&s->random));
}

static part make_part(subject *s, int number)
{
    small_rnn of = {.seed = (uint64_t)number};
    of.I = draws_size(&s->random);
    of.H = draws_size(&s->random);
    of.L = 1 + draws_below(&s->random, 3);
    of.direction = SRNN_DIRECTION_FORWARD + (int32_t)draws_below(&s->random, 3);
    of.dtype = draws_dtype(&s->random);
    of.no_bias = draws_below(&s->random, 3) == 0;
    part p = {.rnn = small_rnn_create(&of), .dtype = of.dtype};
    p.count = srnn_rnn_flat_size(p.rnn);
    expect_success("create", srnn_gradients_create(&p.gradients, p.rnn));
    p.values = srnn_tensor_data(srnn_gradients_flat(p.gradients));
    return p;
}

/* Some are frozen. */
static void freeze(subject *s, const part *p)
{
    if (draws_below(&s->random, 2) == 0)
        return;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(p->rnn); i++)
        if (draws_below(&s->random, 3) == 0)
            expect_success(
                "freeze",
                srnn_gradients_set_trained(
                    p->gradients, srnn_rnn_parameter_name(p->rnn, i), 0));
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 61)};
    s.count = 1 + draws_below(&s.random, MOST);
    for (int64_t i = 0; i < s.count; i++) {
        s.parts[i] = make_part(&s, number);
        s.list[i] = s.parts[i].gradients;
        fill(&s, &s.parts[i]);
        freeze(&s, &s.parts[i]);
    }
    return s;
}

static void free_subject(subject *s)
{
    for (int64_t i = 0; i < s->count; i++) {
        srnn_gradients_destroy(s->parts[i].gradients);
        srnn_rnn_destroy(s->parts[i].rnn);
    }
}

static size_t bytes_of(const part *p)
{
    return (size_t)(p->count * element_bytes(p->dtype));
}

/* To compare with later; to be freed. */
static unsigned char *copy_of(const part *p)
{
    unsigned char *const copy = malloc(bytes_of(p));
    assert_non_null(copy);
    memcpy(copy, p->values, bytes_of(p));
    return copy;
}

/* The parameter that each value belongs to, by the shapes alone; to be freed.
 */
static int64_t *parameters_of(const part *p)
{
    int64_t *const parameters = calloc((size_t)p->count, sizeof *parameters);
    int64_t at = 0;
    assert_non_null(parameters);
    for (int64_t i = 0; i < srnn_rnn_parameter_count(p->rnn); i++) {
        const int64_t *const shape = srnn_rnn_parameter_shape(p->rnn, i);
        const int32_t rank = srnn_rnn_parameter_rank(p->rnn, i);
        for (int64_t k = 0; k < shape[0] * (rank == 2 ? shape[1] : 1); k++)
            parameters[at++] = i;
    }
    assert_int_equal(at, p->count);
    return parameters;
}

static const char *name_of(const part *p, int64_t value)
{
    int64_t *const parameters = parameters_of(p);
    const char *const name = srnn_rnn_parameter_name(p->rnn, parameters[value]);
    free(parameters);
    return name;
}

/* Of each value, whether its parameter is trained; to be freed. */
static bool *trained_of(const part *p)
{
    bool *const trained = calloc((size_t)p->count, sizeof *trained);
    int64_t *const parameters = parameters_of(p);
    int64_t last = -1;
    assert_non_null(trained);
    for (int64_t i = 0; i < p->count; i++) {
        trained[i] =
            parameters[i] == last
                ? trained[i - 1]
                : srnn_gradients_is_trained(
                      p->gradients,
                      srnn_rnn_parameter_name(p->rnn, parameters[i])) == 1;
        last = parameters[i];
    }
    free(parameters);
    return trained;
}

static void test_gradients__have_the_order_of_parameters(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = {.random = draws_of(number, 62)};
        const part p = make_part(&s, number);
        const srnn_tensor *const flat = srnn_gradients_flat(p.gradients);
        const unsigned char *const own = srnn_rnn_parameter_data(p.rnn, 0);
        assert_int_equal(srnn_tensor_rank(flat), 1);
        assert_int_equal(srnn_tensor_size(flat), p.count);
        assert_int_equal(srnn_tensor_dtype(flat), p.dtype);
        for (int64_t i = 0; i < p.count; i++)
            assert_true(element_get(p.values, p.dtype, i) == 0);
        for (int64_t i = 0; i < srnn_rnn_parameter_count(p.rnn); i++) {
            const char *const name = srnn_rnn_parameter_name(p.rnn, i);
            const srnn_tensor *const tensor =
                srnn_gradients_tensor(p.gradients, name);
            const int32_t rank = srnn_rnn_parameter_rank(p.rnn, i);
            const unsigned char *const data = srnn_rnn_parameter_data(p.rnn, i);
            assert_int_equal(srnn_tensor_rank(tensor), rank);
            assert_memory_equal(srnn_tensor_shape(tensor),
                                srnn_rnn_parameter_shape(p.rnn, i),
                                (size_t)rank * sizeof(int64_t));
            assert_int_equal(srnn_tensor_dtype(tensor), p.dtype);
            assert_ptr_equal(srnn_tensor_data(tensor), p.values + (data - own));
            assert_int_equal(srnn_gradients_is_trained(p.gradients, name), 1);
        }
        srnn_gradients_destroy(p.gradients);
        srnn_rnn_destroy(p.rnn);
    }
}

/* Its handle is given up before. */
static void test_gradients__keep_their_rnn(void **state)
{
    (void)state;
    subject s = make(1);
    for (int64_t i = 0; i < s.count; i++) {
        part *const p = &s.parts[i];
        srnn_rnn_destroy(p->rnn);
        assert_ptr_equal(srnn_gradients_rnn(p->gradients), p->rnn);
        assert_true(srnn_rnn_flat_size(p->rnn) == p->count);
        p->rnn = NULL;
    }
    free_subject(&s);
}

/* One element into the block, so that no vector is aligned. The bits are those
 * of gradients in memory of the library. */
static void test_gradients__wrap_memory_of_the_caller(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const part *const p = &s.parts[0];
        const int64_t size = element_bytes(p->dtype);
        unsigned char *const block = malloc(bytes_of(p) + 64);
        unsigned char *const data = block + size;
        srnn_gradients *wrapped = NULL;
        double norm = 0;
        double other = 1;
        assert_non_null(block);
        memcpy(data, p->values, bytes_of(p));
        data[bytes_of(p)] = 0x5a;
        expect_success("wrap", srnn_gradients_wrap(&wrapped, p->rnn, data));
        assert_memory_equal(data, p->values, bytes_of(p));
        assert_ptr_equal(srnn_tensor_data(srnn_gradients_flat(wrapped)), data);
        for (int64_t i = 0; i < srnn_rnn_parameter_count(p->rnn); i++) {
            const char *const name = srnn_rnn_parameter_name(p->rnn, i);
            expect_success("train",
                           srnn_gradients_set_trained(p->gradients, name, 1));
        }
        expect_success("clip",
                       srnn_gradients_clip_norm(&norm, &p->gradients, 1, 0.25));
        expect_success("clip",
                       srnn_gradients_clip_norm(&other, &wrapped, 1, 0.25));
        assert_memory_equal(&norm, &other, sizeof norm);
        assert_memory_equal(data, p->values, bytes_of(p));
        assert_int_equal(data[bytes_of(p)], 0x5a);
        srnn_gradients_destroy(wrapped);
        free(block);
        free_subject(&s);
    }
}

static double plain_norm(const subject *s)
{
    long double sum = 0;
    for (int64_t k = 0; k < s->count; k++) {
        const part *const p = &s->parts[k];
        bool *const trained = trained_of(p);
        for (int64_t i = 0; i < p->count; i++) {
            const long double x = element_get(p->values, p->dtype, i);
            sum += trained[i] ? x * x : 0;
        }
        free(trained);
    }
    return (double)sqrtl(sum);
}

static void test_gradients__have_a_norm(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const double wanted = plain_norm(&s);
        double norm = -1;
        expect_success("norm", srnn_gradients_norm(&norm, s.list, s.count));
        if (!(fabs(norm - wanted) <= 1e-15 * wanted))
            fail_msg("case %d: %.17g, not %.17g", number, norm, wanted);
        free_subject(&s);
    }
}

/* The smallest rnn: 4 values. */
static part make_four(srnn_dtype dtype, const double values[4])
{
    part p = {.dtype = dtype, .count = 4};
    p.rnn = small_rnn_create(&(small_rnn){.I = 1, .H = 1, .dtype = dtype});
    assert_int_equal(srnn_rnn_flat_size(p.rnn), 4);
    expect_success("create", srnn_gradients_create(&p.gradients, p.rnn));
    p.values = srnn_tensor_data(srnn_gradients_flat(p.gradients));
    for (int64_t i = 0; i < 4; i++)
        element_put(p.values, dtype, i, values[i]);
    return p;
}

static void free_four(part *p)
{
    srnn_gradients_destroy(p->gradients);
    srnn_rnn_destroy(p->rnn);
}

static void test_gradients__of_any_size_have_a_norm(void **state)
{
    (void)state;
    const srnn_dtype f32 = SRNN_DTYPE_FLOAT32;
    const srnn_dtype f64 = SRNN_DTYPE_FLOAT64;
    const struct {
        srnn_dtype dtype;
        double values[4];
        double wanted;
    } rows[] = {
        {f32, {0, 0, 0, 0}, 0},
        {f64, {0, -0.0, 0, 0}, 0},
        {f32, {FLT_MAX, FLT_MAX, -FLT_MAX, FLT_MAX}, 2 * (double)FLT_MAX},
        {f32, {0x1p-149, 0x1p-149, -0x1p-149, 0x1p-149}, 0x1p-148},
        {f32, {0x1p-149, 0, 0, 0}, 0x1p-149},
        {f64, {0x1p1022, 0x1p1022, 0x1p1022, -0x1p1022}, 0x1p1023},
        {f64, {3 * 0x1p800, 0, 4 * 0x1p800, 0x1p-1000}, 5 * 0x1p800},
        {f64, {DBL_MAX, 0, 0, 0x1p-1074}, DBL_MAX},
        {f64, {3 * 0x1p-800, 0, 4 * 0x1p-800, 0}, 5 * 0x1p-800},
        {f64, {3 * 0x1p-410, 0, 4 * 0x1p-410, 0}, 5 * 0x1p-410},
        {f64, {3 * 0x1p-520, 0, 4 * 0x1p-520, 0}, 5 * 0x1p-520},
        {f64, {0x1p-1074, 0x1p-1074, 0x1p-1074, 0x1p-1074}, 0x1p-1073},
        {f64, {0x1p-1074, 0, 0, 0}, 0x1p-1074},
        {f64, {1, 0x1p-1074, 0, 0}, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        part p = make_four(rows[i].dtype, rows[i].values);
        double norm = -1;
        expect_success("norm", srnn_gradients_norm(&norm, &p.gradients, 1));
        if (norm != rows[i].wanted)
            fail_msg("row %zu: %a, not %a", i, norm, rows[i].wanted);
        free_four(&p);
    }
}

/* All values are finite, and yet there is no such double. */
static void test_gradients__may_have_no_norm(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {
        "the norm of the gradients does not fit in a double"};
    (void)state;
    part p = make_four(SRNN_DTYPE_FLOAT64,
                       (const double[4]){DBL_MAX, DBL_MAX, 1, 1});
    unsigned char *const before = copy_of(&p);
    double norm = 0;
    expect_failure("norm", srnn_gradients_norm(&norm, &p.gradients, 1),
                   SRNN_ERROR_NOT_FINITE, texts);
    assert_true(isinf(norm) && norm > 0);
    expect_failure("clip", srnn_gradients_clip_norm(&norm, &p.gradients, 1, 1),
                   SRNN_ERROR_NOT_FINITE, texts);
    assert_memory_equal(p.values, before, bytes_of(&p));
    expect_success("clip", srnn_gradients_clip_value(&p.gradients, 1, 2));
    expect_success("norm", srnn_gradients_norm(&norm, &p.gradients, 1));
    assert_true(norm == sqrt(10));
    free(before);
    free_four(&p);
}

/* Every value of what is trained is the rounded product, all others stay. */
static void check_scaled(const part *p, const unsigned char *before,
                         double factor)
{
    bool *const trained = trained_of(p);
    for (int64_t i = 0; i < p->count; i++) {
        const double old = element_get(before, p->dtype, i);
        const double product = trained[i] ? old * factor : old;
        const double wanted =
            p->dtype == SRNN_DTYPE_FLOAT32 ? (double)(float)product : product;
        if (element_get(p->values, p->dtype, i) != wanted)
            fail_msg("value %d", (int)i);
    }
    free(trained);
}

static void test_gradients__are_scaled(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        unsigned char *before[MOST] = {NULL};
        const double factor = 1 + draws_value(&s.random) / 3;
        for (int64_t i = 0; i < s.count; i++)
            before[i] = copy_of(&s.parts[i]);
        expect_success("scale", srnn_gradients_scale(s.list, s.count, factor));
        for (int64_t i = 0; i < s.count; i++) {
            check_scaled(&s.parts[i], before[i], factor);
            free(before[i]);
        }
        free_subject(&s);
    }
}

/* Above the limit the factor is that of torch, at or below it no bit changes,
 * not even where the factor would be 1. */
static void test_gradients__are_clipped_by_norm(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        unsigned char *before[MOST] = {NULL};
        double wanted = -1;
        double norm = -1;
        expect_success("norm", srnn_gradients_norm(&wanted, s.list, s.count));
        const double limits[] = {INFINITY, 2 * wanted + 1, wanted + 2e-6,
                                 wanted * 0.75};
        for (int64_t i = 0; i < s.count; i++)
            before[i] = copy_of(&s.parts[i]);
        for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
            const double factor = limits[k] / (wanted + 1e-6);
            expect_success("clip", srnn_gradients_clip_norm(
                                       &norm, s.list, s.count, limits[k]));
            assert_true(norm == wanted);
            for (int64_t i = 0; i < s.count; i++) {
                const part *const p = &s.parts[i];
                if (factor >= 1)
                    assert_memory_equal(p->values, before[i], bytes_of(p));
                else
                    check_scaled(p, before[i], factor);
            }
        }
        for (int64_t i = 0; i < s.count; i++)
            free(before[i]);
        free_subject(&s);
    }
}

/* The numbers of torch.nn.utils.clip_grad_norm_: 1 / 5.000001 of each. */
static void test_gradients__are_clipped_as_torch_does(void **state)
{
    (void)state;
    part p = make_four(SRNN_DTYPE_FLOAT64, (const double[4]){3, 0, -4, -0.0});
    double norm = 0;
    expect_success("clip", srnn_gradients_clip_norm(&norm, &p.gradients, 1, 1));
    assert_true(norm == 5);
    const double x = element_get(p.values, p.dtype, 0);
    const double y = element_get(p.values, p.dtype, 2);
    assert_true(fabs(x - 0.599999880000024) < 1e-15);
    assert_true(fabs(y + 0.799999840000032) < 1e-15);
    expect_success("clip", srnn_gradients_clip_norm(&norm, &p.gradients, 1, 0));
    for (int64_t i = 0; i < 4; i++)
        assert_true(element_get(p.values, p.dtype, i) == 0);
    free_four(&p);
}

static double limited(double x, double limit)
{
    return x > limit ? limit : x < -limit ? -limit : x;
}

static void test_gradients__are_clipped_by_value(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const double limit = fabs(draws_value(&s.random));
        for (int64_t k = 0; k < s.count; k++) {
            const part *const p = &s.parts[k];
            unsigned char *const before = copy_of(p);
            bool *const trained = trained_of(p);
            expect_success(
                "clip", srnn_gradients_clip_value(&p->gradients, 1, INFINITY));
            assert_memory_equal(p->values, before, bytes_of(p));
            expect_success("clip",
                           srnn_gradients_clip_value(&p->gradients, 1, limit));
            for (int64_t i = 0; i < p->count; i++) {
                const double old = element_get(before, p->dtype, i);
                const double wanted = trained[i] ? limited(old, limit) : old;
                if (element_get(p->values, p->dtype, i) != wanted)
                    fail_msg("case %d: value %d", number, (int)i);
            }
            free(before);
            free(trained);
        }
        free_subject(&s);
    }
}

/* In float32 the limit is rounded, and one above FLT_MAX limits nothing. */
static void test_gradients__are_clipped_to_a_value_of_their_dtype(void **state)
{
    (void)state;
    part p = make_four(SRNN_DTYPE_FLOAT32,
                       (const double[4]){1, -1, (double)FLT_MAX, 0.125});
    srnn_gradients *const list[] = {p.gradients};
    expect_success("clip", srnn_gradients_clip_value(list, 1, 1e300));
    assert_true(element_get(p.values, p.dtype, 2) == (double)FLT_MAX);
    expect_success("clip", srnn_gradients_clip_value(list, 1, 0.3));
    assert_true(element_get(p.values, p.dtype, 0) == (double)0.3F);
    assert_true(element_get(p.values, p.dtype, 1) == (double)-0.3F);
    assert_true(element_get(p.values, p.dtype, 3) == 0.125);
    free_four(&p);
}

/* Wherever it stands: the parameter is named, and nothing changes. */
static void check_not_finite(subject *s, const part *p, int64_t at,
                             double value)
{
    const char *const texts[EXPECT_TEXTS] = {"the gradient of ",
                                             name_of(p, at)};
    const double before = element_get(p->values, p->dtype, at);
    double norm = 0;
    element_put(p->values, p->dtype, at, value);
    unsigned char *const bytes = copy_of(p);
    expect_failure("clip",
                   srnn_gradients_clip_norm(&norm, s->list, s->count, 0.1),
                   SRNN_ERROR_NOT_FINITE, texts);
    assert_true(isnan(value) ? isnan(norm) : isinf(norm) && norm > 0);
    expect_failure("clip", srnn_gradients_clip_value(s->list, s->count, 0.1),
                   SRNN_ERROR_NOT_FINITE, texts);
    expect_failure("norm", srnn_gradients_norm(&norm, s->list, s->count),
                   SRNN_ERROR_NOT_FINITE, texts);
    assert_memory_equal(p->values, bytes, bytes_of(p));
    element_put(p->values, p->dtype, at, before);
    free(bytes);
}

static void test_gradients__that_are_not_finite_are_refused(void **state)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const part *const p = &s.parts[draws_below(&s.random, s.count)];
        const int64_t at = draws_below(&s.random, p->count);
        const char *const name = name_of(p, at);
        double norm = 0;
        for (int i = 0;
             i < 3 && srnn_gradients_is_trained(p->gradients, name) == 1; i++)
            check_not_finite(&s, p, at, values[i]);
        element_put(p->values, p->dtype, at, NAN);
        expect_success("freeze",
                       srnn_gradients_set_trained(p->gradients, name, 0));
        expect_success("clip",
                       srnn_gradients_clip_norm(&norm, s.list, s.count, 0.1));
        assert_true(isnan(element_get(p->values, p->dtype, at)));
        free_subject(&s);
    }
}

/* A NaN has bits that even a product with 1 may change. */
static void test_gradients__scaled_by_one_keep_their_bits(void **state)
{
    (void)state;
    part p = make_four(SRNN_DTYPE_FLOAT32, (const double[4]){0, 0, 0, 0});
    const uint32_t bits[] = {0x7f800001, 0xffc12345, 0x80000000, 1};
    memcpy(p.values, bits, sizeof bits);
    expect_success("scale", srnn_gradients_scale(&p.gradients, 1, 1));
    assert_memory_equal(p.values, bits, sizeof bits);
    free_four(&p);
}

/* A tensor of the caller is one parameter with its name and shape. */
static void test_gradients__of_a_tensor(void **state)
{
    (void)state;
    double values[2][1][3] = {{{0}}};
    srnn_tensor *value = NULL;
    srnn_gradients *gradients = NULL;
    expect_success("wrap",
                   srnn_tensor_wrap(&value, values, SRNN_DTYPE_FLOAT64, 3,
                                    (const int64_t[]){2, 1, 3}, NULL));
    expect_success("create",
                   srnn_gradients_create_tensor(&gradients, value, "h0"));
    srnn_tensor_destroy(value); /* whose memory stays */
    srnn_tensor *const own = srnn_gradients_tensor(gradients, "h0");
    srnn_tensor *const flat = srnn_gradients_flat(gradients);
    assert_int_equal(srnn_tensor_rank(own), 3);
    assert_int_equal(srnn_tensor_shape(own)[2], 3);
    assert_int_equal(srnn_tensor_dtype(own), SRNN_DTYPE_FLOAT64);
    assert_int_equal(srnn_tensor_shape(flat)[0], 6);
    assert_ptr_equal(srnn_tensor_data(own), srnn_tensor_data(flat));
    assert_ptr_not_equal(srnn_tensor_data(own), values);
    double *const g = srnn_tensor_data(flat);
    for (int i = 0; i < 6; i++)
        assert_true(g[i] == 0);
    g[5] = -4;
    double norm = 0;
    expect_success("norm", srnn_gradients_norm(&norm, &gradients, 1));
    assert_true(norm == 4);
    expect_success("freeze", srnn_gradients_set_trained(gradients, "h0", 0));
    expect_success("norm", srnn_gradients_norm(&norm, &gradients, 1));
    assert_true(norm == 0);
    srnn_gradients_destroy(gradients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients__have_the_order_of_parameters),
        cmocka_unit_test(test_gradients__keep_their_rnn),
        cmocka_unit_test(test_gradients__wrap_memory_of_the_caller),
        cmocka_unit_test(test_gradients__have_a_norm),
        cmocka_unit_test(test_gradients__of_any_size_have_a_norm),
        cmocka_unit_test(test_gradients__may_have_no_norm),
        cmocka_unit_test(test_gradients__are_scaled),
        cmocka_unit_test(test_gradients__are_clipped_by_norm),
        cmocka_unit_test(test_gradients__are_clipped_as_torch_does),
        cmocka_unit_test(test_gradients__are_clipped_by_value),
        cmocka_unit_test(test_gradients__are_clipped_to_a_value_of_their_dtype),
        cmocka_unit_test(test_gradients__that_are_not_finite_are_refused),
        cmocka_unit_test(test_gradients__scaled_by_one_keep_their_bits),
        cmocka_unit_test(test_gradients__of_a_tensor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
