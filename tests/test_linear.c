/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind */
/* Linear layers of any sizes on views of any strides, with any threads and
 * every instruction set with FMA, against the scalar loops of
 * support/reference_linear.h, bit for bit. */
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
#include "support/enumerators.h"
#include "support/expect.h"
#include "support/flushing.h"
#include "support/fma.h"
#include "support/reference_linear.h"
#include "support/small_rnn.h"
#include "support/tools.h"
#include "support/view_pair.h"

enum { CASES = TOOL_CASES(400), MAX_THREADS = 4 };

/* What a case computes with what. */
typedef struct {
    view_pairs pairs;
    srnn_linear *linear;
    srnn_gradients *gradients;
    srnn_rnn *rnn;
    srnn_context *context; /* NULL in some cases */
    reference_linear reference;
    int rank;
    int64_t shape[VIEW_PAIR_RANK]; /* of the input */
    int64_t rows;
    view_pair input, d_output, output, d_input;
} subject;

static draws *random_of(subject *s)
{
    return &s->pairs.random;
}

/* Some rows, or more than one block of them, or none. */
static void pick_shape(subject *s)
{
    const int64_t kind = draws_below(random_of(s), 12);
    s->rank = 1 + (int)draws_below(random_of(s), VIEW_PAIR_RANK);
    s->rows = 1;
    for (int i = 0; i + 1 < s->rank; i++) {
        s->shape[i] = draws_below(random_of(s), 20) + (kind > 0);
        if (kind == 1)
            s->shape[i] = i == 0 ? 509 + draws_below(random_of(s), 8) : 1;
        if (kind == 2)
            s->shape[i] = i == 0 ? 1 + draws_below(random_of(s), 1300) : 1;
        s->rows *= s->shape[i];
    }
}

/* Sizes of a product with this many rows for which the oracle is not too slow.
 */
static void pick_features(subject *s, int64_t *in, int64_t *out)
{
    do {
        *in = draws_size(random_of(s));
        *out = draws_size(random_of(s));
    } while (*in * *out * s->rows > 3000000);
}

/* One of an rnn of either dtype and of any size, so slow that helpers are worth
 * waking for little work. */
static void make_context(subject *s)
{
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    const int32_t isa = isas.values[draws_below(random_of(s), isas.count)];
    s->rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 3});
    if (draws_below(random_of(s), 5) == 0)
        return;
    s->context = draws_context(random_of(s), s->rnn, MAX_THREADS);
    EXPECT_SUCCESS(srnn_context_set_int(s->context, SRNN_CONTEXT_GFLOPS, 1));
    if (isa != SRNN_ISA_BASELINE && srnn_supports(isa))
        EXPECT_SUCCESS(srnn_context_set_int(s->context, SRNN_CONTEXT_ISA, isa));
}

static subject make(int number)
{
    subject s = {.pairs = {.random = draws_of(number, 71), .number = number}};
    int64_t in = 0;
    int64_t out = 0;
    pick_shape(&s);
    pick_features(&s, &in, &out);
    s.pairs.dtype = draws_dtype(random_of(&s));
    const int32_t bias = (int32_t)draws_below(random_of(&s), 2);
    EXPECT_SUCCESS(srnn_linear_create(&s.linear, s.pairs.dtype, in, out, bias,
                                      (uint64_t)number));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&s.gradients, s.linear));
    make_context(&s);
    s.reference = reference_linear_read(s.linear);
    s.shape[s.rank - 1] = in;
    s.input = view_pair_read(&s.pairs, s.rank, s.shape);
    s.d_input = view_pair_written(&s.pairs, s.rank, s.shape);
    s.shape[s.rank - 1] = out;
    s.d_output = view_pair_read(&s.pairs, s.rank, s.shape);
    s.output = view_pair_written(&s.pairs, s.rank, s.shape);
    return s;
}

