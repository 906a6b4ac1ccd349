/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads */
/* Every allocation of a linear layer made to fail, and what need not allocate:
 * losses, and calls on tensors whose rows are one matrix. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/failing.h"
#include "support/little_endian.h"
#include "support/misuse.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/sweep.h"
#include "support/temporary.h"
#include "support/weights_file.h"

enum { ROWS = 100, I = 12, O = 20, P = O * (I + 1) };

/* Where tensors lie, in bytes of misuse_memory. */
enum {
    INPUT = 1024,
    OUTPUT = 6144,
    D_OUTPUT = 14336,
    D_INPUT = 22528,
    VALUE = 27648,
    TARGET = 28928,
    SUM = 29952
};

static srnn_linear *linear;
static srnn_gradients *gradients;
static srnn_rnn *rnn;
static srnn_weights *weights;
static weights_file file;
static srnn_tensor *input, *output, *d_output, *d_input; /* rows in order */
static srnn_tensor *strided; /* an input that must be copied */

/* What prepare makes for one call. */
static srnn_context *context;

static void prepare_nothing(void)
{
}

static void prepare_context(int64_t threads)
{
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    EXPECT_SUCCESS(
        srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, threads));
    /* So slow that helpers are wanted. */
    EXPECT_SUCCESS(srnn_context_set_int(context, SRNN_CONTEXT_GFLOPS, 1));
}

static void prepare_one_thread(void)
{
    prepare_context(1);
}

static void prepare_threads(void)
{
    prepare_context(4);
}

static uint64_t hash(const void *bytes, size_t size)
{
    return little_endian_hash(LITTLE_ENDIAN_HASH, bytes, 1, size);
}

static uint64_t hash_tensor(const srnn_tensor *tensor)
{
    return hash(srnn_tensor_const_data(tensor),
                (size_t)srnn_tensor_size(tensor) * sizeof(float));
}

/* The result of a call as a number. Each also destroys what was made. */
static uint64_t in_memory(void)
{
    return hash(misuse_memory, sizeof misuse_memory) +
           hash_tensor(srnn_gradients_flat(gradients));
}

static uint64_t in_memory_of_context(void)
{
    srnn_context_destroy(context);
    return in_memory();
}

static uint64_t in_tensor(void)
{
    const uint64_t sum = hash_tensor(made.tensor);
    srnn_tensor_destroy(made.tensor);
    return sum;
}

static uint64_t in_linear(void)
{
    srnn_linear *const created = made.linear;
    expect_success("copy",
                   srnn_linear_copy_parameter(&made.tensor, created, "weight"));
    srnn_linear_destroy(created);
    return in_tensor();
}

static uint64_t in_gradients(void)
{
    const uint64_t sum = hash_tensor(srnn_gradients_flat(made.gradients));
    srnn_gradients_destroy(made.gradients);
    return sum;
}

static void test_allocation_linear__fails_in_objects(void **state)
{
    (void)state;
    SWEEP(1, prepare_nothing, in_linear,
          srnn_linear_create(&made.linear, F32, I, O, 1, 1));
    SWEEP(1, prepare_nothing, in_linear,
          srnn_linear_create_from_weights(&made.linear, weights, "fc."));
    SWEEP(1, prepare_nothing, in_tensor,
          srnn_linear_copy_parameter(&made.tensor, linear, "bias"));
    SWEEP(1, prepare_nothing, in_gradients,
          srnn_gradients_create_linear(&made.gradients, linear));
}

/* An rnn in the file, which stays. */
static void prepare_old_file(void)
{
    EXPECT_SUCCESS(
        srnn_rnn_save_alone(rnn, temporary_path("saved"), "rnn.", NULL));
}

static uint64_t in_saved_file(void)
{
    const char *const path = temporary_path("saved");
    weights_file saved = saved_file_read(path);
    const uint64_t sum = hash(saved.bytes, saved.size);
    weights_file_free(&saved);
    assert_int_equal(unlink(path), 0);
    return sum;
}

static void test_allocation_linear__fails_in_saving(void **state)
{
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("saved"));
    SWEEP(2, prepare_nothing, in_saved_file,
          srnn_linear_save(linear, path, "fc."));
    SWEEP(4, prepare_old_file, in_saved_file,
          srnn_linear_save(linear, path, "fc."));
    assert_int_equal(temporary_clear(".simplernn-"), 0);
}

static void test_allocation_linear__fails_in_calls(void **state)
{
    (void)state;
    const srnn_accumulation set = SRNN_ACCUMULATION_SET;
    SWEEP(1, prepare_nothing, in_memory,
          srnn_linear_forward(linear, NULL, strided, output));
    SWEEP(1, prepare_one_thread, in_memory_of_context,
          srnn_linear_forward(linear, context, strided, output));
    SWEEP(1, prepare_nothing, in_memory,
          srnn_linear_backward(linear, NULL, input, d_output, set, gradients,
                               d_input));
    SWEEP(1, prepare_one_thread, in_memory_of_context,
          srnn_linear_backward(linear, context, strided, d_output, set,
                               gradients, d_input));
}

