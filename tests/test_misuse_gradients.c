/* SPDX-License-Identifier: MIT */
/* The rules of gradients.h. The rnn of the rows has I=3, H=2, L=1: P is 14. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* Where things lie, in bytes of misuse_memory. */
enum { NUMBER = 1024, FIRST = 2048, SECOND = 3072, SPARE = 4096 };

enum { I = 3, H = 2, P = H * (I + H + 2) };

static srnn_rnn *rnn;
static srnn_gradients *first, *second; /* over misuse_memory */

static float *values_at(size_t byte)
{
    return (float *)(void *)(misuse_memory + byte);
}

static double *norm_at(void)
{
    return (double *)(void *)(misuse_memory + NUMBER);
}

static int create(void **state)
{
    (void)state;
    misuse_fill();
    rnn = small_rnn_create(&(small_rnn){.I = I, .H = H});
    expect_success("first", srnn_gradients_wrap(&first, rnn, values_at(FIRST)));
    expect_success("second",
                   srnn_gradients_wrap(&second, rnn, values_at(SECOND)));
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_gradients_destroy(first);
    srnn_gradients_destroy(second);
    srnn_rnn_destroy(rnn);
    return 0;
}

static void test_misuse_gradients__create(void **state)
{
    (void)state;
    float *const data = values_at(SPARE);
    void *const own = (void *)srnn_rnn_parameter_data(rnn, 0);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_gradients_create(NULL, rnn));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_gradients_create(&made.gradients, other));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_gradients_wrap(NULL, rnn, data));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_gradients_wrap(&made.gradients, other, data));
    REFUSE(SRNN_ERROR_INVALID, "data is NULL",
           srnn_gradients_wrap(&made.gradients, rnn, NULL));
    for (int byte = 1; byte < (int)sizeof(float); byte++)
        REFUSE(SRNN_ERROR_INVALID,
               "data is at 0x..., which is not a multiple of 4 bytes",
               srnn_gradients_wrap(&made.gradients, rnn,
                                   misuse_memory + SPARE + byte));
    REFUSE(SRNN_ERROR_ALIAS, "data at 0x...the parameters of the rnn at 0x",
           srnn_gradients_wrap(&made.gradients, rnn, own));
    REFUSE(SRNN_ERROR_ALIAS, "data at 0x...the parameters of the rnn at 0x",
           srnn_gradients_wrap(&made.gradients, rnn, (float *)own + P - 1));
    ACCEPT(srnn_gradients_wrap(&made.gradients, rnn, data));
    srnn_gradients_destroy(made.gradients);
    ACCEPT(srnn_gradients_create(&made.gradients, rnn));
    srnn_gradients_destroy(made.gradients);
    NOTHING(srnn_gradients_destroy(NULL));
}

/* A tensor of the caller as a parameter: contiguous, writable, of reals. */
static void test_misuse_gradients__create_tensor(void **state)
{
    (void)state;
    srnn_tensor *const value = view(SPARE, F32, SHAPE(2, 1, 3));
    srnn_tensor *const spread =
        view_strided(SPARE, F32, SHAPE(2, 3), LIST(6, 1));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_gradients_create_tensor(NULL, value, "h0"));
    REFUSE_HANDLES(other, "tensor", "value",
                   srnn_gradients_create_tensor(&made.gradients, other, "h0"));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_gradients_create_tensor(&made.gradients, value, NULL));
    REFUSE(SRNN_ERROR_INVALID, "name is empty",
           srnn_gradients_create_tensor(&made.gradients, value, ""));
    REFUSE(SRNN_ERROR_INVALID, "name is not valid UTF-8",
           srnn_gradients_create_tensor(&made.gradients, value, "h\xff"));
    REFUSE(SRNN_ERROR_RANGE, "the length of name is 32, expected 1 to 31",
           srnn_gradients_create_tensor(&made.gradients, value,
                                        "_name_with_more_than_31_bytes_xx"));
    REFUSE(SRNN_ERROR_SHAPE, "value has no elements",
           srnn_gradients_create_tensor(&made.gradients,
                                        view(SPARE, F32, SHAPE(2, 0)), "h0"));
    REFUSE(SRNN_ERROR_DTYPE, "value",
           srnn_gradients_create_tensor(&made.gradients,
                                        view(SPARE, I64, SHAPE(2)), "h0"));
    REFUSE(SRNN_ERROR_STATE, "value is a read-only tensor",
           srnn_gradients_create_tensor(
               &made.gradients, view_const(SPARE, F32, SHAPE(2)), "h0"));
    REFUSE(SRNN_ERROR_STATE, "value is not contiguous",
           srnn_gradients_create_tensor(&made.gradients, spread, "h0"));
    if (MISUSE_HAS_64_BITS)
        REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
               srnn_gradients_create_tensor(
                   &made.gradients,
                   view_nowhere(F64, SHAPE((INT64_C(1) << 60) - 1)), "h0"));
    ACCEPT(srnn_gradients_create_tensor(&made.gradients, value,
                                        "a_name_with_more_than_30_bytes_"));
    srnn_gradients *const learned = made.gradients;
    ANSWER(NULL, srnn_gradients_rnn(learned));
    ANSWER(NULL, srnn_gradients_tensor(learned, "h0"));
    REFUSE(SRNN_ERROR_NOT_FOUND,
           "no parameter is named \"h0\"; the only one is "
           "\"a_name_with_more_than_30_bytes_\"",
           srnn_gradients_set_trained(learned, "h0", 0));
    srnn_gradients_destroy(learned);
}

