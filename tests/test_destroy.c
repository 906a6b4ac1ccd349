/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-qemu */
/* Objects keep alive what they need, so a program may destroy them in any
 * order, and use those that it still has. What is freed is kept for a while
 * here, filled with a pattern: support/quarantine.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/draws.h"
#include "support/expect.h"
#include "support/quarantine.h"
#include "support/small_rnn.h"
#include "support/tools.h"

#if IS_SANITIZED || IS_EMULATED
enum { CASES = 300 };
#else
enum { CASES = 3000 };
#endif
enum { T = 4, B = 3, I = 2, H = 5, L = 2, C = 3, THREADS = 2 };

enum {
    RNN,
    LINEAR,
    CELL,
    CONTEXT,
    STREAM,
    TAPE,
    GRADIENTS,
    LINEAR_GRADIENTS,
    OPTIMIZER,
    OBJECTS
};

/* An object is NULL once it is destroyed. */
typedef struct {
    srnn_rnn *rnn;
    srnn_linear *linear;
    srnn_cell *cell;
    srnn_context *context;
    srnn_stream *stream;
    srnn_tape *tape;
    srnn_gradients *gradients, *linear_gradients;
    srnn_optimizer *optimizer;
} objects;

static const float input[T * B * I] = {1, -1, 0.5F, 0.25F, -0.5F, 1};
static float output[T * B * H], first_output[T * B * H], logits[T * B * C];

static objects make(void)
{
    objects o = {.rnn = small_rnn_create(
                     &(small_rnn){.I = I, .H = H, .L = L, .seed = 1})};
    EXPECT_SUCCESS(
        srnn_linear_create(&o.linear, SRNN_DTYPE_FLOAT32, H, C, 1, 2));
    EXPECT_SUCCESS(
        srnn_cell_create_view(&o.cell, o.rnn, 0, SRNN_DIRECTION_FORWARD));
    o.context = small_rnn_context(o.rnn, THREADS, SRNN_SCHEDULE_BATCH);
    EXPECT_SUCCESS(srnn_stream_create(&o.stream, o.context, B));
    EXPECT_SUCCESS(srnn_tape_create(&o.tape, o.rnn));
    EXPECT_SUCCESS(srnn_gradients_create(&o.gradients, o.rnn));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&o.linear_gradients, o.linear));
    EXPECT_SUCCESS(
        srnn_optimizer_create(&o.optimizer, SRNN_OPTIMIZER_KIND_ADAM));
    EXPECT_SUCCESS(srnn_optimizer_add(o.optimizer, o.gradients, "rnn."));
    EXPECT_SUCCESS(srnn_optimizer_add(o.optimizer, o.linear_gradients, "fc."));
    return o;
}

static void destroy(objects *o, int64_t which)
{
    switch (which) {
    case RNN:
        srnn_rnn_destroy(o->rnn);
        o->rnn = NULL;
        break;
    case LINEAR:
        srnn_linear_destroy(o->linear);
        o->linear = NULL;
        break;
    case CELL:
        srnn_cell_destroy(o->cell);
        o->cell = NULL;
        break;
    case CONTEXT:
        srnn_context_destroy(o->context);
        o->context = NULL;
        break;
    case STREAM:
        srnn_stream_destroy(o->stream);
        o->stream = NULL;
        break;
    case TAPE:
        srnn_tape_destroy(o->tape);
        o->tape = NULL;
        break;
    case GRADIENTS:
        srnn_gradients_destroy(o->gradients);
        o->gradients = NULL;
        break;
    case LINEAR_GRADIENTS:
        srnn_gradients_destroy(o->linear_gradients);
        o->linear_gradients = NULL;
        break;
    default:
        srnn_optimizer_destroy(o->optimizer);
        o->optimizer = NULL;
    }
}

static srnn_tensor *wrap(void *data, int64_t steps, int64_t width)
{
    const int64_t shape[] = {steps, B, width};
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&tensor, data, SRNN_DTYPE_FLOAT32, 3, shape, NULL));
    return tensor;
}

/* A training step by what there is for it. */
static void train(const objects *o)
{
    srnn_tensor *const x = wrap((void *)input, T, I);
    srnn_tensor *const y = wrap(output, T, H);
    if (o->tape != NULL) {
        EXPECT_SUCCESS(srnn_context_record(o->context, o->tape, x, NULL, NULL,
                                           NULL, NULL, y, NULL));
        EXPECT_SUCCESS(srnn_context_backward(o->context, o->tape, x, y, NULL,
                                             SRNN_ACCUMULATION_SET,
                                             o->gradients, NULL, NULL, NULL));
    }
    if (o->linear != NULL) {
        srnn_tensor *const z = wrap(logits, T, C);
        EXPECT_SUCCESS(srnn_linear_forward(o->linear, o->context, y, z));
        EXPECT_SUCCESS(srnn_linear_backward(o->linear, o->context, y, z,
                                            SRNN_ACCUMULATION_SET,
                                            o->linear_gradients, NULL));
        srnn_tensor_destroy(z);
    }
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
}

static void run_cell(const objects *o)
{
    static float state[B * H];
    const int64_t x_shape[] = {B, I};
    const int64_t h_shape[] = {B, H};
    srnn_tensor *x = NULL;
    srnn_tensor *h = NULL;
    EXPECT_SUCCESS(srnn_tensor_wrap_const(&x, input, SRNN_DTYPE_FLOAT32, 2,
                                          x_shape, NULL));
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&h, state, SRNN_DTYPE_FLOAT32, 2, h_shape, NULL));
    EXPECT_SUCCESS(srnn_cell_forward(o->cell, x, NULL, h));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(h);
}

/* Whatever there still is. Parameters cannot change as long as there is a view
 * of them. */
static void use(const objects *o, bool changes)
{
    if (o->context != NULL) {
        EXPECT_SUCCESS(srnn_context_forward_contiguous(o->context, T, B, input,
                                                       NULL, output, NULL));
        if (!changes)
            assert_memory_equal(output, first_output, sizeof output);
        train(o);
    }
    if (o->stream != NULL)
        EXPECT_SUCCESS(srnn_stream_step(o->stream, input, output));
    if (o->cell != NULL)
        run_cell(o);
    if (o->gradients != NULL)
        *(float *)srnn_tensor_data(srnn_gradients_flat(o->gradients)) = 0;
    if (o->optimizer != NULL && o->cell == NULL && changes)
        EXPECT_SUCCESS(srnn_optimizer_step(o->optimizer));
}

static void run_case(int number)
{
    draws d = draws_of(number, 41);
    int64_t order[OBJECTS];
    for (int64_t i = 0; i < OBJECTS; i++) {
        const int64_t other = draws_below(&d, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    objects o = make();
    for (int i = 0; i < OBJECTS; i++) {
        use(&o, number % 2 == 1);
        destroy(&o, order[i]);
    }
}

static void test_destroy__takes_any_order(void **state)
{
    (void)state;
    quarantine_install();
    objects o = make();
    EXPECT_SUCCESS(srnn_context_forward_contiguous(o.context, T, B, input, NULL,
                                                   first_output, NULL));
    for (int i = 0; i < OBJECTS; i++)
        destroy(&o, i);
    for (int number = 0; number < CASES; number++) {
        run_case(number);
        quarantine_check();
    }
    quarantine_remove(); /* or something would still be alive */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destroy__takes_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
