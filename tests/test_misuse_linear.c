/* SPDX-License-Identifier: MIT */
/* The rules of linear.h. The layer of the rows reads I=3 features and gives
 * O=2, in float32: P is 8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

enum { T = 5, I = 3, O = 2, P = O * (I + 1) };

/* Where things lie, in bytes of misuse_memory. */
enum {
    INPUT = 1024,
    OUTPUT = 2048,
    D_OUTPUT = 3072,
    D_INPUT = 4096,
    VALUE = 5120
};

static srnn_linear *linear, *without_bias, *wide;
static srnn_rnn *rnn;
static srnn_context *context;
static srnn_gradients *gradients, *of_wide, *of_rnn;
static srnn_tensor *input, *output, *d_output, *d_input;

static int create(void **state)
{
    (void)state;
    misuse_fill();
    EXPECT_SUCCESS(srnn_linear_create(&linear, F32, I, O, 1, 1));
    EXPECT_SUCCESS(srnn_linear_create(&without_bias, F32, I, O, 0, 1));
    EXPECT_SUCCESS(srnn_linear_create(&wide, F64, I, O, 1, 1));
    rnn = small_rnn_create(&(small_rnn){.I = 7, .H = 4});
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&of_wide, wide));
    EXPECT_SUCCESS(srnn_gradients_create(&of_rnn, rnn));
    input = view(INPUT, F32, SHAPE(T, I));
    output = view(OUTPUT, F32, SHAPE(T, O));
    d_output = view(D_OUTPUT, F32, SHAPE(T, O));
    d_input = view(D_INPUT, F32, SHAPE(T, I));
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_gradients_destroy(gradients);
    srnn_gradients_destroy(of_wide);
    srnn_gradients_destroy(of_rnn);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    srnn_linear_destroy(linear);
    srnn_linear_destroy(without_bias);
    srnn_linear_destroy(wide);
    return 0;
}

static void test_misuse_linear__create(void **state)
{
    (void)state;
    static const int64_t wrong[] = {0, -1, SRNN_MAX_SIZE + INT64_C(1),
                                    INT64_MAX, INT64_MIN};
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_linear_create(NULL, F32, I, O, 1, 1));
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++) {
        REFUSE(SRNN_ERROR_RANGE, "in_features is ..., expected 1 to ",
               srnn_linear_create(&made.linear, F32, wrong[i], O, 1, 1));
        REFUSE(SRNN_ERROR_RANGE, "out_features is ..., expected 1 to ",
               srnn_linear_create(&made.linear, F32, I, wrong[i], 1, 1));
    }
    REFUSE(SRNN_ERROR_RANGE, "bias is 2, expected 0 to 1",
           srnn_linear_create(&made.linear, F32, I, O, 2, 1));
    REFUSE(SRNN_ERROR_RANGE, "bias is -1, expected 0 to 1",
           srnn_linear_create(&made.linear, F32, I, O, -1, 1));
    REFUSE(SRNN_ERROR_DTYPE, "dtype is int64",
           srnn_linear_create(&made.linear, I64, I, O, 1, 1));
    REFUSE(SRNN_ERROR_DTYPE, "dtype is uint8",
           srnn_linear_create(&made.linear, U8, I, O, 1, 1));
    REFUSE(SRNN_ERROR_INVALID, "dtype is 0, expected SRNN_DTYPE_FLOAT32",
           srnn_linear_create(&made.linear, 0, I, O, 1, 1));
    REFUSE(
        SRNN_ERROR_INVALID, "dtype is SRNN_DIRECTION_FORWARD, expected",
        srnn_linear_create(&made.linear, SRNN_DIRECTION_FORWARD, I, O, 1, 1));
    REFUSE(SRNN_ERROR_OVERFLOW, "the parameters of the linear layer",
           srnn_linear_create(&made.linear, F64, SRNN_MAX_SIZE, SRNN_MAX_SIZE,
                              1, 1));
    ACCEPT(srnn_linear_create(&made.linear, F64, I, O, 0, UINT64_MAX));
    srnn_linear_destroy(made.linear);
    NOTHING(srnn_linear_destroy(NULL));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_gradients_create_linear(NULL, linear));
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_gradients_create_linear(&made.gradients, other));
    ACCEPT(srnn_gradients_create_linear(&made.gradients, linear));
    srnn_gradients_destroy(made.gradients);
}