/* A team, and memory. */
static void test_allocation_linear__fails_in_calls_on_threads(void **state)
{
    (void)state;
    SWEEP(1, prepare_threads, in_memory_of_context,
          srnn_linear_forward(linear, context, input, output));
    SWEEP(2, prepare_threads, in_memory_of_context,
          srnn_linear_backward(linear, context, input, d_output,
                               SRNN_ACCUMULATION_SET, gradients, d_input));
}

#define WORKS(...)                                                             \
    do {                                                                       \
        ACCEPT(__VA_ARGS__);                                                   \
        misuse_note(#__VA_ARGS__);                                             \
    } while (0)

static void test_allocation_linear__never_happens(void **state)
{
    (void)state;
    double *const sum = (double *)(void *)(misuse_memory + SUM);
    int64_t *const count = (int64_t *)(void *)(misuse_memory + SUM + 8);
    srnn_tensor *const weight = view(VALUE, F32, SHAPE(O, I));
    srnn_tensor *const flat = view(VALUE, F32, SHAPE(P));
    srnn_tensor *const targets = view(TARGET, I64, SHAPE(ROWS));
    srnn_tensor *const across =
        view_strided(D_OUTPUT, F32, SHAPE(ROWS, O), LIST(1, ROWS));
    srnn_tensor *const target = view(OUTPUT, F32, SHAPE(ROWS, O));
    int64_t *const classes = srnn_tensor_data(targets);
    for (int i = 0; i < ROWS; i++)
        classes[i] = i % O;
    prepare_one_thread();
    failing_refuse(1, LONG_MAX);
    WORKS(srnn_linear_set_parameter(linear, "weight", weight));
    WORKS(srnn_linear_get_flat(linear, flat));
    WORKS(srnn_linear_set_flat(linear, flat));
    WORKS(srnn_linear_forward(linear, NULL, input, output));
    WORKS(srnn_linear_forward(linear, context, input, output));
    WORKS(srnn_linear_backward(linear, context, input, d_output,
                               SRNN_ACCUMULATION_SET, NULL, d_input));
    WORKS(srnn_loss_cross_entropy(sum, count, across, output, targets, 0));
    WORKS(srnn_loss_cross_entropy(sum, count, across, across, targets, 0));
    WORKS(srnn_loss_squared_error(sum, count, across, output, target, NULL, 0));
    ANSWER(F32, srnn_linear_dtype(linear));
    ANSWER(I, srnn_linear_in_features(linear));
    ANSWER(O, srnn_linear_out_features(linear));
    ANSWER(1, srnn_linear_has_bias(linear));
    ANSWER(P, srnn_linear_flat_size(linear));
    NOTHING(srnn_linear_destroy(NULL));
    assert_int_equal(failing_requests(), 0);
    failing_refuse(0, 0);
    srnn_context_destroy(context);
}

static void test_allocation_linear__covers_every_function(void **state)
{
    (void)state;
    misuse_covers("linear.h", ELSEWHERE("srnn_linear_initialise"));
    misuse_covers("loss.h", NULL);
}

static int setup(void **state)
{
    weights_builder builder = {0};
    const int failures = misuse_setup_with_files(state);
    weights_builder_add(&builder, "fc.weight", "F32", 2, LIST(O, I));
    weights_builder_add(&builder, "fc.bias", "F16", 1, LIST(O));
    file = weights_builder_finish(&builder);
    EXPECT_SUCCESS(srnn_weights_open_memory(&weights, file.bytes, file.size));
    EXPECT_SUCCESS(srnn_linear_create(&linear, F32, I, O, 1, 1));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&gradients, linear));
    rnn = small_rnn_create(&(small_rnn){.I = 1, .H = 1});
    input = view(INPUT, F32, SHAPE(ROWS, I));
    strided = view_strided(INPUT, F32, SHAPE(ROWS, I), LIST(1, ROWS));
    output = view(OUTPUT, F32, SHAPE(ROWS, O));
    d_output = view(D_OUTPUT, F32, SHAPE(ROWS, O));
    d_input = view(D_INPUT, F32, SHAPE(ROWS, I));
    return failures;
}

static int teardown(void **state)
{
    srnn_gradients_destroy(gradients);
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
    return misuse_teardown_with_files(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocation_linear__fails_in_objects),
        cmocka_unit_test(test_allocation_linear__fails_in_saving),
        cmocka_unit_test(test_allocation_linear__fails_in_calls),
        cmocka_unit_test(test_allocation_linear__fails_in_calls_on_threads),
        cmocka_unit_test(test_allocation_linear__never_happens),
        cmocka_unit_test(test_allocation_linear__covers_every_function),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, setup, teardown));
}
