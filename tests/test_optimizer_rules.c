/* SPDX-License-Identifier: MIT */
/* What a step leaves alone, and what follows it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/optimizer_text.h"
#include "support/parameters.h"
#include "support/small_rnn.h"

enum { I = 3, H = 5, P = H * (I + H + 2), T = 4, B = 2 };

static const char *const all_texts[] = {
    "SGD LEARNING_RATE=0.1 MOMENTUM=0.9 WEIGHT_DECAY=0.1",
    "ADAM LEARNING_RATE=0.1 WEIGHT_DECAY=0.1",
    "ADAMW LEARNING_RATE=0.1 WEIGHT_DECAY=0.1",
    "RMSPROP LEARNING_RATE=0.1 MOMENTUM=0.9 CENTERED=1 WEIGHT_DECAY=0.1"};

enum { TEXTS = sizeof all_texts / sizeof *all_texts };

/* An rnn that an optimizer trains. */
typedef struct {
    srnn_rnn *rnn;
    srnn_gradients *gradients;
    float *slope; /* [P] */
    srnn_optimizer *optimizer;
} trained;

static void set_slope(const trained *t, float scale)
{
    for (int i = 0; i < P; i++)
        t->slope[i] = scale * (float)(i % 7 - 3);
}

static trained make(const char *text)
{
    trained t = {.rnn = small_rnn_create(&(small_rnn){.I = I, .H = H})};
    assert_int_equal(srnn_rnn_flat_size(t.rnn), P);
    EXPECT_SUCCESS(srnn_gradients_create(&t.gradients, t.rnn));
    t.slope = srnn_tensor_data(srnn_gradients_flat(t.gradients));
    t.optimizer = optimizer_from_text(text);
    EXPECT_SUCCESS(srnn_optimizer_add(t.optimizer, t.gradients, "rnn."));
    set_slope(&t, 0.25F);
    return t;
}

static void destroy(trained *t)
{
    srnn_optimizer_destroy(t->optimizer);
    srnn_gradients_destroy(t->gradients);
    srnn_rnn_destroy(t->rnn);
}

static const float *values_of(const trained *t)
{
    return srnn_rnn_parameter_data(t->rnn, 0);
}

static int64_t steps_of(const trained *t)
{
    int64_t steps = -1;
    EXPECT_SUCCESS(srnn_optimizer_get_int(&steps, t->optimizer, NULL,
                                          SRNN_OPTIMIZER_STEPS));
    return steps;
}

static void check_same(const trained *a, const trained *b)
{
    assert_memory_equal(values_of(a), values_of(b), P * sizeof(float));
    assert_int_equal(steps_of(a), steps_of(b));
}

/* Neither values nor moments nor counts: the steps that follow are those of an
 * optimizer that was never refused. */
static void test_optimizer_rules__not_finite_changes_nothing(void **state)
{
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    static const int places[] = {0, H * I + 1, P - 1};
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0",
                                        "bias_hh_l0"};
    (void)state;
    for (int i = 0; i < TEXTS * 3 * 3; i++) {
        trained t = make(all_texts[i % TEXTS]);
        trained twin = make(all_texts[i % TEXTS]);
        const int place = i / TEXTS % 3;
        const char *const texts[EXPECT_TEXTS] = {"\"rnn.", names[place],
                                                 "NaN or infinite"};
        for (int step = 0; step < 3; step++) {
            set_slope(&t, 0.25F);
            t.slope[places[place]] = wrong[i / TEXTS / 3];
            expect_failure("step", srnn_optimizer_step(t.optimizer),
                           SRNN_ERROR_NOT_FINITE, texts);
            check_same(&t, &twin);
            set_slope(&t, 0.25F);
            EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
            EXPECT_SUCCESS(srnn_optimizer_step(twin.optimizer));
            check_same(&t, &twin);
        }
        destroy(&t);
        destroy(&twin);
    }
}

/* The first one is finite, the second one is not. */
static void test_optimizer_rules__all_gradients_or_none(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"\"state.h0\""};
    static float h0[H];
    const int64_t shape[] = {1, 1, H};
    srnn_tensor *tensor = NULL;
    srnn_gradients *gradients = NULL;
    (void)state;
    trained t = make(all_texts[1]);
    trained twin = make(all_texts[1]);
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&tensor, h0, SRNN_DTYPE_FLOAT32, 3, shape, NULL));
    EXPECT_SUCCESS(srnn_gradients_create_tensor(&gradients, tensor, "h0"));
    EXPECT_SUCCESS(srnn_optimizer_add(t.optimizer, gradients, "state."));
    float *const slope = srnn_tensor_data(srnn_gradients_flat(gradients));
    slope[H - 1] = NAN;
    expect_failure("step", srnn_optimizer_step(t.optimizer),
                   SRNN_ERROR_NOT_FINITE, texts);
    check_same(&t, &twin);
    slope[H - 1] = 1;
    EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
    EXPECT_SUCCESS(srnn_optimizer_step(twin.optimizer));
    check_same(&t, &twin);
    assert_true(h0[0] == 0 && h0[H - 1] < 0);
    srnn_gradients_destroy(gradients);
    srnn_tensor_destroy(tensor);
    destroy(&t);
    destroy(&twin);
}

