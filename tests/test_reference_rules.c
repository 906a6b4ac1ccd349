/* SPDX-License-Identifier: MIT */
/* The rules of the oracle of gradients (support/reference_backward.h) one by
 * one: sums whose bits show the order in which they were added, gradients that
 * are flushed, masks of dropout; and its forward against that of the library.
 */
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
#include "support/recorded.h"

/* In float32 1 + HALF is 1, but 1 + (HALF + HALF) is more. */
#define HALF 0x1p-24

/* What Random123 says in kat_vectors. */
static void test_reference_rules__philox_gives_the_known_answers(void **state)
{
    static const uint32_t known[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
         0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
         0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        reference_philox(known[i], known[i] + 4, out);
        assert_memory_equal(out, known[i] + 6, sizeof out);
    }
}

/* Feature 6 is word 2 of counter {1, ...}. */
static void test_reference_rules__dropout_follows_the_counter(void **state)
{
    const uint32_t counter[4] = {1, 5, 1003, 2};
    const uint32_t key[2] = {0x89abcdef, 0x01234567};
    reference_dropout dropout = {0, 0x0123456789abcdef, 1000, 0};
    uint32_t out[4];
    (void)state;
    reference_philox(counter, key, out);
    dropout.p = out[2] * 0x1p-32; /* the largest that keeps it */
    const double scale = (double)(float)(1 / (1 - dropout.p));
    assert_true(reference_drop(&dropout, SRNN_DTYPE_FLOAT32, 1, 2, 5, 3, 6) ==
                scale);
    dropout.p = (out[2] + 0.5) * 0x1p-32;
    assert_true(reference_drop(&dropout, SRNN_DTYPE_FLOAT32, 1, 2, 5, 3, 6) ==
                0);
    dropout.first_row += INT64_C(1) << 32;
    dropout.p = out[2] * 0x1p-32;
    assert_true(reference_drop(&dropout, SRNN_DTYPE_FLOAT32, 1, 2, 5, 3, 6) ==
                scale);
}

static void test_reference_rules__dropout_keeps_the_rest_of_p(void **state)
{
    (void)state;
    for (int eighths = 0; eighths <= 8; eighths++) {
        const reference_dropout dropout = {eighths / 8.0, 1, 0, 0};
        int kept = 0;
        for (int i = 0; i < 8000; i++)
            kept += reference_drop(&dropout, SRNN_DTYPE_FLOAT64, 1, 0, i / 10,
                                   0, i % 10) != 0;
        assert_true(abs(kept - 1000 * (8 - eighths)) <
                    (eighths % 8 == 0 ? 1 : 150));
    }
}

static void put_parameter(srnn_rnn *rnn, const char *name, const double *values)
{
    srnn_tensor *value = NULL;
    EXPECT_SUCCESS(srnn_rnn_copy_parameter(&value, rnn, name));
    for (int64_t i = 0; i < srnn_tensor_size(value); i++)
        element_put(srnn_tensor_data(value), srnn_tensor_dtype(value), i,
                    values[i]);
    EXPECT_SUCCESS(srnn_rnn_set_parameter(rnn, name, value));
    srnn_tensor_destroy(value);
}

/* One number of state, and the identity: dg is d_output. */
static recorded make_sum(srnn_direction direction, srnn_dtype dtype, int64_t T,
                         int64_t B)
{
    static const double zero;
    recorded c =
        recorded_make(&(small_rnn){.I = 1,
                                   .H = 1,
                                   .direction = direction,
                                   .dtype = dtype,
                                   .nonlinearity = SRNN_NONLINEARITY_IDENTITY},
                      T, B);
    put_parameter(c.rnn,
                  direction == SRNN_DIRECTION_REVERSE ? "weight_hh_l0_reverse"
                                                      : "weight_hh_l0",
                  &zero);
    return c;
}

