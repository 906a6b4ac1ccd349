/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, no-qemu */
/* The forward of the oracle of gradients against srnn_context_forward_sequences
 * with lengths and resets: equal bits, except that the baseline has no FMA. And
 * what backward gives where there is nothing to compute. */
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
#include "support/fma.h"
#include "support/recorded.h"
#include "support/tools.h"

enum { CASES = 1000, LONG_CASES = IS_SANITIZED ? 4 : 24 };

/* A tensor with these values; NULL for NULL. */
static srnn_tensor *make_tensor(srnn_dtype dtype, int64_t a, int64_t b,
                                int64_t c, const double *values)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[3] = {a, b, c};
    if (values == NULL)
        return NULL;
    EXPECT_SUCCESS(srnn_tensor_create(&tensor, dtype, 3, shape));
    for (int64_t i = 0; i < a * b * c; i++)
        element_put(srnn_tensor_data(tensor), dtype, i, values[i]);
    return tensor;
}

/* One that is NaN until it is written. */
static srnn_tensor *make_result(srnn_dtype dtype, int64_t a, int64_t b,
                                int64_t c)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[3] = {a, b, c};
    EXPECT_SUCCESS(srnn_tensor_create(&tensor, dtype, 3, shape));
    for (int64_t i = 0; i < a * b * c; i++)
        element_put(srnn_tensor_data(tensor), dtype, i, (double)NAN);
    return tensor;
}

static srnn_tensor *wrap_lengths(const recorded *c)
{
    srnn_tensor *tensor = NULL;
    if (c->r.lengths != NULL)
        EXPECT_SUCCESS(srnn_tensor_wrap(&tensor, c->lengths, SRNN_DTYPE_INT64,
                                        1, &c->r.B, NULL));
    return tensor;
}

static srnn_tensor *wrap_resets(const recorded *c)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[2] = {c->r.T, c->r.B};
    if (c->r.resets != NULL)
        EXPECT_SUCCESS(srnn_tensor_wrap(&tensor, c->resets, SRNN_DTYPE_UINT8, 2,
                                        shape, NULL));
    return tensor;
}

static void compare(int number, const char *name, const srnn_tensor *got,
                    const double *wanted, bool is_exact)
{
    const double loose =
        srnn_tensor_dtype(got) == SRNN_DTYPE_FLOAT32 ? 3e-6 : 1e-14;
    const double bound = is_exact ? 0 : loose;
    for (int64_t i = 0; i < srnn_tensor_size(got); i++) {
        const double error = fabs(element_of(got, i) - wanted[i]);
        if (!(error <= bound * fmax(1, fabs(wanted[i]))))
            fail_msg("case %d: %s[%d] is %.17g, expected %.17g", number, name,
                     (int)i, element_of(got, i), wanted[i]);
    }
}

static void run(int number, const recorded *c, const double *output,
                const double *h_n)
{
    const int64_t T = c->r.T;
    const int64_t B = c->r.B;
    const int64_t H = c->of.H;
    const int64_t D = c->of.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    const srnn_dtype dtype = c->of.dtype;
    int64_t isa = 0;
    srnn_context *const context =
        small_rnn_context(c->rnn, 1, SRNN_SCHEDULE_AUTO);
    EXPECT_SUCCESS(
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    EXPECT_SUCCESS(srnn_context_get_int(&isa, context, SRNN_CONTEXT_ISA));
    srnn_tensor *tensors[7] = {
        make_tensor(dtype, T, B, c->of.I, c->r.input),
        wrap_lengths(c),
        wrap_resets(c),
        make_tensor(dtype, c->of.L * D, B, H, c->r.h0),
        make_tensor(dtype, c->of.L * D, B, H, c->r.fresh),
        make_result(dtype, T, B, D * H),
        make_result(dtype, c->of.L * D, B, H)};
    EXPECT_SUCCESS(srnn_context_forward_sequences(
        context, tensors[0], tensors[1], tensors[2], tensors[3], tensors[4],
        tensors[5], tensors[6]));
    compare(number, "output", tensors[5], output, has_fma((srnn_isa)isa));
    compare(number, "h_n", tensors[6], h_n, has_fma((srnn_isa)isa));
    for (int i = 0; i < 7; i++)
        srnn_tensor_destroy(tensors[i]);
    srnn_context_destroy(context);
}

/* All rows have all steps, of which the padding had none. */
static void make_plain(recorded *c)
{
    c->r.lengths = NULL;
    c->r.resets = NULL;
    for (int64_t i = 0; i < c->r.T * c->r.B * c->of.I; i++)
        if (isnan(c->input[i]))
            c->input[i] = 0.5;
}

static void check_drawn(int number, draws *random, const small_rnn *of,
                        int64_t T, int64_t B, bool is_padded)
{
    recorded c = recorded_draw(random, of, T, B);
    c.r.dropout.p = 0;
    if (!is_padded)
        make_plain(&c);
    double *const output = reference_zeros(c.outputs);
    double *const h_n = reference_zeros(c.states);
    reference_forward_sequences(c.rnn, &c.r, output, h_n);
    run(number, &c, output, h_n);
    free(output);
    free(h_n);
    recorded_free(&c);
}

static void check_case(int number)
{
    draws random = draws_of(number, 92);
    small_rnn of = {.seed = (uint64_t)number};
    of.I = draws_size(&random);
    of.H = draws_size(&random);
    of.L = 1 + draws_below(&random, 3);
    of.direction = SRNN_DIRECTION_FORWARD + (int32_t)draws_below(&random, 3);
    of.dtype = draws_dtype(&random);
    of.nonlinearity = draws_nonlinearity(&random);
    of.no_bias = draws_below(&random, 4) == 0;
    const int64_t T = draws_below(&random, 10);
    const int64_t B = draws_below(&random, 6);
    check_drawn(number, &random, &of, T, B, true);
}

static void test_reference_forward__equals_the_library(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++)
        check_case(number);
}

