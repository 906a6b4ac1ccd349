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

/* A file of which nothing can be read from the call of this number on. */
typedef struct {
    weights_file file;
    int calls, failing;
} failing_file;

static int64_t read_failing(void *user, int64_t offset, void *target,
                            size_t size)
{
    failing_file *const source = user;
    if (++source->calls >= source->failing)
        return -1;
    memcpy(target, source->file.bytes + offset, size);
    return (int64_t)size;
}

/* A value that is converted is read through a buffer of 4096 bytes. */
static void test_weights_callback__reports_each_read_that_fails(void **state)
{
    enum { BEFORE = 2, PIECES = 3 }; /* length and header */
    static const int64_t shape[] = {PIECES * 4096 / 2};
    (void)state;
    for (int failing = 1; failing <= BEFORE + PIECES + 1; failing++) {
        weights_builder builder = {0};
        srnn_weights *weights = NULL;
        srnn_tensor *tensor = NULL;
        weights_builder_add(&builder, "half", "F16", 1, shape);
        failing_file source = {weights_builder_finish(&builder), 0, failing};
        srnn_status status = srnn_weights_open_callback(
            &weights, read_failing, &source, (int64_t)source.file.size);
        assert_int_equal(status == SRNN_OK, failing > BEFORE);
        if (status == SRNN_OK)
            status = srnn_weights_read_tensor(&tensor, weights, "half");
        if (failing <= BEFORE + PIECES)
            expect_failure("read", status, SRNN_ERROR_IO,
                           (const char *[EXPECT_TEXTS]){"callback", "failed"});
        else
            expect_success("all", status);
        assert_int_equal(tensor != NULL, status == SRNN_OK);
        srnn_tensor_destroy(tensor);
        srnn_weights_destroy(weights);
        weights_file_free(&source.file);
    }
}

/* What kind of file it is is not known then. */
static void test_weights_callback__reports_no_kind_it_cannot_read(void **state)
{
    (void)state;
    failing_file source = {{0}, 0, 2};
    srnn_weights *weights = NULL;
    weights_file_append_text(&source.file, "GGUF and so on");
    expect_failure("kind",
                   srnn_weights_open_callback(&weights, read_failing, &source,
                                              (int64_t)source.file.size),
                   SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"callback", "failed"});
    assert_null(weights);
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
        cmocka_unit_test(test_weights_callback__reports_each_read_that_fails),
        cmocka_unit_test(test_weights_callback__reports_no_kind_it_cannot_read),
        cmocka_unit_test(test_weights_callback__may_call_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
