/* SPDX-License-Identifier: MIT */
/* The rules of loss.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/misuse.h"

/* Where things lie, in bytes of misuse_memory. */
enum {
    SUM = 1024,
    COUNT = 1032,
    RESULT = 2048,
    TARGET = 3072,
    COUNTED = 4096,
    GRADIENT = 5120
};

enum { T = 3, B = 2, C = 4 };

static double *sum;
static int64_t *count;
static srnn_tensor *logits, *classes, *output, *target, *counted, *gradient;

static int64_t *classes_at(void)
{
    return (int64_t *)(void *)(misuse_memory + TARGET);
}

static int create(void **state)
{
    (void)state;
    misuse_fill();
    sum = (double *)(void *)(misuse_memory + SUM);
    count = (int64_t *)(void *)(misuse_memory + COUNT);
    logits = output = view(RESULT, F32, SHAPE(T, B, C));
    classes = view(TARGET, I64, SHAPE(T, B));
    target = view(TARGET, F32, SHAPE(T, B, C));
    counted = view(COUNTED, U8, SHAPE(T, B));
    gradient = view(GRADIENT, F32, SHAPE(T, B, C));
    for (int i = 0; i < T * B; i++)
        classes_at()[i] = i % C;
    return 0;
}

static void test_misuse_loss__cross_entropy_handles(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_INVALID, "sum is NULL",
           srnn_loss_cross_entropy(NULL, count, gradient, logits, classes, 0));
    REFUSE(SRNN_ERROR_INVALID, "count is NULL",
           srnn_loss_cross_entropy(sum, NULL, gradient, logits, classes, 0));
    REFUSE_OTHERS(
        other, "tensor", "d_logits",
        srnn_loss_cross_entropy(sum, count, other, logits, classes, 0));
    REFUSE_HANDLES(
        other, "tensor", "logits",
        srnn_loss_cross_entropy(sum, count, gradient, other, classes, 0));
    REFUSE_HANDLES(
        other, "tensor", "targets",
        srnn_loss_cross_entropy(sum, count, gradient, logits, other, 0));
    ACCEPT(srnn_loss_cross_entropy(sum, count, NULL, logits, classes, 0));
    ACCEPT(srnn_loss_cross_entropy(sum, count, gradient, logits, classes, 0));
    assert_int_equal(*count, T * B);
}