static void test_optimizer_rules__need_not_check(void **state)
{
    (void)state;
    for (int i = 0; i < TEXTS; i++) {
        trained t = make(all_texts[i]);
        EXPECT_SUCCESS(srnn_optimizer_set_int(t.optimizer, NULL,
                                              SRNN_OPTIMIZER_CHECK_FINITE, 0));
        t.slope[1] = NAN;
        EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
        assert_true(isnan(values_of(&t)[1]));
        assert_true(isfinite(values_of(&t)[0]));
        assert_int_equal(steps_of(&t), 1);
        destroy(&t);
    }
}

/* Its gradient may be anything; no weight decay, no fall of moments. Its count
 * is its own: after three steps without it, it makes what others made first. */
static void test_optimizer_rules__frozen_parameters_stay(void **state)
{
    static const char name[] = "weight_hh_l0";
    enum { FIRST = H * I, COUNT = H * H };
    (void)state;
    for (int i = 0; i < TEXTS; i++) {
        trained t = make(all_texts[i]);
        trained twin = make(all_texts[i]);
        EXPECT_SUCCESS(srnn_gradients_set_trained(t.gradients, name, 0));
        for (int step = 0; step < 3; step++) {
            set_slope(&t, 0.25F);
            t.slope[FIRST] = NAN;
            EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
            assert_memory_equal(values_of(&t) + FIRST, values_of(&twin) + FIRST,
                                COUNT * sizeof(float));
            assert_true(values_of(&t)[0] != values_of(&twin)[0]);
        }
        EXPECT_SUCCESS(srnn_gradients_set_trained(t.gradients, name, 1));
        set_slope(&t, 0.25F);
        for (int step = 0; step < 3; step++) {
            EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
            EXPECT_SUCCESS(srnn_optimizer_step(twin.optimizer));
            assert_memory_equal(values_of(&t) + FIRST, values_of(&twin) + FIRST,
                                COUNT * sizeof(float));
        }
        destroy(&t);
        destroy(&twin);
    }
}

static void run(srnn_context *context, float output[T * B * H])
{
    static float input[T * B * I];
    for (int i = 0; i < T * B * I; i++)
        input[i] = (float)(i % 5) / 4;
    EXPECT_SUCCESS(srnn_context_forward_contiguous(context, T, B, input, NULL,
                                                   output, NULL));
}

/* What a context runs with follows the second step as it does the first. */
static void test_optimizer_rules__packed_weights_follow(void **state)
{
    (void)state;
    for (int i = 0; i < TEXTS; i++) {
        trained t = make(all_texts[i]);
        srnn_context *context = NULL;
        float before[T * B * H];
        EXPECT_SUCCESS(srnn_context_create(&context, t.rnn));
        run(context, before);
        for (int step = 0; step < 3; step++) {
            float got[T * B * H];
            float wanted[T * B * H];
            srnn_rnn *fresh = NULL;
            srnn_context *of_fresh = NULL;
            EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
            EXPECT_SUCCESS(srnn_rnn_clone(&fresh, t.rnn));
            EXPECT_SUCCESS(srnn_context_create(&of_fresh, fresh));
            run(context, got);
            run(of_fresh, wanted);
            assert_memory_equal(got, wanted, sizeof got);
            assert_memory_not_equal(got, before, sizeof got);
            memcpy(before, got, sizeof got);
            srnn_context_destroy(of_fresh);
            srnn_rnn_destroy(fresh);
        }
        srnn_context_destroy(context);
        destroy(&t);
    }
}

/* A recording is stale after a step, unless the step trains nothing of its rnn.
 */
static void test_optimizer_rules__make_recordings_stale(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"record again"};
    static float x[T * B * I];
    static float dy[T * B * H];
    (void)state;
    trained t = make(all_texts[0]);
    srnn_context *context = NULL;
    srnn_tape *tape = NULL;
    EXPECT_SUCCESS(srnn_context_create(&context, t.rnn));
    EXPECT_SUCCESS(srnn_tape_create(&tape, t.rnn));
    for (int trains = 0; trains < 2; trains++) {
        for (int64_t i = 0; i < srnn_rnn_parameter_count(t.rnn); i++)
            EXPECT_SUCCESS(srnn_gradients_set_trained(
                t.gradients, srnn_rnn_parameter_name(t.rnn, i),
                trains == 1 && i == 3));
        EXPECT_SUCCESS(srnn_context_record_contiguous(
            context, tape, T, B, x, NULL, NULL, NULL, NULL, NULL, NULL));
        EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
        const srnn_status status = srnn_context_backward_contiguous(
            context, tape, x, dy, NULL, SRNN_ACCUMULATION_SET, NULL, NULL, NULL,
            NULL);
        if (trains == 0)
            expect_success("backward", status);
        else
            expect_failure("backward", status, SRNN_ERROR_STALE, texts);
    }
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    destroy(&t);
}