static void destroy(subject *s)
{
    reference_linear_free(&s->reference);
    view_pair_free(&s->input);
    view_pair_free(&s->d_input);
    view_pair_free(&s->output);
    view_pair_free(&s->d_output);
    srnn_gradients_destroy(s->gradients);
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
    srnn_linear_destroy(s->linear);
}

static double *read_values(const srnn_tensor *tensor)
{
    const int64_t count = srnn_tensor_size(tensor);
    double *const values = calloc((size_t)count + 1, sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++)
        values[i] = element_of(tensor, i);
    return values;
}

static void put_values(const srnn_tensor *tensor, double *values)
{
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++)
        element_put(srnn_tensor_data((srnn_tensor *)tensor),
                    srnn_tensor_dtype(tensor), i, values[i]);
    free(values);
}

static void check_forward(const subject *s)
{
    double *const input = read_values(s->input.plain);
    double *const wanted = read_values(s->output.plain);
    reference_linear_forward(&s->reference, s->rows, input, wanted);
    free(input);
    put_values(s->output.plain, wanted);
    expect_success_of_case(s->pairs.number,
                           srnn_linear_forward(s->linear, s->context,
                                               s->input.view, s->output.view));
    view_pair_check(&s->pairs, &s->output, "output");
}

/* One that is frozen keeps what it held. */
static void check_gradients(const subject *s, const double *wanted,
                            const double *before)
{
    static const char *const names[] = {"weight", "bias"};
    const int64_t weights = s->reference.in * s->reference.out;
    const srnn_tensor *const flat = srnn_gradients_flat(s->gradients);
    for (int64_t i = 0; i < srnn_tensor_size(flat); i++) {
        const bool is_trained =
            srnn_gradients_is_trained(s->gradients, names[i >= weights]);
        if (element_of(flat, i) != (is_trained ? wanted : before)[i])
            fail_msg("case %d: gradient %lld differs", s->pairs.number,
                     (long long)i);
    }
}

static void check_backward(subject *s, bool adds)
{
    srnn_tensor *const flat = srnn_gradients_flat(s->gradients);
    double *const input = read_values(s->input.plain);
    double *const d_output = read_values(s->d_output.plain);
    double *const d_input = read_values(s->d_input.plain);
    double *const before = read_values(flat);
    double *const wanted = calloc(
        (size_t)(s->reference.out * (s->reference.in + 1)), sizeof *wanted);
    assert_non_null(wanted);
    memcpy(wanted, before, (size_t)srnn_tensor_size(flat) * sizeof *wanted);
    reference_linear_gradients(&s->reference, s->rows, input, d_output, adds,
                               wanted);
    reference_linear_d_input(&s->reference, s->rows, d_output, d_input);
    put_values(s->d_input.plain, d_input);
    const bool wants_d_input = draws_below(random_of(s), 4) > 0;
    expect_success_of_case(
        s->pairs.number,
        srnn_linear_backward(
            s->linear, s->context, s->input.view, s->d_output.view,
            adds ? SRNN_ACCUMULATION_ADD : SRNN_ACCUMULATION_SET, s->gradients,
            wants_d_input ? s->d_input.view : NULL));
    check_gradients(s, wanted, before);
    if (wants_d_input)
        view_pair_check(&s->pairs, &s->d_input, "d_input");
    free(input);
    free(d_output);
    free(before);
    free(wanted);
}

static void test_linear__equals_scalar_loops(void **state)
{
    (void)state;
    if (!machine_has_fma())
        skip(); /* the loops round as FMA does */
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        check_forward(&s);
        check_backward(&s, false);
        if (draws_below(random_of(&s), 4) == 0)
            EXPECT_SUCCESS(
                srnn_gradients_set_trained(s.gradients, "weight", 0));
        check_backward(&s, true);
        destroy(&s);
    }
}

