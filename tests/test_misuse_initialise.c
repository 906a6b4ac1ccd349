/* SPDX-License-Identifier: MIT */
/* The rules of srnn_rnn_initialise() and srnn_linear_initialise(), which are
 * the same. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

static srnn_rnn *rnn;
static srnn_linear *linear;

static int create(void **state)
{
    (void)state;
    misuse_fill();
    rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    expect_success("linear", srnn_linear_create(&linear, F64, 3, 2, 1, 1));
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_rnn_destroy(rnn);
    srnn_linear_destroy(linear);
    return 0;
}

/* Of a matrix or of a bias. */
static void refuse(srnn_status status, const char *says, bool is_matrix,
                   srnn_initialisation kind, double gain)
{
    REFUSE(status, says,
           srnn_rnn_initialise(rnn, is_matrix ? "weight_hh_l0" : "bias_hh_l0",
                               kind, gain, 1));
    REFUSE(status, says,
           srnn_linear_initialise(linear, is_matrix ? "weight" : "bias", kind,
                                  gain, 1));
}

static void test_misuse_initialise__handles_and_names(void **state)
{
    (void)state;
    const srnn_initialisation zeros = SRNN_INITIALISATION_ZEROS;
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_rnn_initialise(other, "bias_hh_l0", zeros, 1, 1));
    REFUSE_HANDLES(other, "linear", "linear",
                   srnn_linear_initialise(other, "bias", zeros, 1, 1));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_rnn_initialise(rnn, NULL, zeros, 1, 1));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_linear_initialise(linear, NULL, zeros, 1, 1));
    REFUSE(SRNN_ERROR_NOT_FOUND, "no parameter is named \"weight\"",
           srnn_rnn_initialise(rnn, "weight", zeros, 1, 1));
    REFUSE(SRNN_ERROR_NOT_FOUND, "no parameter is named \"weight_hh_l0\"",
           srnn_linear_initialise(linear, "weight_hh_l0", zeros, 1, 1));
}

static void test_misuse_initialise__kinds(void **state)
{
    (void)state;
    static const int32_t numbers[] = {0, 1, 2000, 2005, -2001, INT32_MAX};
    for (size_t i = 0; i < MISUSE_COUNT(numbers); i++)
        refuse(SRNN_ERROR_INVALID,
               "kind is ..., expected an SRNN_INITIALISATION_", true,
               numbers[i], 1);
    refuse(SRNN_ERROR_INVALID, "kind is SRNN_ISA_AVX2", true, SRNN_ISA_AVX2, 1);
    refuse(SRNN_ERROR_SHAPE,
           "is [2]; SRNN_INITIALISATION_ORTHOGONAL needs a matrix", false,
           SRNN_INITIALISATION_ORTHOGONAL, 1);
    refuse(SRNN_ERROR_SHAPE,
           "is [2]; SRNN_INITIALISATION_IDENTITY needs a matrix", false,
           SRNN_INITIALISATION_IDENTITY, 1);
}

static void test_misuse_initialise__gains(void **state)
{
    (void)state;
    static const double wrong[] = {-1, -DBL_MIN, -INFINITY, INFINITY, NAN};
    const double limits[] = {(double)FLT_MAX / 2, DBL_MAX / 2};
    for (srnn_initialisation kind = SRNN_INITIALISATION_UNIFORM;
         kind <= SRNN_INITIALISATION_ZEROS; kind++) {
        for (size_t i = 0; i < MISUSE_COUNT(wrong); i++)
            refuse(SRNN_ERROR_RANGE, "gain is ..., expected 0 to ", true, kind,
                   wrong[i]);
        REFUSE(SRNN_ERROR_RANGE, "gain is ..., expected 0 to 1.7014",
               srnn_rnn_initialise(rnn, "weight_ih_l0", kind,
                                   nextafter(limits[0], INFINITY), 1));
        ACCEPT(srnn_rnn_initialise(rnn, "weight_ih_l0", kind, limits[0], 1));
        ACCEPT(srnn_linear_initialise(linear, "weight", kind, limits[1], 1));
        const float *const value = srnn_rnn_parameter_data(rnn, 0);
        for (int i = 0; i < 6; i++)
            assert_true(isfinite(value[i]));
        ACCEPT(srnn_rnn_initialise(rnn, "weight_ih_l0", kind, -0.0, 1));
        ACCEPT(srnn_linear_initialise(linear, "weight", kind, 0, 1));
    }
}

static void test_misuse_initialise__in_use(void **state)
{
    (void)state;
    srnn_cell *cell = NULL;
    expect_success(
        "cell", srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    REFUSE(SRNN_ERROR_IN_USE, "cell",
           srnn_rnn_initialise(rnn, "weight_ih_l0",
                               SRNN_INITIALISATION_ORTHOGONAL, 1, 1));
    srnn_cell_destroy(cell);
    ACCEPT(srnn_rnn_initialise(rnn, "weight_ih_l0",
                               SRNN_INITIALISATION_ORTHOGONAL, 1, 1));
}

static void test_misuse_initialise__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers_function("srnn_rnn_initialise");
    misuse_covers_function("srnn_linear_initialise");
    misuse_covers_statuses("srnn_rnn_initialise", NULL);
    misuse_covers_statuses("srnn_linear_initialise", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_misuse_initialise__handles_and_names),
        TEST(test_misuse_initialise__kinds),
        TEST(test_misuse_initialise__gains),
        TEST(test_misuse_initialise__in_use),
        cmocka_unit_test(test_misuse_initialise__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