static void test_misuse_linear__questions(void **state)
{
    (void)state;
    ANSWER_OTHERS(other, "linear", 0, srnn_linear_dtype(other));
    ANSWER_OTHERS(other, "linear", 0, srnn_linear_in_features(other));
    ANSWER_OTHERS(other, "linear", 0, srnn_linear_out_features(other));
    ANSWER_OTHERS(other, "linear", 0, srnn_linear_has_bias(other));
    ANSWER_OTHERS(other, "linear", 0, srnn_linear_flat_size(other));
    ANSWER(F32, srnn_linear_dtype(linear));
    ANSWER(F64, srnn_linear_dtype(wide));
    ANSWER(I, srnn_linear_in_features(linear));
    ANSWER(O, srnn_linear_out_features(linear));
    ANSWER(1, srnn_linear_has_bias(linear));
    ANSWER(0, srnn_linear_has_bias(without_bias));
    ANSWER(P, srnn_linear_flat_size(linear));
    ANSWER(P - O, srnn_linear_flat_size(without_bias));
    ANSWER(NULL, srnn_gradients_rnn(gradients));
}

static void test_misuse_linear__parameters(void **state)
{
    (void)state;
    static const char *const strangers[] = {"", "Weight", "weight ", "bias_ih"};
    srnn_tensor *const weight = view(VALUE, F32, SHAPE(O, I));
    srnn_tensor *const bias = view(VALUE, F32, SHAPE(O));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_linear_copy_parameter(NULL, linear, "bias"));
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_linear_copy_parameter(&made.tensor, other, "bias"));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_linear_copy_parameter(&made.tensor, linear, NULL));
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_linear_set_parameter(other, "bias", bias));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_linear_set_parameter(linear, NULL, bias));
    REFUSE_HANDLES(other, "tensor", "value",
                   srnn_linear_set_parameter(linear, "bias", other));
    for (size_t i = 0; i < MISUSE_COUNT(strangers); i++) {
        REFUSE(SRNN_ERROR_NOT_FOUND,
               "no parameter is named \"...\"; the 2 names go from weight to "
               "bias",
               srnn_linear_copy_parameter(&made.tensor, linear, strangers[i]));
        REFUSE(SRNN_ERROR_NOT_FOUND, "no parameter is named ",
               srnn_linear_set_parameter(linear, strangers[i], weight));
    }
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"bias\"; the only one is \"weight\"",
           srnn_linear_set_parameter(without_bias, "bias", bias));
    REFUSE(SRNN_ERROR_SHAPE,
           "value is [3, 2]; weight needs [out_features=2, in_features=3]",
           srnn_linear_set_parameter(linear, "weight",
                                     view(VALUE, F32, SHAPE(I, O))));
    REFUSE(SRNN_ERROR_SHAPE, "value is [2, 3]; bias needs [out_features=2]",
           srnn_linear_set_parameter(linear, "bias", weight));
    REFUSE(SRNN_ERROR_DTYPE, "value is float32; the linear layer is float64",
           srnn_linear_set_parameter(wide, "bias", bias));
    ACCEPT(srnn_linear_set_parameter(linear, "weight", weight));
    ACCEPT(srnn_linear_copy_parameter(&made.tensor, linear, "weight"));
    srnn_tensor_destroy(made.tensor);
}

