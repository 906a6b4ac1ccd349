/* SPDX-License-Identifier: MIT */
/* Weight files at the edge of the format that must open, and their values: all
 * 65536 F16 and BF16 patterns against the definition of those formats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/weights_file.h"

static srnn_weights *open_file(const char *label, const weights_file *file)
{
    srnn_weights *weights = NULL;
    expect_success(label,
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    return weights;
}

static srnn_tensor *read_tensor(const srnn_weights *weights, const char *name)
{
    srnn_tensor *tensor = NULL;
    expect_success(name, srnn_weights_read_tensor(&tensor, weights, name));
    return tensor;
}

static void test_weights_valid__accepts_the_edges_of_the_format(void **state)
{
    static const struct {
        const char *header;
        size_t data_size;
        int64_t count;
    } cases[] = {
        {"{}", 0, 0},
        {"{}      ", 0, 0},
        {"{ \t\r\n}\n", 0, 0},
        {"{\"__metadata__\":{}}", 0, 0},
        {"{\"\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
         1},
        {"{\"a\":{\"data_offsets\":[4,8],\"shape\":[],\"dtype\":\"F32\"},"
         "\"b\":{\"data_offsets\":[0,4],\"shape\":[],\"dtype\":\"F32\"}}",
         8, 2}, /* not in order of offsets */
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"c\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}",
         4, 3}, /* empty ones at either side */
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
         4, 2}, /* an empty one in front, named last */
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1],"
         "\"data_offsets\":[0,4]}}",
         4, 1},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[281474976710656,0],"
         "\"data_offsets\":[0,0]}}",
         0, 1},
        {"{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[0,3]},"
         "\"b\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[3,4]}}",
         4, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_file file =
            weights_file_of_text(cases[i].header, cases[i].data_size);
        srnn_weights *const weights = open_file(cases[i].header, &file);
        assert_int_equal(srnn_weights_count(weights), cases[i].count);
        srnn_weights_destroy(weights);
        weights_file_free(&file);
    }
}