/* A name of the caller is quoted. */
static void test_misuse_gradients__names_in_messages(void **state)
{
    (void)state;
    srnn_tensor *const value = view(SPARE, F32, SHAPE(2));
    srnn_gradients *named = NULL;
    double norm = 0;
    expect_success("named",
                   srnn_gradients_create_tensor(&named, value, "a\n\xc3\xa4"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "the only one is \"a\\x0a\\xc3\\xa4\"",
           srnn_gradients_set_trained(named, "h0", 0));
    *(float *)srnn_tensor_data(srnn_gradients_flat(named)) = NAN;
    REFUSE(SRNN_ERROR_NOT_FINITE, "the gradient of \"a\\x0a\\xc3\\xa4\" in",
           srnn_gradients_norm(&norm, &named, 1));
    srnn_gradients_destroy(named);
}

/* Names that no parameter has. */
static const char *const strangers[] = {
    "",          "weight_ih_l1", "weight_ih_l0_reverse",
    "weight_ih", "Weight_ih_l0", "weight_ih_l0 ",
    "weight\n"};

static void test_misuse_gradients__accessors(void **state)
{
    (void)state;
    ANSWER_OTHERS(other, "gradients", NULL, srnn_gradients_rnn(other));
    ANSWER_OTHERS(other, "gradients", NULL, srnn_gradients_flat(other));
    ANSWER_OTHERS(other, "gradients", NULL,
                  srnn_gradients_tensor(other, "bias_hh_l0"));
    ANSWER_OTHERS(other, "gradients", 0,
                  srnn_gradients_is_trained(other, "bias_hh_l0"));
    ANSWER(NULL, srnn_gradients_tensor(first, NULL));
    ANSWER(0, srnn_gradients_is_trained(first, NULL));
    for (size_t i = 0; i < MISUSE_COUNT(strangers); i++) {
        ANSWER(NULL, srnn_gradients_tensor(first, strangers[i]));
        ANSWER(0, srnn_gradients_is_trained(first, strangers[i]));
    }
    ANSWER(rnn, srnn_gradients_rnn(first));
    ANSWER(true, srnn_gradients_flat(first) != NULL);
    ANSWER(true, srnn_gradients_tensor(first, "bias_hh_l0") != NULL);
    ANSWER(1, srnn_gradients_is_trained(first, "bias_hh_l0"));
}

/* What is lent stays where it is. */
static void test_misuse_gradients__tensors_are_fixed(void **state)
{
    (void)state;
    static const char says[] = "tensor owns its memory or is borrowed";
    float *const data = values_at(SPARE);
    srnn_tensor *const flat = srnn_gradients_flat(first);
    srnn_tensor *const bias = srnn_gradients_tensor(first, "bias_ih_l0");
    REFUSE(SRNN_ERROR_STATE, says,
           srnn_tensor_rewrap(flat, data, F32, SHAPE(P), NULL));
    REFUSE(SRNN_ERROR_STATE, says,
           srnn_tensor_rewrap_const(bias, data, F32, SHAPE(H), NULL));
}

static void test_misuse_gradients__set_trained(void **state)
{
    (void)state;
    static const char name[] = "weight_hh_l0";
    static const int32_t wrong[] = {-1, 2, INT32_MAX, INT32_MIN};
    REFUSE_HANDLES(other, "gradients", "gradients",
                   srnn_gradients_set_trained(other, name, 0));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_gradients_set_trained(first, NULL, 0));
    for (size_t i = 0; i < MISUSE_COUNT(strangers); i++)
        REFUSE(SRNN_ERROR_NOT_FOUND,
               "no parameter is named \"...\"; the 4 names go from "
               "weight_ih_l0 to bias_hh_l0",
               srnn_gradients_set_trained(first, strangers[i], 0));
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++)
        REFUSE(SRNN_ERROR_RANGE, "trained is ..., expected 0 to 1",
               srnn_gradients_set_trained(first, name, wrong[i]));
    ANSWER(1, srnn_gradients_is_trained(first, name));
    ACCEPT(srnn_gradients_set_trained(first, name, 0));
    ANSWER(0, srnn_gradients_is_trained(first, name));
    ANSWER(1, srnn_gradients_is_trained(second, name));
    ACCEPT(srnn_gradients_set_trained(first, name, 0));
    ACCEPT(srnn_gradients_set_trained(first, name, 1));
    ANSWER(1, srnn_gradients_is_trained(first, name));
}