static void test_misuse_linear__flat(void **state)
{
    (void)state;
    srnn_tensor *const values = view(VALUE, F32, SHAPE(P));
    srnn_tensor *const shorter = view(VALUE, F32, SHAPE(P - 1));
    srnn_tensor *const doubles = view(VALUE, F64, SHAPE(P));
    static const char says[] = "values is [7]; a linear layer from 3 to 2 "
                               "features needs [flat_size=8]";
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_linear_get_flat(other, values));
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_linear_set_flat(other, values));
    REFUSE_HANDLES(other, "tensor", "values",
                   srnn_linear_get_flat(linear, other));
    REFUSE_HANDLES(other, "tensor", "values",
                   srnn_linear_set_flat(linear, other));
    REFUSE(SRNN_ERROR_SHAPE, says, srnn_linear_get_flat(linear, shorter));
    REFUSE(SRNN_ERROR_SHAPE, says, srnn_linear_set_flat(linear, shorter));
    REFUSE(SRNN_ERROR_DTYPE, "values is float64; the linear layer is float32",
           srnn_linear_get_flat(linear, doubles));
    REFUSE(SRNN_ERROR_DTYPE, "values is float64; the linear layer is float32",
           srnn_linear_set_flat(linear, doubles));
    REFUSE(SRNN_ERROR_STATE, "values is a read-only tensor",
           srnn_linear_get_flat(linear, view_const(VALUE, F32, SHAPE(P))));
    ACCEPT(srnn_linear_set_flat(linear, view_const(VALUE, F32, SHAPE(P))));
    ACCEPT(srnn_linear_get_flat(linear, values));
}

/* The context is of an rnn with other sizes. */
static void test_misuse_linear__forward(void **state)
{
    (void)state;
    enum { IN, OUT };
    const misuse_row rows[] = {
        {IN, view(INPUT, F32, SHAPE(T, I + 1)), SRNN_ERROR_SHAPE,
         "input is [5, 4]; a linear layer from 3 to 2 features needs [..., "
         "in_features=3]"},
        {IN, view(INPUT, F32, SHAPE(I, 0)), SRNN_ERROR_SHAPE,
         "input is [3, 0]; a linear layer"},
        {IN, view(INPUT, F32, 0, NULL), SRNN_ERROR_SHAPE,
         "input is []; a linear layer"},
        {IN, view(INPUT, F64, SHAPE(T, I)), SRNN_ERROR_DTYPE,
         "input is float64; the linear layer is float32"},
        {IN, view(INPUT, F32, SHAPE(1, T, I)), SRNN_ERROR_SHAPE,
         "output is [5, 2]; with an input of [1, 5, 3], a linear layer from 3 "
         "to 2 features needs [1, 5, 2]"},
        {OUT, view(OUTPUT, F32, SHAPE(T, I)), SRNN_ERROR_SHAPE,
         "output is [5, 3]; with an input of [5, 3], a linear layer from 3 to "
         "2 features needs [5, 2]"},
        {OUT, view(OUTPUT, F32, SHAPE(T * O)), SRNN_ERROR_SHAPE,
         "output is [10]; with"},
        {OUT, view(OUTPUT, F64, SHAPE(T, O)), SRNN_ERROR_DTYPE,
         "output is float64; the linear layer is float32"},
        {OUT, view_const(OUTPUT, F32, SHAPE(T, O)), SRNN_ERROR_STATE,
         "output is a read-only tensor"},
        {OUT, view(INPUT + 8, F32, SHAPE(T, O)), SRNN_ERROR_ALIAS,
         "output at 0x...overlaps the memory of input"},
    };
    for (int with_context = 0; with_context < 2; with_context++) {
        srnn_context *const own = with_context == 0 ? NULL : context;
        for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
            srnn_tensor *all[] = {input, output};
            all[rows[i].argument] = rows[i].tensor;
            REFUSE(rows[i].status, rows[i].says,
                   srnn_linear_forward(linear, own, all[IN], all[OUT]));
        }
        REFUSE_HANDLES(other, "linear", "linear",
                       srnn_linear_forward(other, own, input, output));
        REFUSE_HANDLES(other, "tensor", "input",
                       srnn_linear_forward(linear, own, other, output));
        REFUSE_HANDLES(other, "tensor", "output",
                       srnn_linear_forward(linear, own, input, other));
        ACCEPT(srnn_linear_forward(linear, own, input, output));
    }
    REFUSE_OTHERS(other, "context", "context",
                  srnn_linear_forward(linear, other, input, output));
}

