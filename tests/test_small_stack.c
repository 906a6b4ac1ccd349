/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-qemu */
/* What calls need of a stack: a step a few KiB, every other call of one thread
 * less than 48 KiB. So they run on small threads, whose stacks the C library
 * takes thread-local memory out of: merely linking the library may not add to
 * it. Qemu takes from the stack too. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/tools.h"

/* The smaller one is less than 16 KiB without what the C library takes. */
enum { STEP_BYTES = 20 << 10, CALL_BYTES = 48 << 10 };
enum { T = 600, B = 3, I = 5, H = 70, L = 2, CLASSES = 3 };

static float x[T * B * I];
static float y[T * B * H];
static float logits[T * B * CLASSES];
static int64_t classes[T * B];
static char text[1 << 14];

static srnn_rnn *rnn;
static srnn_context *context;
static srnn_stream *stream;

static srnn_status failure; /* the first one of the thread */
static const char *failed = "";

/* Cmocka would need more of the stack, and jump out of the thread. */
#define CALL(...)                                                              \
    do {                                                                       \
        const srnn_status status_ = (__VA_ARGS__);                             \
        if (status_ != SRNN_OK && failure == SRNN_OK) {                        \
            failure = status_;                                                 \
            failed = #__VA_ARGS__;                                             \
        }                                                                      \
    } while (0)

static void *step(void *unused)
{
    CALL(srnn_stream_step(stream, x, y));
    if (srnn_stream_step(stream, NULL, y) != SRNN_ERROR_INVALID)
        CALL(SRNN_ERROR_INVALID);
    return unused;
}

static srnn_tensor *wrap(void *data, srnn_dtype dtype, int32_t rank,
                         int64_t features)
{
    const int64_t shape[] = {T, B, features};
    srnn_tensor *tensor = NULL;
    CALL(srnn_tensor_wrap(&tensor, data, dtype, rank, shape, NULL));
    return tensor;
}

static void train(srnn_tensor *input, srnn_tensor *states)
{
    double sum = 0;
    int64_t count = 0;
    srnn_tape *tape = NULL;
    srnn_gradients *gradients = NULL;
    srnn_optimizer *adam = NULL;
    srnn_linear *head = NULL;
    srnn_tensor *const output = wrap(logits, SRNN_DTYPE_FLOAT32, 3, CLASSES);
    srnn_tensor *const targets = wrap(classes, SRNN_DTYPE_INT64, 2, 0);
    CALL(srnn_linear_create(&head, SRNN_DTYPE_FLOAT32, H, CLASSES, 1, 1));
    CALL(srnn_linear_forward(head, context, states, output));
    CALL(srnn_loss_cross_entropy(&sum, &count, output, output, targets, 0));
    CALL(srnn_tape_create(&tape, rnn));
    CALL(srnn_gradients_create(&gradients, rnn));
    CALL(srnn_context_record(context, tape, input, NULL, NULL, NULL, NULL,
                             states, NULL));
    CALL(srnn_context_backward(context, tape, input, states, NULL,
                               SRNN_ACCUMULATION_SET, gradients, NULL, NULL,
                               NULL));
    CALL(srnn_optimizer_create(&adam, SRNN_OPTIMIZER_KIND_ADAM));
    CALL(srnn_optimizer_add(adam, gradients, "rnn."));
    CALL(srnn_optimizer_step(adam));
    CALL(srnn_optimizer_save(adam, temporary_path("checkpoint"), NULL, NULL, 0,
                             NULL));
    srnn_optimizer_destroy(adam);
    srnn_gradients_destroy(gradients);
    srnn_tape_destroy(tape);
    srnn_linear_destroy(head);
    srnn_tensor_destroy(targets);
    srnn_tensor_destroy(output);
}

static void use_files(void)
{
    size_t length = 0;
    srnn_weights *weights = NULL;
    srnn_weights *missing = NULL;
    srnn_rnn *loaded = NULL;
    CALL(srnn_rnn_save(rnn, temporary_path("model"), "a.", NULL));
    CALL(srnn_rnn_save(rnn, temporary_path("model"), "b.", NULL));
    CALL(srnn_weights_open(&weights, temporary_path("model")));
    CALL(srnn_rnn_create_from_weights(&loaded, weights, "b.", NULL));
    CALL(srnn_rnn_describe(text, sizeof text, &length, loaded, T, B));
    if (srnn_weights_open(&missing, "/dev/null/missing") != SRNN_ERROR_IO)
        CALL(SRNN_ERROR_IO);
    srnn_rnn_destroy(loaded);
    srnn_weights_destroy(weights);
}

static void *call_all(void *unused)
{
    srnn_context *own = NULL;
    srnn_tensor *const input = wrap(x, SRNN_DTYPE_FLOAT32, 3, I);
    srnn_tensor *const output = wrap(y, SRNN_DTYPE_FLOAT32, 3, H);
    CALL(srnn_context_create(&own, rnn));
    CALL(srnn_context_forward(own, input, NULL, output, NULL));
    CALL(srnn_context_forward_sequences(own, input, NULL, NULL, NULL, NULL,
                                        output, NULL));
    CALL(srnn_stream_advance(stream, own, input, NULL, NULL, output));
    srnn_context_destroy(own);
    train(input, output);
    use_files();
    srnn_tensor_destroy(output);
    srnn_tensor_destroy(input);
    return unused;
}

static void run(void *(*function)(void *), size_t bytes)
{
    pthread_t thread;
    pthread_attr_t attributes;
    failure = SRNN_OK;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, bytes), 0);
    assert_int_equal(pthread_create(&thread, &attributes, function, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    if (failure != SRNN_OK)
        fail_msg("%s: %s", failed, srnn_status_name(failure));
}

static void test_small_stack__suffices_for_steps(void **state)
{
    (void)state;
    if (IS_SANITIZED)
        skip();
    run(step, STEP_BYTES);
}

static void test_small_stack__suffices_for_every_call(void **state)
{
    (void)state;
    if (IS_SANITIZED)
        skip();
    run(call_all, CALL_BYTES);
}

static int setup(void **state)
{
    const int result = temporary_create(state);
    rnn = small_rnn_create(&(small_rnn){.I = I, .H = H, .L = L, .seed = 1});
    context = small_rnn_context(rnn, 2, SRNN_SCHEDULE_AUTO);
    expect_success("stream", srnn_stream_create(&stream, context, B));
    return result;
}

static int teardown(void **state)
{
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    (void)temporary_clear("");
    return temporary_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_stack__suffices_for_steps),
        cmocka_unit_test(test_small_stack__suffices_for_every_call),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