/* A list that each of the four functions refuses. */
static void refuse_list(srnn_status status, const char *says,
                        srnn_gradients *const *list, int64_t count)
{
    double *const norm = norm_at();
    REFUSE(status, says, srnn_gradients_scale(list, count, 0.5));
    REFUSE(status, says, srnn_gradients_norm(norm, list, count));
    REFUSE(status, says, srnn_gradients_clip_norm(norm, list, count, 0.5));
    REFUSE(status, says, srnn_gradients_clip_value(list, count, 0.5));
}

static void test_misuse_gradients__lists(void **state)
{
    (void)state;
    srnn_gradients *list[] = {first, second, first};
    static const int64_t counts[] = {0, -1, INT64_MIN};
    refuse_list(SRNN_ERROR_INVALID, "list is NULL", NULL, 1);
    for (size_t i = 0; i < MISUSE_COUNT(counts); i++)
        refuse_list(SRNN_ERROR_RANGE, "count is ..., expected at least 1", list,
                    counts[i]);
    refuse_list(SRNN_ERROR_INVALID,
                "list[0] and list[2] are the same gradients", list, 3);
    for (int i = -1; i < MISUSE_KINDS; i++) {
        list[1] = misuse_handle(i);
        if (i < 0)
            refuse_list(SRNN_ERROR_INVALID, "list[1] is NULL", list, 2);
        else if (!misuse_is_kind(i, "gradients"))
            refuse_list(SRNN_ERROR_INVALID,
                        "list[1] is an srnn_..., expected an srnn_gradients",
                        list, 2);
    }
}

/* Others over the same memory, or over a part of it. */
static void test_misuse_gradients__lists_that_overlap(void **state)
{
    (void)state;
    const int offsets[] = {0, 1, P - 1};
    for (size_t i = 0; i < MISUSE_COUNT(offsets); i++) {
        srnn_gradients *list[] = {second, first, NULL};
        expect_success(
            "other",
            srnn_gradients_wrap(&list[2], rnn, values_at(FIRST) + offsets[i]));
        refuse_list(SRNN_ERROR_ALIAS,
                    "the memory of list[1] at 0x...overlaps the memory of "
                    "list[2] at 0x",
                    list, 3);
        srnn_gradients_destroy(list[2]);
    }
    srnn_gradients *list[] = {first, NULL};
    expect_success("beside",
                   srnn_gradients_wrap(&list[1], rnn, values_at(FIRST) + P));
    ACCEPT(srnn_gradients_scale(list, 2, 0.5));
    srnn_gradients_destroy(list[1]);
}