/* A call of rows [first, first + count) of the case's plain tensors. */
static void backward_part(const subject *s, int64_t first, int64_t count,
                          srnn_accumulation accumulation)
{
    const int64_t in[] = {count, s->reference.in};
    const int64_t out[] = {count, s->reference.out};
    const int64_t size = element_bytes(s->pairs.dtype);
    srnn_tensor *input = NULL;
    srnn_tensor *d_output = NULL;
    EXPECT_SUCCESS(srnn_tensor_wrap(
        &input, (char *)srnn_tensor_data(s->input.plain) + first * in[1] * size,
        s->pairs.dtype, 2, in, NULL));
    EXPECT_SUCCESS(srnn_tensor_wrap(
        &d_output,
        (char *)srnn_tensor_data(s->d_output.plain) + first * out[1] * size,
        s->pairs.dtype, 2, out, NULL));
    EXPECT_SUCCESS(srnn_linear_backward(s->linear, s->context, input, d_output,
                                        accumulation, s->gradients, NULL));
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(d_output);
}

/* Rows that are cut between blocks give the bits of the whole. */
static void test_linear__parts_of_512_rows_add_up(void **state)
{
    (void)state;
    int checked = 0;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        srnn_tensor *const flat = srnn_gradients_flat(s.gradients);
        if (s.rows > 512) {
            backward_part(&s, 0, s.rows, SRNN_ACCUMULATION_SET);
            double *const whole = read_values(flat);
            for (int64_t first = 0; first < s.rows; first += 512)
                backward_part(
                    &s, first, s.rows - first < 512 ? s.rows - first : 512,
                    first == 0 ? SRNN_ACCUMULATION_SET : SRNN_ACCUMULATION_ADD);
            for (int64_t i = 0; i < srnn_tensor_size(flat); i++)
                assert_true(element_of(flat, i) == whole[i]);
            free(whole);
            checked++;
        }
        destroy(&s);
    }
    assert_true(checked > CASES / 40);
}

/* The sum of output times d_output, whose gradients backward computes. */
static double product_of(const subject *s)
{
    double sum = 0;
    EXPECT_SUCCESS(
        srnn_linear_forward(s->linear, NULL, s->input.plain, s->output.plain));
    for (int64_t i = 0; i < srnn_tensor_size(s->output.plain); i++)
        sum +=
            element_of(s->output.plain, i) * element_of(s->d_output.plain, i);
    return sum;
}

/* That of element i of a tensor, which `write` makes part of the layer. */
static double difference_of(const subject *s, srnn_tensor *tensor, int64_t i,
                            bool writes)
{
    const double step = 0x1p-10;
    const double value = element_of(tensor, i);
    double products[2];
    for (int side = 0; side < 2; side++) {
        element_put(srnn_tensor_data(tensor), s->pairs.dtype, i,
                    value + (side == 0 ? step : -step));
        if (writes)
            EXPECT_SUCCESS(srnn_linear_set_flat(s->linear, tensor));
        products[side] = product_of(s);
    }
    element_put(srnn_tensor_data(tensor), s->pairs.dtype, i, value);
    if (writes)
        EXPECT_SUCCESS(srnn_linear_set_flat(s->linear, tensor));
    return (products[0] - products[1]) / (2 * step);
}

static void check_differences(const subject *s, srnn_tensor *of,
                              const srnn_tensor *gradients, bool writes)
{
    for (int64_t i = 0; i < srnn_tensor_size(of); i++)
        if (fabs(difference_of(s, of, i, writes) - element_of(gradients, i)) >
            1e-9)
            fail_msg("case %d: gradient %lld is no slope", s->pairs.number,
                     (long long)i);
}

