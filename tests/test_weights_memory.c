/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, native */
/* What loading may cost: files made to be expensive, large but legal ones, and
 * the promise
 *
 *     peak <= file + decoded parameters + packed weights + 1 MiB
 *
 * where peak is the most that the library has from its allocator at one time
 * from before srnn_weights_open_memory until both the weights and the rnn are
 * there, decoded the bytes of all parameters in the rnn's dtype, and packed
 * those of the weights with their rows padded to whole 64-byte lines. Not in
 * peak: the memory of jansson, which test_weights_header.c counts, and the file
 * itself, which is the caller's. An rnn of thousands of layers takes more, as
 * each layer leaves a struct behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/config.h"
#include "support/counting.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/weights_file.h"

#define BEFORE_SHAPE "{\"w\":{\"dtype\":\"F32\",\"shape\":["
#define BEFORE_BEGIN BEFORE_SHAPE "1],\"data_offsets\":["

static srnn_weights *open_file(const char *label, const weights_file *file)
{
    srnn_weights *weights = NULL;
    expect_success(label,
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    return weights;
}

/* A file whose header is before, middle times over, and after. */
static weights_file repeat(const char *before, const char *middle, size_t times,
                           const char *after)
{
    weights_file header = {NULL, 0, 0};
    weights_file_append_text(&header, before);
    weights_file_append_repeated(&header, middle, times);
    weights_file_append_text(&header, after);
    const weights_file file =
        weights_file_of_header(header.bytes, header.size, 0);
    weights_file_free(&header);
    return file;
}

static const struct {
    const char *label;
    const char *before, *middle;
    size_t times;
    const char *after;
    srnn_status status;
    const char *texts[EXPECT_TEXTS];
} expensive[] = {
    {.label = "arrays 10^6 deep",
     .before = BEFORE_SHAPE,
     .middle = "[",
     .times = 1000000,
     .after = "",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"byte"}},
    {.label = "objects 800000 deep",
     .before = "",
     .middle = "{\"w\":",
     .times = 800000,
     .after = "",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"byte"}},
    {.label = "closed 10^6 times",
     .before = "{",
     .middle = "}",
     .times = 1000000,
     .after = "",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"byte 2", "nothing more"}},
    {.label = "10^6 dimensions",
     .before = BEFORE_SHAPE "1",
     .middle = ",1",
     .times = 999999,
     .after = "],\"data_offsets\":[0,0]}}",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"\"w\"", "2000046", "4096"}},
    {.label = "10^6 offsets",
     .before = BEFORE_BEGIN "0",
     .middle = ",0",
     .times = 999999,
     .after = "]}}",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"\"w\"", "2000044", "4096"}},
    {.label = "a size of 400 digits",
     .before = BEFORE_SHAPE "1",
     .middle = "0",
     .times = 399,
     .after = "],\"data_offsets\":[0,0]}}",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"JSON"}},
    {.label = "an offset of 10^6 digits",
     .before = BEFORE_BEGIN "0,1",
     .middle = "0",
     .times = 999999,
     .after = "]}}",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"\"w\"", "4096"}},
    {.label = "an offset of 10^3 digits",
     .before = BEFORE_BEGIN "0,1",
     .middle = "0",
     .times = 1000,
     .after = "]}}",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"JSON"}},
    {.label = "a dtype of 10^3 bytes",
     .before = "{\"w\":{\"dtype\":\"",
     .middle = "F",
     .times = 1000,
     .after = "\",\"shape\":[],\"data_offsets\":[0,0]}}",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"\"w\"", "dtype", "FFF...FFF"}},
    {.label = "a name of 10^4 bytes",
     .before = "{\"",
     .middle = "\\u001b",
     .times = 10000,
     .after = "\":{}}",
     .status = SRNN_ERROR_FORMAT,
     .texts = {"\"\\x1b\\x1b", "\\x1b...\\x1b", "\\x1b\""}},
    {.label = "10^6 keys",
     .before = "{\"w\":1",
     .middle = ",\"w\":1",
     .times = 1000000,
     .after = "}",
     .status = SRNN_ERROR_RANGE,
     .texts = {"6000007", "4194304"}},
    {.label = "a name of 50 MB",
     .before = "{\"",
     .middle = "0123456789",
     .times = 5000000,
     .after = "\":{}}",
     .status = SRNN_ERROR_RANGE,
     .texts = {"50000007", "4194304"}},
    {.label = "100 MB of blanks",
     .before = "{",
     .middle = "          ",
     .times = 10000000,
     .after = "}",
     .status = SRNN_ERROR_RANGE,
     .texts = {"100000002", "4194304"}},
    {.label = "one byte too many",
     .before = "{}",
     .middle = " ",
     .times = SRNN_MAX_HEADER_SIZE - 1,
     .after = "",
     .status = SRNN_ERROR_RANGE,
     .texts = {"4194305", "4194304"}},
};

