/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, long-qemu */
/* The rounding error of a step in float32. Long sums are cut into segments so
 * that it stays small. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/enumerators.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/small_rnn.h"

enum { ROWS = 16, MOST = 2048 };

/* A network of I inputs and H states, and the most that its rms error may be,
 * in units of 2^-24 of the rms result: 5 % more than was measured. Segments of
 * 128, and segments that go on from the start, have larger errors. */
static const struct {
    int64_t I, H;
    double bound;
} sizes[] = {
    {7, 7, 1.01},      {8, 8, 1.16},    {13, 13, 1.22},  {16, 16, 1.34},
    {32, 32, 1.36},    {60, 60, 2.05},  {100, 100, 2.5}, {512, 512, 3.05},
    {2048, 2048, 3.7}, {4096, 64, 3.7},
};

enum { SIZES = sizeof sizes / sizeof *sizes };

/* The identity, which rounds nothing more. */
static srnn_rnn *make(int size)
{
    return small_rnn_create(&(small_rnn){
        .I = sizes[size].I,
        .H = sizes[size].H,
        .L = 1,
        .direction = SRNN_DIRECTION_FORWARD,
        .dtype = SRNN_DTYPE_FLOAT32,
        .nonlinearity = SRNN_NONLINEARITY_IDENTITY,
        .seed = (uint64_t)size + 1,
    });
}

/* One step of one row in float64. */
static void step_exactly(const srnn_rnn *rnn, const float *x, const float *h,
                         double *out, int64_t I, int64_t H)
{
    enum { WEIGHT_IH, WEIGHT_HH, BIAS_IH, BIAS_HH, COUNT };
    parameters p = parameters_copy(rnn);
    const float *values[COUNT];
    assert_int_equal(p.count, COUNT);
    for (int i = 0; i < COUNT; i++)
        values[i] = srnn_tensor_data(p.values[i]);
    for (int64_t j = 0; j < H; j++) {
        out[j] = (double)values[BIAS_IH][j] + (double)values[BIAS_HH][j];
        for (int64_t i = 0; i < I; i++)
            out[j] += (double)values[WEIGHT_IH][j * I + i] * (double)x[i];
        for (int64_t i = 0; i < H; i++)
            out[j] += (double)values[WEIGHT_HH][j * H + i] * (double)h[i];
    }
    parameters_free(&p);
}

/* The rms error of got, by the unit of sizes. */
static double error_of(const float *got, const double *exact, int64_t count)
{
    double errors = 0;
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        const double error = (double)got[i] - exact[i];
        errors += error * error;
        squares += exact[i] * exact[i];
    }
    return sqrt(errors / squares) * 0x1p24;
}

/* The last row of got alone. W is so large that a batch of rows is multiplied
 * by functions of its own. */
static void check_last_row(srnn_context *context, const float *x,
                           const float *h, const float *got, int64_t I,
                           int64_t H)
{
    float alone[MOST];
    const int64_t last = ROWS - 1;
    assert_true(H <= MOST);
    EXPECT_SUCCESS(srnn_context_forward_contiguous(context, 1, 1, x + last * I,
                                                   h + last * H, alone, NULL));
    assert_memory_equal(alone, got + last * H, (size_t)H * sizeof *alone);
}

static void *some(int64_t count, size_t size)
{
    void *const memory = calloc((size_t)count, size);
    assert_non_null(memory);
    return memory;
}

/* What every instruction set makes of one step, of all rows at once. */
static void check_size(int size)
{
    const int64_t I = sizes[size].I;
    const int64_t H = sizes[size].H;
    draws random = draws_of(size, 53);
    srnn_rnn *const rnn = make(size);
    unsigned char *const x =
        draws_values(&random, SRNN_DTYPE_FLOAT32, ROWS * I);
    unsigned char *const h =
        draws_values(&random, SRNN_DTYPE_FLOAT32, ROWS * H);
    double *const exact = some(ROWS * H, sizeof *exact);
    float *const got = some(ROWS * H, sizeof *got);
    for (int64_t b = 0; b < ROWS; b++)
        step_exactly(rnn, (const float *)x + b * I, (const float *)h + b * H,
                     exact + b * H, I, H);
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    for (int i = 0; i < isas.count; i++) {
        srnn_context *const context =
            small_rnn_context(rnn, 1, SRNN_SCHEDULE_SERIAL);
        if (srnn_context_set_int(context, SRNN_CONTEXT_ISA, isas.values[i]) ==
            SRNN_OK) {
            EXPECT_SUCCESS(srnn_context_forward_contiguous(context, 1, ROWS, x,
                                                           h, got, NULL));
            const double error = error_of(got, exact, ROWS * H);
            print_message("I %d, H %d, isa %d: %g\n", (int)I, (int)H,
                          (int)isas.values[i], error);
            if (!(error <= sizes[size].bound))
                fail_msg("more than %g", sizes[size].bound);
            check_last_row(context, (const float *)x, (const float *)h, got, I,
                           H);
        }
        srnn_context_destroy(context);
    }
    free(got);
    free(exact);
    free(h);
    free(x);
    srnn_rnn_destroy(rnn);
}

static void test_accuracy__of_a_step_is_that_of_short_sums(void **state)
{
    (void)state;
    for (int i = 0; i < SIZES; i++)
        check_size(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy__of_a_step_is_that_of_short_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