/* The product is linear in each element, so only rounding is left. */
static void test_linear__gradients_are_slopes(void **state)
{
    (void)state;
    int checked = 0;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const int64_t count = srnn_linear_flat_size(s.linear);
        if (s.pairs.dtype == SRNN_DTYPE_FLOAT64 && count * s.rows < 3000) {
            srnn_tensor *flat = NULL;
            EXPECT_SUCCESS(srnn_tensor_create(&flat, s.pairs.dtype, 1, &count));
            EXPECT_SUCCESS(srnn_linear_get_flat(s.linear, flat));
            EXPECT_SUCCESS(srnn_linear_backward(
                s.linear, s.context, s.input.plain, s.d_output.plain,
                SRNN_ACCUMULATION_SET, s.gradients, s.d_input.plain));
            check_differences(&s, flat, srnn_gradients_flat(s.gradients), true);
            check_differences(&s, s.input.plain, s.d_input.plain, false);
            srnn_tensor_destroy(flat);
            checked++;
        }
        destroy(&s);
    }
    assert_true(checked > CASES / 20);
}

/* The smallest number times 1, of which a sum of one product is left. */
static void check_subnormals(srnn_context *context, bool flushes)
{
    const float tiny = 0x1p-149f;
    const double wanted = flushes && CAN_FLUSH ? 0 : (double)tiny;
    const int64_t one[] = {1};
    srnn_linear *linear = NULL;
    srnn_gradients *gradients = NULL;
    srnn_tensor *x = NULL;
    srnn_tensor *y = NULL;
    EXPECT_SUCCESS(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, 1, 1, 0, 1));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
    EXPECT_SUCCESS(srnn_tensor_create(&x, SRNN_DTYPE_FLOAT32, 1, one));
    EXPECT_SUCCESS(srnn_tensor_create(&y, SRNN_DTYPE_FLOAT32, 1, one));
    element_put(srnn_tensor_data(y), SRNN_DTYPE_FLOAT32, 0, 1);
    EXPECT_SUCCESS(srnn_linear_set_flat(linear, y));
    element_put(srnn_tensor_data(x), SRNN_DTYPE_FLOAT32, 0, (double)tiny);
    EXPECT_SUCCESS(
        srnn_context_set_int(context, SRNN_CONTEXT_FLUSH_SUBNORMALS, flushes));
    EXPECT_SUCCESS(srnn_linear_forward(linear, context, x, y));
    assert_true(element_of(y, 0) == wanted);
    element_put(srnn_tensor_data(y), SRNN_DTYPE_FLOAT32, 0, 1);
    EXPECT_SUCCESS(srnn_linear_backward(
        linear, context, x, y, SRNN_ACCUMULATION_SET, gradients, NULL));
    assert_true(element_of(srnn_gradients_flat(gradients), 0) == wanted);
    const volatile float here = tiny;
    assert_true(here * 1 != 0); /* in the mode of this thread */
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_gradients_destroy(gradients);
    srnn_linear_destroy(linear);
}

static void test_linear__flushes_as_the_context_does(void **state)
{
    (void)state;
    srnn_context *context = NULL;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 1, .H = 1});
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    check_subnormals(context, false);
    check_subnormals(context, true);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

/* A sum over no rows is 0, where a gradient is wanted. */
static void test_linear__without_rows_gives_zeros(void **state)
{
    const int64_t in_shape[] = {0, 3};
    const int64_t out_shape[] = {0, 2};
    srnn_linear *linear = NULL;
    srnn_gradients *gradients = NULL;
    srnn_tensor *x = NULL, *d_y = NULL, *d_x = NULL;
    (void)state;
    EXPECT_SUCCESS(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT64, 3, 2, 1, 1));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
    EXPECT_SUCCESS(srnn_tensor_create(&x, SRNN_DTYPE_FLOAT64, 2, in_shape));
    EXPECT_SUCCESS(srnn_tensor_create(&d_x, SRNN_DTYPE_FLOAT64, 2, in_shape));
    EXPECT_SUCCESS(srnn_tensor_create(&d_y, SRNN_DTYPE_FLOAT64, 2, out_shape));
    double *const values = srnn_tensor_data(srnn_gradients_flat(gradients));
    for (int i = 0; i < 8; i++)
        values[i] = 1 + i;
    EXPECT_SUCCESS(srnn_gradients_set_trained(gradients, "weight", 0));
    EXPECT_SUCCESS(srnn_linear_backward(linear, NULL, x, d_y,
                                        SRNN_ACCUMULATION_ADD, gradients, d_x));
    EXPECT_SUCCESS(srnn_linear_backward(linear, NULL, x, d_y,
                                        SRNN_ACCUMULATION_SET, NULL, d_x));
    for (int i = 0; i < 8; i++)
        assert_true(values[i] == 1 + i);
    EXPECT_SUCCESS(srnn_linear_backward(linear, NULL, x, d_y,
                                        SRNN_ACCUMULATION_SET, gradients, d_x));
    for (int i = 0; i < 8; i++)
        assert_true(values[i] == (i < 6 ? 1 + i : 0));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(d_x);
    srnn_tensor_destroy(d_y);
    srnn_gradients_destroy(gradients);
    srnn_linear_destroy(linear);
}