/* Of the bias, which starts from `before`. */
static double sum_of(const recorded *c, bool adds, double before)
{
    recorded_gradients g = recorded_gradients_make(c->rnn, c->r.T, c->r.B);
    g.out.parameters = g.parameters;
    g.parameters[2][0] = g.parameters[3][0] = before;
    reference_backward(c->rnn, &c->r, &g.out, adds);
    const double sum = g.parameters[2][0];
    assert_true(g.parameters[3][0] == sum || isnan(sum));
    recorded_gradients_free(&g);
    return sum;
}

/* Three gradients of which the first is 1 and the others HALF, and their sums
 * in both directions: 1 if 1 comes first, else 1 + 2 * HALF. */
typedef struct {
    int64_t T, B;
    int64_t rows[3];     /* t * B + b */
    int64_t short_until; /* these rows of the batch have one step only */
    double forward, reverse;
} order;

static void check_order(const order *o)
{
    static const double values[3] = {1, HALF, HALF};
    for (srnn_direction direction = SRNN_DIRECTION_FORWARD;
         direction <= SRNN_DIRECTION_REVERSE; direction++) {
        if (direction == SRNN_DIRECTION_BIDIRECTIONAL)
            continue;
        recorded c = make_sum(direction, SRNN_DTYPE_FLOAT32, o->T, o->B);
        for (int i = 0; i < 3; i++)
            c.d_output[o->rows[i]] = values[i];
        for (int64_t b = 0; b < o->short_until; b++)
            c.lengths[b] = 1;
        assert_true(
            sum_of(&c, false, 5) ==
            (direction == SRNN_DIRECTION_FORWARD ? o->forward : o->reverse));
        recorded_free(&c);
    }
}

static void test_reference_rules__rows_are_added_in_order(void **state)
{
    static const double early = 1, late = 1 + 2 * HALF;
    const order orders[] = {
        {3, 512, {0, 512, 1024}, 0, late, early}, /* three blocks */
        {3, 257, {0, 257, 514}, 0, late, early},
        {3, 256, {0, 256, 512}, 0, early, early}, /* steps 0 and 1 are one */
        {3, 256, {512, 0, 256}, 0, late, late},
        {3, 4, {0, 4, 8}, 0, early, early}, /* one block: t up */
        {3, 4, {8, 0, 4}, 0, late, late},
        {2, 4, {0, 1, 2}, 0, early, early}, /* b up */
        {2, 4, {2, 0, 1}, 0, late, late},
        {2, 4, {0, 1, 2}, 1, late, late}, /* the short one comes last */
        {1, 1025, {0, 512, 1024}, 0, late, early}, /* three pieces */
        {2, 1025, {0, 511, 512}, 0, early, early},
        /* row 0 is in the last piece */
        {2, 1025, {0, 511, 512}, 1, late, late},
    };
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        check_order(&orders[i]);
}

static void test_reference_rules__blocks_are_added_to_what_is_there(void **s)
{
    recorded c = make_sum(SRNN_DIRECTION_FORWARD, SRNN_DTYPE_FLOAT32, 2, 1);
    (void)s;
    c.d_output[0] = c.d_output[1] = HALF;
    assert_true(sum_of(&c, true, 1) == 1 + 2 * HALF); /* one block */
    recorded_free(&c);
    c = make_sum(SRNN_DIRECTION_FORWARD, SRNN_DTYPE_FLOAT32, 2, 512);
    c.d_output[0] = c.d_output[512] = HALF;
    assert_true(sum_of(&c, true, 1) == 1);
    c.r.lengths = NULL;
    assert_true(sum_of(&c, false, 1) == 2 * HALF);
    recorded_free(&c);
}

static void check_flush(srnn_dtype dtype, double tiny)
{
    recorded c = make_sum(SRNN_DIRECTION_FORWARD, dtype, 1, 1);
    const double below = tiny * (1 - HALF);
    for (int sign = -1; sign <= 1; sign += 2) {
        c.r.keeps_subnormals = false;
        *c.d_output = sign * tiny;
        assert_true(sum_of(&c, false, 0) == sign * tiny);
        *c.d_output = sign * below;
        assert_true(sum_of(&c, false, 0) == 0);
        c.r.keeps_subnormals = true;
        assert_true(sum_of(&c, false, 0) == sign * below);
    }
    c.r.keeps_subnormals = false;
    *c.d_output = (double)NAN;
    assert_true(isnan(sum_of(&c, false, 0)));
    recorded_free(&c);
}