static void test_weights_valid__lists_names_in_byte_order(void **state)
{
    /* With bytes that an error message would escape. */
    static const char *const names[] = {"",  "\x01\x1b[31m", "../w",    "A",
                                        "a", "a.b",          "\xc3\xa9"};
    static const char *const written[] = {
        "a.b", "\\u00e9", "A", "", "a", "..\\/w", "\\u0001\\u001b[31m"};
    enum { NAMES = sizeof names / sizeof *names };
    (void)state;
    weights_builder builder = {0};
    for (int i = 0; i < NAMES; i++)
        weights_builder_add(&builder, written[i], "F32", 0, NULL);
    weights_file file = weights_builder_finish(&builder);
    srnn_weights *const weights = open_file("names", &file);
    assert_int_equal(srnn_weights_count(weights), NAMES);
    for (int i = 0; i < NAMES; i++) {
        assert_string_equal(srnn_weights_name(weights, i), names[i]);
        srnn_tensor_destroy(read_tensor(weights, names[i]));
    }
    assert_null(srnn_weights_name(weights, -1));
    assert_null(srnn_weights_name(weights, NAMES));
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_weights_valid__finds_metadata_by_key(void **state)
{
    weights_file file = weights_file_of_text(
        "{\"__metadata__\":{\"format\":\"pt\",\"\":\"empty key\","
        "\"empty\":\"\",\"text\":\"\\u00e9\\n\"}}",
        0);
    (void)state;
    srnn_weights *const weights = open_file("metadata", &file);
    assert_string_equal(srnn_weights_metadata(weights, "format"), "pt");
    assert_string_equal(srnn_weights_metadata(weights, ""), "empty key");
    assert_string_equal(srnn_weights_metadata(weights, "empty"), "");
    assert_string_equal(srnn_weights_metadata(weights, "text"), "\xc3\xa9\n");
    assert_null(srnn_weights_metadata(weights, "forma"));
    assert_null(srnn_weights_metadata(weights, "__metadata__"));
    assert_int_equal(srnn_weights_count(weights), 0);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_weights_valid__accepts_long_metadata(void **state)
{
    char text[3001];
    (void)state;
    memset(text, 'a', 3000);
    text[3000] = '\0';
    weights_builder builder = {0};
    weights_builder_add_metadata(&builder, "k", text);
    weights_file file = weights_builder_finish(&builder);
    srnn_weights *const weights = open_file("metadata", &file);
    assert_string_equal(srnn_weights_metadata(weights, "k"), text);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_weights_valid__gives_tensors_the_shape_of_files(void **state)
{
    static const int64_t shapes[][8] = {
        {7}, {2, 3}, {0, 3}, {3, 0}, {1, 2, 1, 2, 1, 2, 1, 2}};
    static const int ranks[] = {0, 2, 2, 2, 8};
    (void)state;
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        weights_builder builder = {0};
        weights_builder_add(&builder, "w", "F64", ranks[i], shapes[i]);
        weights_file file = weights_builder_finish(&builder);
        srnn_weights *const weights = open_file("shape", &file);
        srnn_tensor *const tensor = read_tensor(weights, "w");
        const double *const values = srnn_tensor_data(tensor);
        assert_int_equal(srnn_tensor_dtype(tensor), SRNN_DTYPE_FLOAT64);
        assert_int_equal(srnn_tensor_rank(tensor), ranks[i]);
        for (int d = 0; d < ranks[i]; d++)
            assert_int_equal(srnn_tensor_shape(tensor)[d], shapes[i][d]);
        for (int64_t k = 0; k < srnn_tensor_size(tensor); k++)
            assert_true(values[k] == weights_value("w", k));
        srnn_tensor_destroy(tensor);
        srnn_weights_destroy(weights);
        weights_file_free(&file);
    }
}

static void test_weights_valid__refuses_another_dtype_or_name(void **state)
{
    static const int64_t shape[] = {2};
    (void)state;
    weights_builder builder = {0};
    weights_builder_add(&builder, "steps", "I32", 1, shape);
    weights_builder_add(&builder, "mask", "F8_E4M3", 1, shape);
    weights_file file = weights_builder_finish(&builder);
    srnn_weights *const weights = open_file("dtypes", &file);
    static const struct {
        const char *name;
        srnn_status status;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"steps", SRNN_ERROR_DTYPE, {"\"steps\"", "I32", "I64, U8 or BOOL"}},
        {"mask", SRNN_ERROR_DTYPE, {"\"mask\"", "F8_E4M3"}},
        {"step", SRNN_ERROR_NOT_FOUND, {"\"step\"", " 2"}},
        {"steps\n", SRNN_ERROR_NOT_FOUND, {"\"steps\\x0a\""}},
        {"", SRNN_ERROR_NOT_FOUND, {"\"\""}},
        {"__metadata__", SRNN_ERROR_NOT_FOUND, {"\"__metadata__\""}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        srnn_tensor *tensor = (srnn_tensor *)(void *)&tensor;
        expect_failure(
            cases[i].name,
            srnn_weights_read_tensor(&tensor, weights, cases[i].name),
            cases[i].status, cases[i].texts);
        assert_null(tensor);
    }
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

/* As they are, byte for byte: a BOOL may be any byte. */
static void test_weights_valid__keeps_integers(void **state)
{
    static const struct {
        const char *type;
        srnn_dtype dtype;
        int64_t size;
    } cases[] = {{"I64", SRNN_DTYPE_INT64, 8},
                 {"U8", SRNN_DTYPE_UINT8, 1},
                 {"BOOL", SRNN_DTYPE_UINT8, 1}};
    static const unsigned char bytes[24] = {
        0,    1,    2,    3,    4,    5,    6,    0x7f, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0x80, 0x7f, 0x10, 9,    8,    7,    6,    0x80};
    static const int64_t numbers[] = {0x7f06050403020100, -1,
                                      -0x7ff9f8f7f6ef8080};
    (void)state;
    for (int i = 0; i < 3; i++) {
        weights_builder builder = {0};
        weights_builder_add_bytes(&builder, "w", cases[i].type, bytes,
                                  sizeof bytes);
        weights_file file = weights_builder_finish(&builder);
        srnn_weights *const weights = open_file(cases[i].type, &file);
        srnn_tensor *const tensor = read_tensor(weights, "w");
        assert_int_equal(srnn_tensor_dtype(tensor), cases[i].dtype);
        assert_int_equal(srnn_tensor_size(tensor) * cases[i].size,
                         sizeof bytes);
        assert_memory_equal(srnn_tensor_data(tensor),
                            i == 0 ? (const void *)numbers : bytes,
                            sizeof bytes);
        srnn_tensor_destroy(tensor);
        srnn_weights_destroy(weights);
        weights_file_free(&file);
    }
}

static void test_weights_valid__lists_metadata_in_byte_order(void **state)
{
    static const char *const keys[] = {"", "A", "a", "a.b", "b", "\xc3\xa9"};
    (void)state;
    weights_file file = weights_file_of_text(
        "{\"__metadata__\":{\"b\":\"\",\"\\u00e9\":\"\",\"a.b\":\"\","
        "\"A\":\"\",\"\":\"\",\"a\":\"\"}}",
        0);
    srnn_weights *const weights = open_file("keys", &file);
    for (int i = 0; i < 6; i++)
        assert_string_equal(srnn_weights_metadata_key(weights, i), keys[i]);
    assert_null(srnn_weights_metadata_key(weights, -1));
    assert_null(srnn_weights_metadata_key(weights, 6));
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

/* sign, exponent_bits of exponent, the rest fraction: the value by the
 * definition of IEEE 754. */
static double value_of(uint16_t pattern, int exponent_bits)
{
    const int fraction_bits = 15 - exponent_bits;
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const int exponent = pattern >> fraction_bits & ((1 << exponent_bits) - 1);
    const int fraction = pattern & ((1 << fraction_bits) - 1);
    const double sign = (pattern & 0x8000) != 0 ? -1 : 1;
    if (exponent == (1 << exponent_bits) - 1)
        return fraction != 0 ? copysign(NAN, sign) : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexp(fraction, 1 - bias - fraction_bits);
    return sign * ldexp(fraction + (1 << fraction_bits),
                        exponent - bias - fraction_bits);
}

static void check_all_patterns(const char *dtype, int exponent_bits)
{
    enum { PATTERNS = 65536 };
    unsigned char *const bytes = malloc((size_t)2 * PATTERNS);
    assert_non_null(bytes);
    for (int i = 0; i < PATTERNS; i++) {
        bytes[2 * i] = (unsigned char)(i & 0xff);
        bytes[2 * i + 1] = (unsigned char)(i >> 8);
    }
    weights_builder builder = {0};
    weights_builder_add_bytes(&builder, "w", dtype, bytes,
                              (size_t)2 * PATTERNS);
    weights_file file = weights_builder_finish(&builder);
    srnn_weights *const weights = open_file(dtype, &file);
    srnn_tensor *const tensor = read_tensor(weights, "w");
    const float *const values = srnn_tensor_data(tensor);
    assert_int_equal(srnn_tensor_dtype(tensor), SRNN_DTYPE_FLOAT32);
    assert_int_equal(srnn_tensor_size(tensor), PATTERNS);
    for (int i = 0; i < PATTERNS; i++) {
        const double wanted = value_of((uint16_t)i, exponent_bits);
        const double got = (double)values[i];
        if (signbit(got) != signbit(wanted) || isnan(got) != isnan(wanted) ||
            (!isnan(wanted) && got != wanted))
            fail_msg("%s 0x%04x is %a, expected %a", dtype, (unsigned)i, got,
                     wanted);
    }
    srnn_tensor_destroy(tensor);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
    free(bytes);
}

static void test_weights_valid__widens_every_f16_and_bf16(void **state)
{
    (void)state;
    check_all_patterns("F16", 5);
    check_all_patterns("BF16", 8);
}

/* Bits as they are, NaN payloads and all, wherever the data lies in memory. */
static void test_weights_valid__keeps_f32_and_f64_bits_anywhere(void **state)
{
    static const unsigned char bytes[] = {
        0x00, 0x00, 0x80, 0x7f, 0x01, 0x00, 0xa0, 0xff, /* F32 inf, -NaN */
        0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, /* 2^-149, -0 */
        0xff, 0xff, 0x7f, 0x7f, 0x00, 0x00, 0x80, 0x3f};
    static const char *const dtypes[] = {"F32", "F64"};
    (void)state;
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        skip();
    for (int i = 0; i < 2 * 16; i++) {
        const char *const dtype = dtypes[i % 2];
        weights_builder builder = {0};
        weights_builder_add_bytes(&builder, "w", dtype, bytes, sizeof bytes);
        weights_file file = weights_builder_finish(&builder);
        unsigned char *const moved = malloc(file.size + 16);
        assert_non_null(moved);
        memcpy(moved + i / 2, file.bytes, file.size);
        const weights_file view = {moved + i / 2, file.size, 0};
        srnn_weights *const weights = open_file(dtype, &view);
        srnn_tensor *const tensor = read_tensor(weights, "w");
        assert_memory_equal(srnn_tensor_data(tensor), bytes, sizeof bytes);
        srnn_tensor_destroy(tensor);
        srnn_weights_destroy(weights);
        free(moved);
        weights_file_free(&file);
    }
}

/* No prefix of a file is a file: not one byte may be missing. */
static void test_weights_valid__refuses_a_file_cut_anywhere(void **state)
{
    static const weights_topology topology = {4, 2, 2, 2, true, "F32", ""};
    static const char *const texts[EXPECT_TEXTS] = {NULL};
    (void)state;
    weights_file file = weights_file_of_rnn(&topology);
    srnn_weights_destroy(open_file("whole", &file));
    for (size_t size = 0; size < file.size; size++) {
        char label[32];
        srnn_weights *weights = NULL;
        (void)snprintf(label, sizeof label, "%zu bytes", size);
        expect_failure(label,
                       srnn_weights_open_memory(&weights, file.bytes, size),
                       SRNN_ERROR_FORMAT, texts);
    }
    weights_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_valid__accepts_the_edges_of_the_format),
        cmocka_unit_test(test_weights_valid__lists_names_in_byte_order),
        cmocka_unit_test(test_weights_valid__finds_metadata_by_key),
        cmocka_unit_test(test_weights_valid__accepts_long_metadata),
        cmocka_unit_test(test_weights_valid__gives_tensors_the_shape_of_files),
        cmocka_unit_test(test_weights_valid__refuses_another_dtype_or_name),
        cmocka_unit_test(test_weights_valid__keeps_integers),
        cmocka_unit_test(test_weights_valid__lists_metadata_in_byte_order),
        cmocka_unit_test(test_weights_valid__widens_every_f16_and_bf16),
        cmocka_unit_test(test_weights_valid__keeps_f32_and_f64_bits_anywhere),
        cmocka_unit_test(test_weights_valid__refuses_a_file_cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