/* The states of a chunk or of a window are those that the next begins with. */
static void test_reference_forward__of_many_chunks(void **state)
{
    (void)state;
    for (int number = 0; number < LONG_CASES; number++) {
        draws random = draws_of(number, 93);
        const small_rnn of = {.seed = (uint64_t)number,
                              .I = 1 + draws_below(&random, 4),
                              .H = 16 + 24 * draws_below(&random, 3),
                              .L = 1 + draws_below(&random, 2),
                              .direction = SRNN_DIRECTION_FORWARD +
                                           (int32_t)draws_below(&random, 3),
                              .dtype = draws_dtype(&random)};
        const int64_t B = 40 + draws_below(&random, 40);
        check_drawn(number, &random, &of, 2 * 4096 / B + 30, B,
                    number % 2 == 0);
    }
}

static void check_nothing(int64_t T, int64_t B, bool adds)
{
    recorded c = recorded_make(
        &(small_rnn){.I = 3, .H = 4, .L = 2, .D = 2, .seed = 1}, T, B);
    recorded_gradients g = recorded_gradients_make(c.rnn, T, B);
    g.out.parameters = g.parameters;
    for (int64_t b = 0; b < B; b++)
        c.lengths[b] = 0;
    for (int64_t i = 0; i < c.states; i++) {
        c.d_h_n[i] = (double)(i + 1);
        g.out.d_fresh[i] = 7;
    }
    for (int64_t i = 0; i < g.inputs; i++)
        g.out.d_input[i] = 7;
    for (int64_t i = 0; i < g.count; i++)
        for (int64_t k = 0; k < g.sizes[i]; k++)
            g.parameters[i][k] = 7;
    reference_backward(c.rnn, &c.r, &g.out, adds);
    for (int64_t i = 0; i < c.states; i++)
        assert_true(g.out.d_h0[i] == c.d_h_n[i] && g.out.d_fresh[i] == 0);
    for (int64_t i = 0; i < g.inputs; i++)
        assert_true(g.out.d_input[i] == 0);
    for (int64_t i = 0; i < g.count; i++)
        for (int64_t k = 0; k < g.sizes[i]; k++)
            assert_true(g.parameters[i][k] == (adds ? 7 : 0));
    recorded_gradients_free(&g);
    recorded_free(&c);
}

static void test_reference_forward__backward_of_nothing(void **state)
{
    (void)state;
    for (int adds = 0; adds <= 1; adds++) {
        check_nothing(0, 3, adds);
        check_nothing(3, 0, adds);
        check_nothing(0, 0, adds);
        check_nothing(3, 2, adds); /* lengths of 0 */
        check_nothing(2, 600, adds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_forward__equals_the_library),
        cmocka_unit_test(test_reference_forward__of_many_chunks),
        cmocka_unit_test(test_reference_forward__backward_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
