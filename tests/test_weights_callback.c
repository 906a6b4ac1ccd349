/* SPDX-License-Identifier: MIT */
/* Weights read through a callback: the same values as from memory, and no byte
 * asked for that is not needed. What is refused is in test_misuse_weights.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/weights_file.h"

static const weights_topology topology = {4, 2, 2, 2, true, "F32", "rnn."};

/* A file that counts what is asked of it; broken if that was no range of it. */
typedef struct {
    weights_file file;
    size_t bytes;
    int broken;
    srnn_weights *inner; /* read from inside the callback, unless NULL */
} counted;

static void read_inside(counted *source)
{
    srnn_tensor *tensor = NULL;
    srnn_tensor *none = NULL;
    if (srnn_weights_read_tensor(&tensor, source->inner, "rnn.bias_hh_l0") !=
            SRNN_OK ||
        srnn_weights_read_tensor(&none, source->inner, "none") !=
            SRNN_ERROR_NOT_FOUND)
        source->broken++;
    srnn_tensor_destroy(tensor);
}

static int64_t read_counted(void *user, int64_t offset, void *target,
                            size_t size)
{
    counted *const source = user;
    if (offset < 0 || size == 0 || (size_t)offset > source->file.size ||
        size > source->file.size - (size_t)offset) {
        source->broken++;
        return -1;
    }
    if (source->inner != NULL)
        read_inside(source);
    source->bytes += size;
    memcpy(target, source->file.bytes + offset, size);
    return (int64_t)size;
}

static srnn_weights *open_counted(counted *source)
{
    srnn_weights *weights = NULL;
    expect_success("open",
                   srnn_weights_open_callback(&weights, read_counted, source,
                                              (int64_t)source->file.size));
    return weights;
}

static srnn_weights *open_memory(const weights_file *file)
{
    srnn_weights *weights = NULL;
    expect_success("open",
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    return weights;
}

static srnn_rnn *create_rnn(const srnn_weights *weights)
{
    srnn_rnn *rnn = NULL;
    expect_success("rnn",
                   srnn_rnn_create_from_weights(&rnn, weights, "rnn.", NULL));
    return rnn;
}

static void test_weights_callback__reads_each_byte_once(void **state)
{
    (void)state;
    counted source = {weights_file_of_rnn(&topology), 0, 0, NULL};
    srnn_weights *const weights = open_counted(&source);
    srnn_rnn *const rnn = create_rnn(weights);
    assert_int_equal(source.bytes, source.file.size);
    srnn_weights *const in_memory = open_memory(&source.file);
    srnn_rnn *const other = create_rnn(in_memory);
    small_rnn_check_equal(rnn, other);
    assert_int_equal(source.broken, 0);
    srnn_rnn_destroy(rnn);
    srnn_rnn_destroy(other);
    srnn_weights_destroy(weights);
    srnn_weights_destroy(in_memory);
    weights_file_free(&source.file);
}

static void test_weights_callback__asks_for_one_tensor_alone(void **state)
{
    (void)state;
    counted source = {weights_file_of_rnn(&topology), 0, 0, NULL};
    srnn_weights *const weights = open_counted(&source);
    const size_t header = source.bytes;
    srnn_tensor *tensor = NULL;
    expect_success("tensor", srnn_weights_read_tensor(&tensor, weights,
                                                      "rnn.weight_ih_l0"));
    assert_int_equal(source.bytes - header, 2 * 4 * sizeof(float));
    assert_int_equal(source.broken, 0);
    srnn_tensor_destroy(tensor);
    srnn_weights_destroy(weights);
    weights_file_free(&source.file);
}

/* Nothing to read is no reason to call. */
static void test_weights_callback__is_never_asked_for_zero_bytes(void **state)
{
    (void)state;
    weights_builder builder = {0};
    weights_builder_add(&builder, "none", "F32", 1, (const int64_t[]){0});
    counted source = {weights_builder_finish(&builder), 0, 0, NULL};
    srnn_weights *const weights = open_counted(&source);
    srnn_tensor *tensor = NULL;
    expect_success("tensor",
                   srnn_weights_read_tensor(&tensor, weights, "none"));
    assert_int_equal(srnn_tensor_size(tensor), 0);
    assert_int_equal(source.broken, 0);
    srnn_tensor_destroy(tensor);
    srnn_weights_destroy(weights);
    weights_file_free(&source.file);
}

/* The callback reads from other weights, and fails there, in passing. */
static void test_weights_callback__may_call_the_library(void **state)
{
    (void)state;
    counted source = {weights_file_of_rnn(&topology), 0, 0, NULL};
    source.inner = open_memory(&source.file);
    srnn_weights *const weights = open_counted(&source);
    srnn_rnn *const rnn = create_rnn(weights);
    srnn_rnn *const other = create_rnn(source.inner);
    small_rnn_check_equal(rnn, other);
    assert_int_equal(source.broken, 0);
    srnn_rnn_destroy(rnn);
    srnn_rnn_destroy(other);
    srnn_weights_destroy(weights);
    srnn_weights_destroy(source.inner);
    weights_file_free(&source.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_callback__reads_each_byte_once),
        cmocka_unit_test(test_weights_callback__asks_for_one_tensor_alone),
        cmocka_unit_test(test_weights_callback__is_never_asked_for_zero_bytes),
        cmocka_unit_test(test_weights_callback__may_call_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