static void test_reference_rules__tiny_gradients_are_flushed(void **state)
{
    (void)state;
    check_flush(SRNN_DTYPE_FLOAT32, 0x1p-100);
    check_flush(SRNN_DTYPE_FLOAT64, 0x1p-960);
}

/* One row of H numbers of state, and the identity. */
static recorded make_row(srnn_direction direction, int64_t H, int64_t T)
{
    return recorded_make(
        &(small_rnn){.I = 1,
                     .H = H,
                     .direction = direction,
                     .nonlinearity = SRNN_NONLINEARITY_IDENTITY},
        T, 1);
}

/* A chain that started from d_output would give 1. */
static void test_reference_rules__dh_is_a_sum_of_its_own(void **state)
{
    static const double column[] = {HALF, 0, HALF, 0};
    recorded c = make_row(SRNN_DIRECTION_FORWARD, 2, 2);
    recorded_gradients g = recorded_gradients_make(c.rnn, 2, 1);
    static const double d_output[] = {1, 0, 1, 1};
    (void)state;
    g.out.parameters = g.parameters;
    memcpy(c.d_output, d_output, sizeof d_output);
    put_parameter(c.rnn, "weight_hh_l0", column);
    put_parameter(c.rnn, "weight_ih_l0", (const double[]){1, 0});
    reference_backward(c.rnn, &c.r, &g.out, false);
    assert_true(g.out.d_input[0] == 1 + 2 * HALF);
    assert_true(g.out.d_input[1] == 1);
    recorded_gradients_free(&g);
    recorded_free(&c);
}

/* Two products added, or the reverse one first, would give 1. That shows with
 * two segments, of two numbers each. */
static void test_reference_rules__reverse_continues_the_sum(void **state)
{
    recorded c = make_row(SRNN_DIRECTION_BIDIRECTIONAL, 4, 1);
    recorded_gradients g = recorded_gradients_make(c.rnn, 1, 1);
    (void)state;
    g.out.parameters = g.parameters;
    for (int i = 0; i < 8; i++)
        c.d_output[i] = 1;
    put_parameter(c.rnn, "weight_ih_l0", (const double[]){HALF, 0, 0, 0});
    put_parameter(c.rnn, "weight_ih_l0_reverse",
                  (const double[]){HALF, 0, 1, 0});
    reference_backward(c.rnn, &c.r, &g.out, false);
    assert_true(g.out.d_input[0] == 1 + 2 * HALF);
    recorded_gradients_free(&g);
    recorded_free(&c);
}

static void test_reference_rules__shared_states_are_summed_in_double(void **s)
{
    recorded c = make_sum(SRNN_DIRECTION_FORWARD, SRNN_DTYPE_FLOAT32, 0, 3);
    const double rows[3] = {1, HALF, HALF};
    double shared = 5;
    (void)s;
    reference_share(c.rnn, 3, rows, &shared);
    assert_true(shared == 1 + 2 * HALF);
    reference_share(c.rnn, 2, rows, &shared);
    assert_true(shared == 1);
    reference_share(c.rnn, 0, rows, &shared);
    assert_true(shared == 0);
    recorded_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_rules__philox_gives_the_known_answers),
        cmocka_unit_test(test_reference_rules__dropout_follows_the_counter),
        cmocka_unit_test(test_reference_rules__dropout_keeps_the_rest_of_p),
        cmocka_unit_test(test_reference_rules__rows_are_added_in_order),
        cmocka_unit_test(
            test_reference_rules__blocks_are_added_to_what_is_there),
        cmocka_unit_test(test_reference_rules__tiny_gradients_are_flushed),
        cmocka_unit_test(test_reference_rules__dh_is_a_sum_of_its_own),
        cmocka_unit_test(test_reference_rules__reverse_continues_the_sum),
        cmocka_unit_test(
            test_reference_rules__shared_states_are_summed_in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