static void test_misuse_linear__backward_tensors(void **state)
{
    (void)state;
    enum { IN, D_OUT, D_IN };
    srnn_tensor *const flat = srnn_gradients_flat(gradients);
    const misuse_row rows[] = {
        {IN, view(INPUT, F32, SHAPE(T, O)), SRNN_ERROR_SHAPE,
         "input is [5, 2]; a linear layer from 3 to 2 features needs [..., "
         "in_features=3]"},
        {IN, view(INPUT, F64, SHAPE(T, I)), SRNN_ERROR_DTYPE,
         "input is float64; the linear layer is float32"},
        {D_OUT, view(D_OUTPUT, F32, SHAPE(T, I)), SRNN_ERROR_SHAPE,
         "d_output is [5, 3]; with an input of [5, 3], a linear layer from 3 "
         "to 2 features needs [5, 2]"},
        {D_OUT, view(D_OUTPUT, F64, SHAPE(T, O)), SRNN_ERROR_DTYPE,
         "d_output is float64; the linear layer is float32"},
        {D_IN, view(D_INPUT, F32, SHAPE(I, T)), SRNN_ERROR_SHAPE,
         "d_input is [3, 5]; with an input of [5, 3], a linear layer from 3 "
         "to 2 features needs [5, 3]"},
        {D_IN, view(D_INPUT, F64, SHAPE(T, I)), SRNN_ERROR_DTYPE,
         "d_input is float64; the linear layer is float32"},
        {D_IN, view_const(D_INPUT, F32, SHAPE(T, I)), SRNN_ERROR_STATE,
         "d_input is a read-only tensor"},
        {D_IN, input, SRNN_ERROR_ALIAS,
         "d_input at 0x...overlaps the memory of input"},
        {D_IN, view(D_OUTPUT + 4, F32, SHAPE(T, I)), SRNN_ERROR_ALIAS,
         "d_input at 0x...overlaps the memory of d_output"},
    };
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        srnn_tensor *all[] = {input, d_output, d_input};
        all[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_linear_backward(linear, NULL, all[IN], all[D_OUT],
                                    SRNN_ACCUMULATION_SET, gradients,
                                    all[D_IN]));
    }
    /* A view of the gradients as one row of features. */
    srnn_tensor *row = NULL;
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&row, srnn_tensor_data(flat), F32, SHAPE(I), NULL));
    srnn_tensor *const one = view(D_OUTPUT, F32, SHAPE(O));
    srnn_tensor *const x = view(INPUT, F32, SHAPE(I));
    REFUSE(SRNN_ERROR_ALIAS, "d_input at 0x...overlaps the memory of gradients",
           srnn_linear_backward(linear, NULL, x, one, SRNN_ACCUMULATION_SET,
                                gradients, row));
    REFUSE(SRNN_ERROR_ALIAS, "gradients at 0x...overlaps the memory of input",
           srnn_linear_backward(linear, NULL, row, one, SRNN_ACCUMULATION_SET,
                                gradients, NULL));
    srnn_tensor_destroy(row);
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&row, srnn_tensor_data(flat), F32, SHAPE(O), NULL));
    REFUSE(SRNN_ERROR_ALIAS,
           "gradients at 0x...overlaps the memory of d_output",
           srnn_linear_backward(linear, NULL, x, row, SRNN_ACCUMULATION_SET,
                                gradients, NULL));
    srnn_tensor_destroy(row);
}

static void test_misuse_linear__backward_objects(void **state)
{
    (void)state;
    static const int32_t wrong[] = {0, SRNN_ACCUMULATION_SET - 1,
                                    SRNN_ACCUMULATION_ADD + 1, INT32_MIN};
    const srnn_accumulation set = SRNN_ACCUMULATION_SET;
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_linear_backward(other, NULL, input, d_output, set,
                                        gradients, d_input));
    REFUSE_OTHERS(other, "context", "context",
                  srnn_linear_backward(linear, other, input, d_output, set,
                                       gradients, d_input));
    REFUSE_HANDLES(other, "tensor", "input",
                   srnn_linear_backward(linear, NULL, other, d_output, set,
                                        gradients, d_input));
    REFUSE_HANDLES(other, "tensor", "d_output",
                   srnn_linear_backward(linear, NULL, input, other, set,
                                        gradients, d_input));
    REFUSE_OTHERS(other, "gradients", "gradients",
                  srnn_linear_backward(linear, NULL, input, d_output, set,
                                       other, d_input));
    REFUSE_OTHERS(other, "tensor", "d_input",
                  srnn_linear_backward(linear, NULL, input, d_output, set,
                                       gradients, other));
    REFUSE(SRNN_ERROR_INVALID, "gradients are not those of this linear layer",
           srnn_linear_backward(linear, NULL, input, d_output, set, of_wide,
                                d_input));
    REFUSE(SRNN_ERROR_INVALID, "gradients are not those of this linear layer",
           srnn_linear_backward(linear, NULL, input, d_output, set, of_rnn,
                                d_input));
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++)
        REFUSE(SRNN_ERROR_INVALID, "accumulation is ..., expected SRNN_ACCUM",
               srnn_linear_backward(linear, NULL, input, d_output, wrong[i],
                                    gradients, d_input));
    ACCEPT(srnn_linear_backward(linear, context, input, d_output, set,
                                gradients, d_input));
    ACCEPT(
        srnn_linear_backward(linear, NULL, input, d_output, set, NULL, NULL));
}