static void test_weights_memory__refuses_deliberately_costly_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expensive / sizeof *expensive; i++) {
        weights_file file = repeat(expensive[i].before, expensive[i].middle,
                                   expensive[i].times, expensive[i].after);
        srnn_weights *weights = NULL;
        expect_failure(
            expensive[i].label,
            srnn_weights_open_memory(&weights, file.bytes, file.size),
            expensive[i].status, expensive[i].texts);
        assert_null(weights);
        weights_file_free(&file);
    }
}

static void test_weights_memory__suffices_for_the_largest_header(void **state)
{
    weights_file file = repeat("{}", " ", SRNN_MAX_HEADER_SIZE - 2, "");
    (void)state;
    srnn_weights *const weights = open_file("largest", &file);
    assert_int_equal(srnn_weights_count(weights), 0);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

/* count tensors of no elements, as many as fit a header. */
static weights_file make_tensors(int64_t count)
{
    static const int64_t shape[] = {0};
    weights_builder builder = {0};
    for (int64_t i = 0; i < count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%05d",
                       (int)(i * 7919 % count)); /* in no order */
        weights_builder_add(&builder, name, "F32", 1, shape);
    }
    return weights_builder_finish(&builder);
}

enum { TENSORS = 69997 }; /* prime to 7919 */