static void test_misuse_gradients__numbers(void **state)
{
    (void)state;
    srnn_gradients *const list[] = {first, second};
    double *const norm = norm_at();
    static const double wrong[] = {-1, -1e-300, -INFINITY, NAN};
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++) {
        REFUSE(SRNN_ERROR_RANGE, "factor is ..., expected 0 or above, and",
               srnn_gradients_scale(list, 2, wrong[i]));
        REFUSE(SRNN_ERROR_RANGE, "maximum is ..., expected 0 or above",
               srnn_gradients_clip_norm(norm, list, 2, wrong[i]));
        REFUSE(SRNN_ERROR_RANGE, "maximum is ..., expected 0 or above",
               srnn_gradients_clip_value(list, 2, wrong[i]));
    }
    REFUSE(SRNN_ERROR_RANGE, "factor is inf, expected 0 or above, and finite",
           srnn_gradients_scale(list, 2, INFINITY));
    REFUSE(SRNN_ERROR_INVALID, "norm is NULL",
           srnn_gradients_norm(NULL, list, 2));
    REFUSE(SRNN_ERROR_INVALID, "norm is NULL",
           srnn_gradients_clip_norm(NULL, list, 2, 1));
    ACCEPT(srnn_gradients_scale(list, 2, -0.0));
    ACCEPT(srnn_gradients_norm(norm, list, 2));
    ACCEPT(srnn_gradients_clip_norm(norm, list, 2, INFINITY));
    ACCEPT(srnn_gradients_clip_norm(norm, list, 2, 0));
    ACCEPT(srnn_gradients_clip_value(list, 2, INFINITY));
    ACCEPT(srnn_gradients_clip_value(list, 2, 0));
}

/* The norm is the only thing that is written. */
static void test_misuse_gradients__not_finite(void **state)
{
    (void)state;
    static const float values[] = {NAN, INFINITY, -INFINITY};
    static const char says[] =
        "the gradient of \"bias_ih_l0\" in list[1] has a "
        "value that is NaN or infinite";
    srnn_gradients *const list[] = {first, second};
    double norm = 0;
    for (size_t i = 0; i < MISUSE_COUNT(values); i++) {
        const double wanted = fabs((double)values[i]);
        values_at(SECOND)[H * (I + H)] = values[i];
        values_at(SECOND)[P - 1] = NAN; /* of one that comes later */
        REFUSE(SRNN_ERROR_NOT_FINITE, says,
               srnn_gradients_norm(&norm, list, 2));
        assert_true(isnan(norm));
        values_at(SECOND)[P - 1] = INFINITY;
        REFUSE(SRNN_ERROR_NOT_FINITE, says,
               srnn_gradients_norm(&norm, list, 2));
        assert_true(norm == wanted || (isnan(norm) && isnan(wanted)));
        values_at(SECOND)[P - 1] = 1;
        REFUSE(SRNN_ERROR_NOT_FINITE, says,
               srnn_gradients_norm(&norm, list, 2));
        assert_true(norm == wanted || (isnan(norm) && isnan(wanted)));
        norm = 0;
        REFUSE(SRNN_ERROR_NOT_FINITE, says,
               srnn_gradients_clip_norm(&norm, list, 2, 0.5));
        assert_true(norm == wanted || (isnan(norm) && isnan(wanted)));
        REFUSE(SRNN_ERROR_NOT_FINITE, says,
               srnn_gradients_clip_value(list, 2, 0.5));
    }
    ACCEPT(srnn_gradients_set_trained(second, "bias_ih_l0", 0));
    ACCEPT(srnn_gradients_clip_norm(&norm, list, 2, 0.5));
}

static void test_misuse_gradients__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("gradients.h", NULL);
    misuse_covers_statuses("srnn_gradients_",
                           ELSEWHERE("srnn_gradients_create_linear"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_misuse_gradients__create),
        TEST(test_misuse_gradients__create_tensor),
        TEST(test_misuse_gradients__names_in_messages),
        TEST(test_misuse_gradients__accessors),
        TEST(test_misuse_gradients__tensors_are_fixed),
        TEST(test_misuse_gradients__set_trained),
        TEST(test_misuse_gradients__lists),
        TEST(test_misuse_gradients__lists_that_overlap),
        TEST(test_misuse_gradients__numbers),
        TEST(test_misuse_gradients__not_finite),
        cmocka_unit_test(test_misuse_gradients__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