/* Many rows are worth more threads than there are features to share out. */
static void test_linear__with_one_feature_shares_out_nothing(void **state)
{
    enum { ROWS = 300000, THREADS = 4 };
    const int64_t shape[] = {ROWS, 1};
    float wanted[2] = {0};
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 3});
    srnn_context *const contexts[] = {
        NULL, small_rnn_context(rnn, THREADS, SRNN_SCHEDULE_AUTO)};
    srnn_linear *linear = NULL;
    srnn_tensor *x = NULL;
    EXPECT_SUCCESS(srnn_context_set_int(contexts[1], SRNN_CONTEXT_GFLOPS, 1));
    EXPECT_SUCCESS(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, 1, 1, 1, 1));
    EXPECT_SUCCESS(srnn_tensor_create(&x, SRNN_DTYPE_FLOAT32, 2, shape));
    for (int i = 0; i < ROWS; i++)
        ((float *)srnn_tensor_data(x))[i] = (float)(i % 7) - 3;
    for (int i = 0; i < 2; i++) {
        srnn_gradients *gradients = NULL;
        EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
        EXPECT_SUCCESS(srnn_linear_backward(
            linear, contexts[i], x, x, SRNN_ACCUMULATION_SET, gradients, NULL));
        const void *const got =
            srnn_tensor_data(srnn_gradients_flat(gradients));
        if (i == 0)
            memcpy(wanted, got, sizeof wanted);
        assert_memory_equal(got, wanted, sizeof wanted);
        srnn_gradients_destroy(gradients);
    }
    assert_true(wanted[0] > ROWS); /* a sum of squares */
    srnn_tensor_destroy(x);
    srnn_linear_destroy(linear);
    srnn_context_destroy(contexts[1]);
    srnn_rnn_destroy(rnn);
}

/* Gradients keep the layer; the parameters stay when its handle goes. */
static void test_linear__lives_as_long_as_its_gradients(void **state)
{
    (void)state;
    srnn_linear *linear = NULL;
    srnn_gradients *gradients = NULL;
    EXPECT_SUCCESS(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT64, 3, 2, 1, 1));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
    srnn_linear_destroy(linear);
    assert_int_equal(srnn_gradients_is_trained(gradients, "bias"), 1);
    assert_int_equal(srnn_gradients_is_trained(gradients, "bias_ih_l0"), 0);
    assert_int_equal(
        srnn_tensor_rank(srnn_gradients_tensor(gradients, "weight")), 2);
    EXPECT_SUCCESS(srnn_gradients_scale(&gradients, 1, 2));
    srnn_gradients_destroy(gradients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear__equals_scalar_loops),
        cmocka_unit_test(test_linear__parts_of_512_rows_add_up),
        cmocka_unit_test(test_linear__gradients_are_slopes),
        cmocka_unit_test(test_linear__flushes_as_the_context_does),
        cmocka_unit_test(test_linear__without_rows_gives_zeros),
        cmocka_unit_test(test_linear__with_one_feature_shares_out_nothing),
        cmocka_unit_test(test_linear__lives_as_long_as_its_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