static void test_misuse_loss__cross_entropy_tensors(void **state)
{
    (void)state;
    enum { D_LOGITS, LOGITS, TARGETS };
    const misuse_row rows[] = {
        {LOGITS, view(RESULT, F32, 0, NULL), SRNN_ERROR_SHAPE,
         "logits is [], expected [..., classes] with at least 1 class"},
        {LOGITS, view(RESULT, F32, SHAPE(T, B, 0)), SRNN_ERROR_SHAPE,
         "logits is [3, 2, 0], expected [..., classes] with at least 1 class"},
        {LOGITS, view(RESULT, I64, SHAPE(T, B, C)), SRNN_ERROR_DTYPE,
         "logits is int64"},
        {LOGITS, view(RESULT, U8, SHAPE(T, B, C)), SRNN_ERROR_DTYPE,
         "logits is uint8"},
        {LOGITS, view(RESULT, F64, SHAPE(T, B, C)), SRNN_ERROR_DTYPE,
         "d_logits is float32; logits is float64"},
        {TARGETS, view(TARGET, I64, SHAPE(B, T)), SRNN_ERROR_SHAPE,
         "targets is [2, 3]; with logits of [3, 2, 4] it must be [3, 2]"},
        {TARGETS, view(TARGET, I64, SHAPE(T, B, 1)), SRNN_ERROR_SHAPE,
         "targets is [3, 2, 1]; with logits of [3, 2, 4] it must be [3, 2]"},
        {TARGETS, view(TARGET, I64, SHAPE(T)), SRNN_ERROR_SHAPE,
         "targets is [3]; with logits of [3, 2, 4] it must be [3, 2]"},
        {TARGETS, view(TARGET, F32, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "targets is float32; the class of a row is int64"},
        {TARGETS, view(TARGET, U8, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "targets is uint8; the class of a row is int64"},
        {D_LOGITS, view(GRADIENT, F32, SHAPE(T, B, C + 1)), SRNN_ERROR_SHAPE,
         "d_logits is [3, 2, 5]; with logits of [3, 2, 4] it must be [3, 2, "
         "4]"},
        {D_LOGITS, view(GRADIENT, F32, SHAPE(T, B)), SRNN_ERROR_SHAPE,
         "d_logits is [3, 2]; with logits of [3, 2, 4] it must be [3, 2, 4]"},
        {D_LOGITS, view(GRADIENT, F64, SHAPE(T, B, C)), SRNN_ERROR_DTYPE,
         "d_logits is float64; logits is float32"},
        {D_LOGITS, view_const(GRADIENT, F32, SHAPE(T, B, C)), SRNN_ERROR_STATE,
         "d_logits is a read-only tensor"},
        {D_LOGITS, view(RESULT + 4, F32, SHAPE(T, B, C)), SRNN_ERROR_ALIAS,
         "d_logits at 0x...overlaps the memory of logits"},
        {D_LOGITS, view_strided(RESULT, F32, SHAPE(T, B, C), LIST(C, T * C, 1)),
         SRNN_ERROR_ALIAS, "d_logits at 0x...overlaps the memory of logits"},
        {D_LOGITS, view(TARGET + 40, F32, SHAPE(T, B, C)), SRNN_ERROR_ALIAS,
         "d_logits at 0x...overlaps the memory of targets"},
    };
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        srnn_tensor *all[] = {gradient, logits, classes};
        all[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_loss_cross_entropy(sum, count, all[D_LOGITS], all[LOGITS],
                                       all[TARGETS], 0));
    }
    ACCEPT(srnn_loss_cross_entropy(sum, count, logits, logits, classes, 0));
}

/* Nothing is written, not even for the rows before the wrong one. */
static void test_misuse_loss__targets(void **state)
{
    (void)state;
    static const int64_t wrong[] = {C, -1, -99, -101, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++) {
        classes_at()[T * B - 1] = wrong[i];
        REFUSE(
            SRNN_ERROR_RANGE,
            "targets[2, 1] is ..., expected 0 to 3 or SRNN_IGNORE_INDEX",
            srnn_loss_cross_entropy(sum, count, gradient, logits, classes, 0));
        REFUSE(SRNN_ERROR_RANGE, "targets[2, 1] is ",
               srnn_loss_cross_entropy(sum, count, logits, logits, classes, 0));
    }
    classes_at()[0] = C;
    REFUSE(SRNN_ERROR_RANGE, "targets is 4, expected 0 to 3",
           srnn_loss_cross_entropy(sum, count, NULL,
                                   view(RESULT, F32, SHAPE(C)),
                                   view(TARGET, I64, 0, NULL), 0));
    classes_at()[0] = 0;
    classes_at()[T * B - 1] = SRNN_IGNORE_INDEX;
    ACCEPT(srnn_loss_cross_entropy(sum, count, gradient, logits, classes, 0));
    assert_int_equal(*count, T * B - 1);
}

static void test_misuse_loss__divisors(void **state)
{
    (void)state;
    static const double wrong[] = {-1, -1e-300, -INFINITY, INFINITY, NAN};
    static const char says[] = "divisor is ..., expected 0 or above, and fin";
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++) {
        REFUSE(SRNN_ERROR_RANGE, says,
               srnn_loss_cross_entropy(sum, count, gradient, logits, classes,
                                       wrong[i]));
        REFUSE(SRNN_ERROR_RANGE, says,
               srnn_loss_squared_error(sum, count, gradient, output, target,
                                       counted, wrong[i]));
    }
    ACCEPT(
        srnn_loss_cross_entropy(sum, count, gradient, logits, classes, -0.0));
}

static void test_misuse_loss__squared_error_handles(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_INVALID, "sum is NULL",
           srnn_loss_squared_error(NULL, count, gradient, output, target,
                                   counted, 0));
    REFUSE(SRNN_ERROR_INVALID, "count is NULL",
           srnn_loss_squared_error(sum, NULL, gradient, output, target, counted,
                                   0));
    REFUSE_OTHERS(
        other, "tensor", "d_output",
        srnn_loss_squared_error(sum, count, other, output, target, counted, 0));
    REFUSE_HANDLES(other, "tensor", "output",
                   srnn_loss_squared_error(sum, count, gradient, other, target,
                                           counted, 0));
    REFUSE_HANDLES(other, "tensor", "target",
                   srnn_loss_squared_error(sum, count, gradient, output, other,
                                           counted, 0));
    REFUSE_OTHERS(other, "tensor", "counted",
                  srnn_loss_squared_error(sum, count, gradient, output, target,
                                          other, 0));
    ACCEPT(srnn_loss_squared_error(sum, count, NULL, output, target, NULL, 0));
    assert_int_equal(*count, T * B * C);
}