static void test_weights_memory__suffices_for_70000_tensors(void **state)
{
    weights_file file = make_tensors(TENSORS);
    (void)state;
    srnn_weights *const weights = open_file("many", &file);
    assert_int_equal(srnn_weights_count(weights), TENSORS);
    for (int i = 0; i < TENSORS; i++) {
        char name[32];
        srnn_tensor *tensor = NULL;
        (void)snprintf(name, sizeof name, "%05d", i);
        assert_string_equal(srnn_weights_name(weights, i), name);
        expect_success(name, srnn_weights_read_tensor(&tensor, weights, name));
        srnn_tensor_destroy(tensor);
    }
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static const weights_topology deepest = {1, 1, 25000, 1, false, "F32", ""};

static void test_weights_memory__suffices_for_25000_layers(void **state)
{
    weights_file file = weights_file_of_rnn(&deepest);
    (void)state;
    srnn_weights *const weights = open_file("deep", &file);
    srnn_rnn *rnn = NULL;
    expect_success("deep",
                   srnn_rnn_create_from_weights(&rnn, weights, NULL, NULL));
    assert_int_equal(srnn_rnn_parameter_count(rnn), 2 * deepest.L);
    for (int64_t i = 0; i < 2 * deepest.L; i++) {
        srnn_tensor *tensor = NULL;
        expect_success(
            "deep", srnn_rnn_copy_parameter(&tensor, rnn,
                                            srnn_rnn_parameter_name(rnn, i)));
        const float *const value = srnn_tensor_data(tensor);
        assert_true((double)*value ==
                    weights_value(srnn_rnn_parameter_name(rnn, i), 0));
        srnn_tensor_destroy(tensor);
    }
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static counting_allocator counts;

static int count_memory(void **state)
{
    (void)state;
    counts = (counting_allocator){.limit = SIZE_MAX};
    return srnn_allocator_set(counting_allocate, counting_free, &counts);
}

static int stop_counting(void **state)
{
    (void)state;
    return srnn_allocator_set(NULL, NULL, NULL);
}

static void expect_peak(const char *label, size_t bound)
{
    if (counts.peak > bound)
        fail_msg("%s: a peak of %zu bytes, allowed are %zu", label, counts.peak,
                 bound);
}

/* The bytes that a parameter takes, packed too if it is a weight. */
static size_t kept_bytes(const srnn_tensor *parameter)
{
    const size_t size = (size_t)element_bytes(srnn_tensor_dtype(parameter));
    const size_t rows = (size_t)srnn_tensor_shape(parameter)[0];
    const size_t bytes = (size_t)srnn_tensor_size(parameter) * size;
    if (srnn_tensor_rank(parameter) < 2)
        return bytes;
    return bytes + bytes / rows * ((rows * size + 63) / 64 * 64 / size);
}

/* The same of all parameters. */
static size_t decoded_bytes(const srnn_rnn *rnn)
{
    size_t bytes = 0;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        srnn_tensor *const tensor = parameter_copy(rnn, i);
        bytes += kept_bytes(tensor);
        srnn_tensor_destroy(tensor);
    }
    return bytes;
}

/* In the dtype of the file, or in another. */
static void check_peak_of_rnn(const char *label, const weights_file *file,
                              srnn_dtype dtype)
{
    srnn_config *const config =
        CONFIG({dtype == 0 ? 0 : SRNN_OPTION_DTYPE, dtype});
    srnn_rnn *rnn = NULL;
    counts.peak = 0;
    srnn_weights *const weights = open_file(label, file);
    expect_success(label,
                   srnn_rnn_create_from_weights(&rnn, weights, NULL, config));
    const size_t peak = counts.peak;
    const size_t decoded = decoded_bytes(rnn);
    counts.peak = peak;
    expect_peak(label, file->size + decoded + (1u << 20));
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
    srnn_config_destroy(config);
}

static void test_weights_memory__of_an_rnn_is_bounded(void **state)
{
    static const struct {
        weights_topology topology;
        srnn_dtype dtype; /* 0: the file's */
    } cases[] = {
        /* one weight that outweighs the others */
        {{200000, 10, 1, 1, true, "F32", ""}, 0},
        {{200000, 10, 1, 1, true, "F64", ""}, 0},
        {{200000, 10, 1, 1, true, "F16", ""}, 0},
        {{200000, 10, 1, 1, true, "BF16", ""}, 0},
        {{200000, 10, 1, 1, true, "F16", ""}, SRNN_DTYPE_FLOAT64},
        {{200000, 10, 1, 1, true, "F32", ""}, SRNN_DTYPE_FLOAT64},
        {{200000, 10, 1, 1, true, "F64", ""}, SRNN_DTYPE_FLOAT32},
        /* many of one size, and many small ones */
        {{200, 200, 10, 2, true, "F32", ""}, 0},
        {{200, 200, 10, 2, true, "F16", ""}, 0},
        {{2, 2, 400, 2, true, "F32", ""}, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const weights_topology *const topology = &cases[i].topology;
        char label[64];
        (void)snprintf(label, sizeof label, "%s H=%d L=%d to dtype %d",
                       topology->dtype, (int)topology->H, (int)topology->L,
                       (int)cases[i].dtype);
        weights_file file = weights_file_of_rnn(topology);
        check_peak_of_rnn(label, &file, cases[i].dtype);
        weights_file_free(&file);
    }
}

static void test_weights_memory__of_a_long_name_is_bounded(void **state)
{
    weights_file file =
        repeat("{\"", "0123456789", 400000,
               "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}");
    (void)state;
    counts.peak = 0;
    srnn_weights_destroy(open_file("name", &file));
    expect_peak("name", file.size + (1u << 20));
    weights_file_free(&file);
}

static weights_file make_metadata(int count)
{
    weights_file header = {NULL, 0, 0};
    weights_file_append_text(&header, "{\"__metadata__\":{\"k\":\"\"");
    for (int i = 0; i < count; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, ",\"%x\":\"\"", (unsigned)i);
        weights_file_append_text(&header, text);
    }
    weights_file_append_text(&header, "}}");
    const weights_file file =
        weights_file_of_header(header.bytes, header.size, 0);
    weights_file_free(&header);
    return file;
}

/* Nearly 4 MiB of entries and next to no data. */
static void test_weights_memory__of_a_full_header_is_bounded(void **state)
{
    enum { LAYER = 320 }; /* what a struct of a layer may have */
    weights_file files[] = {make_tensors(TENSORS), make_metadata(380000),
                            weights_file_of_rnn(&deepest)};
    static const char *const labels[] = {"tensors", "metadata", "layers"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        srnn_rnn *rnn = NULL;
        counts.peak = 0;
        srnn_weights *const weights = open_file(labels[i], &files[i]);
        expect_peak(labels[i], files[i].size + (1u << 20));
        if (i == 2)
            expect_success(labels[i], srnn_rnn_create_from_weights(
                                          &rnn, weights, NULL, NULL));
        /* Packed, even the smallest weight takes a line of 64 bytes. */
        const size_t weights_and_layers =
            (size_t)srnn_rnn_parameter_count(rnn) * (64 + LAYER / 2);
        expect_peak(labels[i], files[i].size + weights_and_layers + (1u << 20));
        srnn_rnn_destroy(rnn);
        srnn_weights_destroy(weights);
        weights_file_free(&files[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_weights_memory__refuses_deliberately_costly_files),
        cmocka_unit_test(test_weights_memory__suffices_for_the_largest_header),
        cmocka_unit_test(test_weights_memory__suffices_for_70000_tensors),
        cmocka_unit_test(test_weights_memory__suffices_for_25000_layers),
        cmocka_unit_test_setup_teardown(
            test_weights_memory__of_an_rnn_is_bounded, count_memory,
            stop_counting),
        cmocka_unit_test_setup_teardown(
            test_weights_memory__of_a_full_header_is_bounded, count_memory,
            stop_counting),
        cmocka_unit_test_setup_teardown(
            test_weights_memory__of_a_long_name_is_bounded, count_memory,
            stop_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