/* Gradients of a layer are none of an rnn. */
static void test_misuse_linear__backward_of_an_rnn(void **state)
{
    (void)state;
    srnn_tape *tape = NULL;
    srnn_tensor *const x = view(INPUT, F32, SHAPE(T, 1, 7));
    srnn_tensor *const y = view(OUTPUT, F32, SHAPE(T, 1, 4));
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    EXPECT_SUCCESS(srnn_context_record(context, tape, x, NULL, NULL, NULL, NULL,
                                       NULL, NULL));
    REFUSE(SRNN_ERROR_INVALID, "context and gradients are of different rnns",
           srnn_context_backward(context, tape, x, y, NULL,
                                 SRNN_ACCUMULATION_SET, gradients, NULL, NULL,
                                 NULL));
    srnn_tape_destroy(tape);
}

static void refuse_environment(const char *variable, const char *value,
                               srnn_status status, const char *says)
{
    assert_int_equal(setenv(variable, value, 1), 0);
    REFUSE(status, says, srnn_linear_forward(linear, NULL, input, output));
    REFUSE(status, says,
           srnn_linear_backward(linear, NULL, input, d_output,
                                SRNN_ACCUMULATION_SET, gradients, d_input));
    ACCEPT(srnn_linear_forward(linear, context, input, output));
    assert_int_equal(unsetenv(variable), 0);
}

static void test_misuse_linear__environment(void **state)
{
    (void)state;
    refuse_environment("SIMPLERNN_GEMM", "fast", SRNN_ERROR_ENVIRONMENT,
                       "SIMPLERNN_GEMM is \"fast\"");
    refuse_environment("SIMPLERNN_ISA", "fast", SRNN_ERROR_ENVIRONMENT,
                       "SIMPLERNN_ISA is \"fast\"");
    refuse_environment("SIMPLERNN_ISA", OTHER_ISA_NAME, SRNN_ERROR_UNSUPPORTED,
                       OTHER_ISA_NAME);
}

static void test_misuse_linear__rules_are_all_here(void **state)
{
    (void)state;
    /* test_weights_linear.c has the files. */
    static const char reads[] = "srnn_linear_create_from_weights";
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_linear_create_from_weights(NULL, misuse_handle(5), NULL));
    REFUSE_HANDLES(other, "weights", "weights",
                   srnn_linear_create_from_weights(&made.linear, other, NULL));
    static const char save[] = "srnn_linear_save"; /* test_misuse_save.c */
    misuse_covers("linear.h", ELSEWHERE(save, "srnn_linear_initialise"));
    misuse_covers_statuses("srnn_linear_",
                           ELSEWHERE(reads, save, "srnn_linear_initialise"));
    misuse_covers_statuses("srnn_gradients_create_linear", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_misuse_linear__create),
        TEST(test_misuse_linear__questions),
        TEST(test_misuse_linear__parameters),
        TEST(test_misuse_linear__flat),
        TEST(test_misuse_linear__forward),
        TEST(test_misuse_linear__backward_tensors),
        TEST(test_misuse_linear__backward_objects),
        TEST(test_misuse_linear__backward_of_an_rnn),
        TEST(test_misuse_linear__environment),
        cmocka_unit_test(test_misuse_linear__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