static void test_misuse_loss__squared_error_tensors(void **state)
{
    (void)state;
    enum { D_OUTPUT, OUTPUT, TARGETS, COUNTED_ROWS };
    const misuse_row rows[] = {
        {OUTPUT, view(RESULT, F32, 0, NULL), SRNN_ERROR_SHAPE,
         "output is [], expected [..., features]"},
        {OUTPUT, view(RESULT, I64, SHAPE(T, B, C)), SRNN_ERROR_DTYPE,
         "output is int64"},
        {TARGETS, view(TARGET, F32, SHAPE(T, B)), SRNN_ERROR_SHAPE,
         "target is [3, 2]; with output of [3, 2, 4] it must be [3, 2, 4]"},
        {TARGETS, view(TARGET, F32, SHAPE(T, B, 1)), SRNN_ERROR_SHAPE,
         "target is [3, 2, 1]; with output of [3, 2, 4] it must be [3, 2, 4]"},
        {TARGETS, view(TARGET, F64, SHAPE(T, B, C)), SRNN_ERROR_DTYPE,
         "target is float64; output is float32"},
        {COUNTED_ROWS, view(COUNTED, U8, SHAPE(T)), SRNN_ERROR_SHAPE,
         "counted is [3]; with output of [3, 2, 4] it must be [3, 2]"},
        {COUNTED_ROWS, view(COUNTED, U8, SHAPE(T, B, C)), SRNN_ERROR_SHAPE,
         "counted is [3, 2, 4]; with output of [3, 2, 4] it must be [3, 2]"},
        {COUNTED_ROWS, view(COUNTED, I64, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "counted is int64; whether a row counts is uint8"},
        {D_OUTPUT, view(GRADIENT, F32, SHAPE(B, T, C)), SRNN_ERROR_SHAPE,
         "d_output is [2, 3, 4]; with output of [3, 2, 4] it must be [3, 2, "
         "4]"},
        {D_OUTPUT, view(GRADIENT, F64, SHAPE(T, B, C)), SRNN_ERROR_DTYPE,
         "d_output is float64; output is float32"},
        {D_OUTPUT, view_const(GRADIENT, F32, SHAPE(T, B, C)), SRNN_ERROR_STATE,
         "d_output is a read-only tensor"},
        {D_OUTPUT, view(RESULT - 4, F32, SHAPE(T, B, C)), SRNN_ERROR_ALIAS,
         "d_output at 0x...overlaps the memory of output"},
        {D_OUTPUT, target, SRNN_ERROR_ALIAS,
         "d_output at 0x...overlaps the memory of target"},
        {D_OUTPUT, view(COUNTED + 4 - 4 * T * B * C, F32, SHAPE(T, B, C)),
         SRNN_ERROR_ALIAS, "d_output at 0x...overlaps the memory of counted"},
    };
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        srnn_tensor *all[] = {gradient, output, target, counted};
        all[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_loss_squared_error(sum, count, all[D_OUTPUT], all[OUTPUT],
                                       all[TARGETS], all[COUNTED_ROWS], 0));
    }
    ACCEPT(srnn_loss_squared_error(sum, count, output, output, target, counted,
                                   0));
}

static void test_misuse_loss__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("loss.h", NULL);
    misuse_covers_statuses("srnn_loss_", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_misuse_loss__cross_entropy_handles, create),
        cmocka_unit_test_setup(test_misuse_loss__cross_entropy_tensors, create),
        cmocka_unit_test_setup(test_misuse_loss__targets, create),
        cmocka_unit_test_setup(test_misuse_loss__divisors, create),
        cmocka_unit_test_setup(test_misuse_loss__squared_error_handles, create),
        cmocka_unit_test_setup(test_misuse_loss__squared_error_tensors, create),
        cmocka_unit_test(test_misuse_loss__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
