/* SPDX-License-Identifier: MIT */
/* A handle that was destroyed says so, as long as nobody else has got its
 * memory: a call refuses it, and destroying it once more does nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/weights_file.h"

enum { F32 = SRNN_DTYPE_FLOAT32, MAX_RELEASED = 100 };

/* An allocator that gives no memory to a second owner. */
static void *released[MAX_RELEASED];
static int released_count;

static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    return aligned_alloc(alignment,
                         (size + alignment - 1) / alignment * alignment);
}

static void release(void *user, void *memory)
{
    (void)user;
    assert_true(released_count < MAX_RELEASED);
    released[released_count++] = memory;
}

static int install(void **state)
{
    (void)state;
    return (int)srnn_allocator_set(allocate, release, NULL);
}

static int free_released(void **state)
{
    (void)state;
    while (released_count > 0)
        free(released[--released_count]);
    return (int)srnn_allocator_set(NULL, NULL, NULL);
}

/* Destroys it twice. The second time nothing may be released. */
#define DESTROY(kind, handle)                                                  \
    do {                                                                       \
        const int before = released_count;                                     \
        srnn_##kind##_destroy(handle);                                         \
        const int after = released_count;                                      \
        assert_true(after > before);                                           \
        srnn_##kind##_destroy(handle);                                         \
        if (released_count != after)                                           \
            fail_msg("an srnn_" #kind " is destroyed twice");                  \
    } while (0)

static void expect_refused(srnn_status status, const char *name)
{
    const char *const texts[EXPECT_TEXTS] = {name, "not a valid handle"};
    expect_failure(name, status, SRNN_ERROR_INVALID, texts);
}

static void test_destroyed__is_not_destroyed_again(void **state)
{
    srnn_tensor *tensor = NULL;
    srnn_config *config = NULL;
    srnn_linear *linear = NULL;
    srnn_optimizer *optimizer = NULL;
    srnn_weights *weights = NULL;
    srnn_gradients *gradients = NULL;
    weights_file file = weights_file_of_text("{}", 0);
    (void)state;
    expect_success("tensor", srnn_tensor_create(&tensor, F32, 0, NULL));
    expect_success("config", srnn_config_create(&config));
    expect_success("linear", srnn_linear_create(&linear, F32, 1, 1, 1, 1));
    expect_success("optimizer",
                   srnn_optimizer_create(&optimizer, SRNN_OPTIMIZER_KIND_SGD));
    expect_success("weights",
                   srnn_weights_open_memory(&weights, file.bytes, file.size));
    DESTROY(tensor, tensor);
    DESTROY(config, config);
    DESTROY(linear, linear);
    DESTROY(optimizer, optimizer);
    DESTROY(weights, weights);
    expect_refused(srnn_gradients_create_linear(&gradients, linear), "linear");
    weights_file_free(&file);
}

/* All that belongs to an rnn, which goes last. */
static void test_destroyed__is_not_destroyed_again_with_its_rnn(void **state)
{
    srnn_rnn *rnn = NULL;
    srnn_cell *cell = NULL;
    srnn_context *context = NULL;
    srnn_stream *stream = NULL;
    srnn_gradients *gradients = NULL;
    srnn_tape *tape = NULL;
    (void)state;
    expect_success("rnn", srnn_rnn_create(&rnn, 1, 1, NULL, 1));
    expect_success(
        "cell", srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("stream", srnn_stream_create(&stream, context, 1));
    expect_success("gradients", srnn_gradients_create(&gradients, rnn));
    expect_success("tape", srnn_tape_create(&tape, rnn));
    DESTROY(tape, tape);
    DESTROY(gradients, gradients);
    DESTROY(stream, stream);
    DESTROY(context, context);
    DESTROY(cell, cell);
    DESTROY(rnn, rnn);
    double norm = 0;
    expect_refused(srnn_context_create(&context, rnn), "rnn");
    expect_refused(srnn_gradients_norm(&norm, &gradients, 1), "gradients");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_destroyed__is_not_destroyed_again,
                                        install, free_released),
        cmocka_unit_test_setup_teardown(
            test_destroyed__is_not_destroyed_again_with_its_rnn, install,
            free_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