/* In torch, the variance of a gradient that never changes may be below 0 by
 * rounding, and its root NaN. */
static void test_optimizer_rules__centered_stays_finite(void **state)
{
    (void)state;
    trained t = make("RMSPROP CENTERED=1 ALPHA=0.9 LEARNING_RATE=1e-6");
    for (int i = 0; i < P; i++)
        t.slope[i] = 0.1F + (float)i / 17;
    for (int step = 0; step < 1000; step++)
        EXPECT_SUCCESS(srnn_optimizer_step(t.optimizer));
    for (int i = 0; i < P; i++)
        assert_true(isfinite(values_of(&t)[i]));
    destroy(&t);
}

/* The value that a step leaves of 1 with a gradient of g. */
static double step_from_1(srnn_optimizer *optimizer, srnn_gradients *gradients,
                          double *value, double g)
{
    *(double *)srnn_tensor_data(srnn_gradients_flat(gradients)) = g;
    *value = 1;
    EXPECT_SUCCESS(srnn_optimizer_step(optimizer));
    return *value;
}

/* Of a value that begins at 1 in each step, after the gradients 3 and 1. */
static void check_by_hand(const char *text, double wanted, double wanted_then)
{
    const int64_t one = 1;
    double value = 1;
    srnn_tensor *tensor = NULL;
    srnn_gradients *gradients = NULL;
    srnn_optimizer *const optimizer = optimizer_from_text(text);
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&tensor, &value, SRNN_DTYPE_FLOAT64, 1, &one, NULL));
    EXPECT_SUCCESS(srnn_gradients_create_tensor(&gradients, tensor, "x"));
    EXPECT_SUCCESS(srnn_optimizer_add(optimizer, gradients, NULL));
    const double got = step_from_1(optimizer, gradients, &value, 3);
    const double then = step_from_1(optimizer, gradients, &value, 1);
    if (!(fabs(got - wanted) < 1e-15 && fabs(then - wanted_then) < 1e-15))
        fail_msg("%s: %.17g and %.17g", text, got, then);
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(gradients);
    srnn_tensor_destroy(tensor);
}

static void test_optimizer_rules__by_hand(void **state)
{
    (void)state;
    /* The first gradient is the whole buffer, in spite of dampening. */
    check_by_hand("SGD LEARNING_RATE=0.125 MOMENTUM=0.5 DAMPENING=0.75",
                  1 - 3.0 / 8, 1 - (1.5 + 0.25) / 8);
    check_by_hand("SGD LEARNING_RATE=0.125 MOMENTUM=0.5 NESTEROV=1",
                  1 - 4.5 / 8, 1 - (1 + 1.25) / 8);
    /* Decay is a part of the gradient, and so of the buffer. */
    check_by_hand("SGD LEARNING_RATE=0.125 MOMENTUM=0.5 WEIGHT_DECAY=0.5",
                  1 - 3.5 / 8, 1 - (1.75 + 1.5) / 8);
    /* Corrected moments; epsilon outside of the root. */
    check_by_hand("ADAM LEARNING_RATE=0.5 BETA1=0.5 BETA2=0.75 EPSILON=1",
                  1 - 0.5 * 3 / (3 + 1),
                  1 - 0.5 * (1.25 / 0.75) / (sqrt(31.0 / 7) + 1));
    /* Decay by the learning rate, before the update. */
    check_by_hand("ADAMW LEARNING_RATE=0.5 BETA1=0.5 BETA2=0.75 EPSILON=1 "
                  "WEIGHT_DECAY=0.5",
                  0.75 - 0.5 * 3 / (3 + 1),
                  0.75 - 0.5 * (1.25 / 0.75) / (sqrt(31.0 / 7) + 1));
    /* Epsilon outside of the root; the mean is not corrected. */
    check_by_hand("RMSPROP LEARNING_RATE=0.5 ALPHA=0.75 EPSILON=0.5",
                  1 - 0.5 * 3 / (1.5 + 0.5),
                  1 - 0.5 * 1 / (sqrt(31.0 / 16) + 0.5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimizer_rules__not_finite_changes_nothing),
        cmocka_unit_test(test_optimizer_rules__all_gradients_or_none),
        cmocka_unit_test(test_optimizer_rules__need_not_check),
        cmocka_unit_test(test_optimizer_rules__frozen_parameters_stay),
        cmocka_unit_test(test_optimizer_rules__packed_weights_follow),
        cmocka_unit_test(test_optimizer_rules__make_recordings_stale),
        cmocka_unit_test(test_optimizer_rules__centered_stays_finite),
        cmocka_unit_test(test_optimizer_rules__by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
