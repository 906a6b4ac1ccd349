/* SPDX-License-Identifier: MIT */
/* Weight files that are none: every rule of the format broken on its own, in
 * memory and as a file on disk. Each gives SRNN_ERROR_FORMAT and a reason that
 * names the tensor or the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/temporary.h"
#include "support/weights_file.h"

#define ENTRY(name, dtype, shape, offsets)                                     \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape                   \
    ",\"data_offsets\":" offsets "}"

/* Headers of one tensor, w, with one thing varied. */
#define DTYPE(dtype) "{" ENTRY("w", dtype, "[2]", "[0,8]") "}"
#define SHAPE(shape) "{" ENTRY("w", "F32", shape, "[0,8]") "}"
#define OFFSETS(offsets) "{" ENTRY("w", "F32", "[2]", offsets) "}"
#define FIELDS(fields) "{\"w\":{" fields "}}"
#define NAME(name) "{" ENTRY(name, "F128", "[2]", "[0,8]") "}"
#define TWO(first, second)                                                     \
    "{" ENTRY("a", "F32", "[2]", first) "," ENTRY("b", "F32", "[2]", second) "}"

static void expect_refused(const char *label, const weights_file *file,
                           srnn_status wanted,
                           const char *const texts[EXPECT_TEXTS])
{
    srnn_weights *weights = (srnn_weights *)(void *)&weights;
    expect_failure(label,
                   srnn_weights_open_memory(&weights, file->bytes, file->size),
                   wanted, texts);
    assert_null(weights);
    weights = (srnn_weights *)(void *)&weights;
    const char *const path = temporary_write("w", file->bytes, file->size);
    expect_failure(label, srnn_weights_open(&weights, path), wanted, texts);
    assert_null(weights);
}

typedef struct {
    const char *label;
    const char *header;
    size_t data_size;
    const char *texts[EXPECT_TEXTS];
} format_case;

static void expect_all_refused(const format_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        weights_file file =
            weights_file_of_text(cases[i].header, cases[i].data_size);
        expect_refused(cases[i].label, &file, SRNN_ERROR_FORMAT,
                       cases[i].texts);
        weights_file_free(&file);
    }
}

#define EXPECT_ALL_REFUSED(cases)                                              \
    expect_all_refused(cases, sizeof(cases) / sizeof *(cases))

static void test_weights_format__refuses_a_wrong_length(void **state)
{
    static const struct {
        const char *label;
        const char bytes[24];
        size_t size;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"empty", "", 0, {"0 bytes", "8"}},
        {"below 8 bytes", "\2\0\0\0\0\0\0", 7, {"7 bytes", "8"}},
        {"no header", "\0\0\0\0\0\0\0\0", 8, {"empty", "{}"}},
        {"no header but data", "\0\0\0\0\0\0\0\0{}", 10, {"empty", "{}"}},
        {"header cut", "\2\0\0\0\0\0\0\0{", 9, {" 2 bytes", " 9"}},
        {"length one too large", "\3\0\0\0\0\0\0\0{}", 10, {" 3 ", " 10"}},
        {"length one too small", "\1\0\0\0\0\0\0\0{}", 10, {"JSON"}},
        {"above 100,000,000", "\1\xe1\xf5\5\0\0\0\0{}", 10, {"100000001"}},
        {"2^32 + 2", "\2\0\0\0\1\0\0\0{}", 10, {"4294967298", " 10"}},
        {"2^63", "\0\0\0\0\0\0\0\x80{}", 10, {"9223372036854775808"}},
        {"2^64 - 8: 8 + N wraps to 0",
         "\xf8\xff\xff\xff\xff\xff\xff\xff{}",
         10,
         {"18446744073709551608", " 10"}},
        {"2^64 - 6: 8 + N wraps to 2",
         "\xfa\xff\xff\xff\xff\xff\xff\xff{}",
         10,
         {"18446744073709551610", " 10"}},
        {"NumPy", "\x93NUMPY\1\0v\0", 10, {"NumPy", "not a safetensors file"}},
        {"zip", "PK\3\4\0\0\10\10", 8, {"torch.save", "zip archive"}},
        {"pickle",
         "\x80\2\x8a\nl\xfc\x9c\x46",
         8,
         {"torch.save", "simplernn.convert"}},
        {"HDF5", "\x89HDF\r\n\x1a\n", 8, {"HDF5"}},
        {"big-endian length", "\0\0\0\0\0\0\0\2{}", 10, {"144115188075855872"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_file file = {NULL, 0, 0};
        weights_file_append(&file, cases[i].bytes, cases[i].size);
        expect_refused(cases[i].label, &file, SRNN_ERROR_FORMAT,
                       cases[i].texts);
        weights_file_free(&file);
    }
}

static void
test_weights_format__refuses_headers_other_than_objects(void **state)
{
    static const format_case cases[] = {
        {"blank in front", " {}", 0, {"byte 0"}},
        {"newline in front", "\n{}", 0, {"byte 0"}},
        {"byte order mark", "\xef\xbb\xbf{}", 0, {"byte 0"}},
        {"array", "[]", 0, {"byte 0"}},
        {"string", "\"w\"", 0, {"byte 0"}},
        {"number", "1", 0, {"byte 0"}},
        {"a pickle", "\x80\2}q", 0, {"byte 0"}},
        {"only closed", "}", 0, {"byte 0", "0x7d"}},
        {"closed first", "}{}", 0, {"byte 0"}},
        {"comma instead of {", ",\"w\":{}}", 0, {"byte 0"}},
        {"two objects", "{}{}", 0, {"byte 2", "0x7b", "nothing more"}},
        {"more closed than opened", "{}}", 0, {"byte 2", "nothing more"}},
        {"never closed", "{", 0, {"JSON", "too early"}},
        {"array closed as an object", SHAPE("[2}"), 8, {"JSON"}},
        {"string never closed at the end of a block of 64",
         "{\"0123456789012345678901234567890123456789012345678901234567890a",
         0,
         {"JSON"}},
        {"string never closed", "{\"w", 0, {"JSON"}},
        {"string ends in a backslash", "{\"w\\", 0, {"JSON"}},
        {"comment", "{/**/}", 0, {"byte 1"}},
        {"line comment", "{//\n}", 0, {"byte 1"}},
        {"hash comment", "{#\n}", 0, {"byte 1"}},
        {"comma at the end",
         "{" ENTRY("w", "F32", "[2]", "[0,8]") ",}",
         8,
         {"byte 54", "name"}},
        {"comma at the end of an array", SHAPE("[2,]"), 8, {"JSON"}},
        {"comma in front", "{,}", 0, {"byte 1", "name"}},
        {"no comma", SHAPE("[2 2]"), 8, {"JSON"}},
        {"no colon", "{\"w\" {}}", 0, {"byte 5", "colon"}},
        {"no value", "{\"w\":}", 0, {"JSON", "byte 5"}},
        {"no comma between tensors", "{\"w\":{}\"v\":{}}", 0, {"JSON"}},
        {"an array closes the object", "{\"w\":{}]", 0, {"byte 7", "comma"}},
        {"name without quotes", "{w:{}}", 0, {"byte 1"}},
        {"single quotes", "{'w':{}}", 0, {"byte 1"}},
        {"null", "{\"w\":null}", 0, {"byte 5", "outside strings"}},
        {"true", SHAPE("true"), 8, {"byte", "outside strings"}},
        {"NaN", SHAPE("[NaN]"), 8, {"byte"}},
        {"Infinity", SHAPE("[Infinity]"), 8, {"byte"}},
        {"unknown escape", "{\"\\x41\":{}}", 0, {"JSON"}},
        {"newline in a name", "{\"a\nb\":{}}", 0, {"JSON"}},
        {"\\u0000 in a name", "{\"a\\u0000b\":{}}", 0, {"JSON"}},
        {"invalid UTF-8", "{\"a\xff\":{}}", 0, {"JSON"}},
        {"UTF-8 cut short", "{\"a\xc3\":{}}", 0, {"JSON"}},
        {"overlong UTF-8", "{\"a\xc0\x80\":{}}", 0, {"JSON"}},
        {"UTF-8 of a surrogate", "{\"a\xed\xa0\x80\":{}}", 0, {"JSON"}},
        {"high surrogate alone", "{\"a\\ud800\":{}}", 0, {"JSON"}},
        {"low surrogate alone", "{\"a\\udc00\":{}}", 0, {"JSON"}},
    };
    (void)state;
    EXPECT_ALL_REFUSED(cases);
}

static void test_weights_format__refuses_a_header_with_nul(void **state)
{
    static const struct {
        const char *label;
        const char header[16];
        size_t size;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"NUL at the end", "{}\0", 3, {"byte 2"}},
        {"NUL in front", "\0{}", 3, {"byte 0"}},
        {"NUL inside", "{\0}", 3, {"byte 1"}},
        {"NUL behind a number", "{\"w\":{\"\":[1\0]}}", 15, {"byte 11"}},
        {"NUL in a name", "{\"a\0b\":{}}", 10, {"JSON"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_file file =
            weights_file_of_header(cases[i].header, cases[i].size, 0);
        expect_refused(cases[i].label, &file, SRNN_ERROR_FORMAT,
                       cases[i].texts);
        weights_file_free(&file);
    }
}

static const format_case wrong_keys[] = {
    {"a name twice",
     "{" ENTRY("w", "F32", "[1]", "[0,4]") "," ENTRY("w", "F32", "[1]",
                                                     "[4,8]") "}",
     8,
     {"duplicate", "w"}},
    {"a name twice, once escaped",
     "{" ENTRY("w", "F32", "[1]", "[0,4]") "," ENTRY("\\u0077", "F32", "[1]",
                                                     "[4,8]") "}",
     8,
     {"duplicate"}},
    {"dtype twice",
     FIELDS("\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],"
            "\"data_offsets\":[0,8]"),
     8,
     {"duplicate"}},
    {"metadata twice",
     "{\"__metadata__\":{},\"__metadata__\":{}}",
     0,
     {"duplicate"}},
    {"metadata twice, once escaped",
     "{\"__metadata__\":{},\"\\u005f_metadata__\":{}}",
     0,
     {"duplicate"}},
    {"a key of the metadata twice",
     "{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}",
     0,
     {"duplicate"}},
    {"metadata is text",
     "{\"__metadata__\":\"w\"}",
     0,
     {"__metadata__", "object"}},
    {"metadata is an array",
     "{\"__metadata__\":[]}",
     0,
     {"byte 16", "not allowed here"}},
    {"metadata is a number", "{\"__metadata__\":1}", 0, {"__metadata__"}},
    {"a number in the metadata",
     "{\"__metadata__\":{\"key\":1}}",
     0,
     {"__metadata__", "key", "string"}},
    {"an object in the metadata",
     "{\"__metadata__\":{\"key\":{}}}",
     0,
     {"byte 23", "not allowed here"}},
    {"an array in the metadata",
     "{\"__metadata__\":{\"key\":[]}}",
     0,
     {"__metadata__", "key", "string"}},
    {"a tensor is text", "{\"w\":\"F32\"}", 0, {"\"w\"", "object"}},
    {"a tensor is a number", "{\"w\":1}", 0, {"\"w\"", "object"}},
    {"a tensor is an array", "{\"w\":[]}", 0, {"byte 5", "not allowed here"}},
    {"a tensor is empty", "{\"w\":{}}", 0, {"\"w\"", "dtype"}},
    {"no dtype",
     FIELDS("\"shape\":[2],\"data_offsets\":[0,8]"),
     8,
     {"\"w\"", "dtype"}},
    {"no shape",
     FIELDS("\"dtype\":\"F32\",\"data_offsets\":[0,8]"),
     8,
     {"\"w\"", "shape"}},
    {"no offsets",
     FIELDS("\"dtype\":\"F32\",\"shape\":[2]"),
     8,
     {"\"w\"", "data_offsets"}},
    {"one field too many",
     FIELDS("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],"
            "\"strides\":[1]"),
     8,
     {"\"w\"", "field", "strides"}},
    {"dtype is a number",
     FIELDS("\"dtype\":1,\"shape\":[2],\"data_offsets\":[0,8]"),
     8,
     {"\"w\"", "dtype"}},
};

static void test_weights_format__refuses_repeated_or_mistyped_keys(void **state)
{
    (void)state;
    EXPECT_ALL_REFUSED(wrong_keys);
}

static void test_weights_format__refuses_an_unknown_dtype(void **state)
{
    static const format_case cases[] = {
        {"empty", DTYPE(""), 8, {"\"w\"", "dtype", "\"\""}},
        {"lower case", DTYPE("f32"), 8, {"\"w\"", "dtype", "f32"}},
        {"blank after", DTYPE("F32 "), 8, {"\"w\"", "dtype", "F32 "}},
        {"wider than any", DTYPE("F128"), 8, {"\"w\"", "dtype", "F128"}},
        {"a name of PyTorch", DTYPE("float32"), 8, {"\"w\"", "float32"}},
        {"control bytes", DTYPE("F\\u001b3"), 8, {"\"w\"", "\\x1b"}},
        {"3 elements of 4 bits",
         "{" ENTRY("w", "F4", "[3]", "[0,1]") "}",
         1,
         {"\"w\"", "3 elements", "4 bits"}},
        {"3 elements of 6 bits",
         "{" ENTRY("w", "F6_E2M3", "[3]", "[0,2]") "}",
         2,
         {"\"w\"", "3 elements", "6 bits"}},
    };
    (void)state;
    EXPECT_ALL_REFUSED(cases);
}

static void test_weights_format__refuses_all_but_plain_digits(void **state)
{
    static const char *const numbers[] = {
        "-0",
        "-1",
        "+1",
        "1e3",
        "1E3",
        "1.0",
        ".5",
        "01",
        "00",
        "0x2",
        "1_0",
        "9223372036854775808",
        "18446744073709551616",
        "18446744073709551618",
        "36893488147419103234",
        "\"2\"",
    };
    static const char *const texts[EXPECT_TEXTS] = {NULL};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        static const char *const before[] = {
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[",
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[",
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,"};
        static const char *const after[] = {"],\"data_offsets\":[0,8]}}",
                                            ",8]}}", "]}}"};
        for (int place = 0; place < 3; place++) {
            weights_file header = {NULL, 0, 0};
            weights_file_append_text(&header, before[place]);
            weights_file_append_text(&header, numbers[i]);
            weights_file_append_text(&header, after[place]);
            weights_file file =
                weights_file_of_header(header.bytes, header.size, 8);
            expect_refused(numbers[i], &file, SRNN_ERROR_FORMAT, texts);
            weights_file_free(&file);
            weights_file_free(&header);
        }
    }
}

static void test_weights_format__refuses_a_wrong_shape(void **state)
{
    static const format_case cases[] = {
        {"an object", SHAPE("{}"), 8, {"byte 28", "not allowed here"}},
        {"a number", SHAPE("2"), 8, {"\"w\"", "shape"}},
        {"text in it", SHAPE("[\"2\"]"), 8, {"\"w\"", "shape"}},
        {"one too small", SHAPE("[1]"), 8, {"\"w\"", "8 bytes", " 1 "}},
        {"one too large", SHAPE("[3]"), 8, {"\"w\"", "8 bytes", " 3 "}},
        {"too large behind another",
         TWO("[0,8]", "[8,12]"),
         12,
         {"\"b\"", "[8, 12]", " 4 bytes", " 2 elements"}},
        {"a scalar with two values", SHAPE("[]"), 8, {"\"w\"", "8 bytes"}},
        {"no elements but data",
         SHAPE("[2,0]"),
         8,
         {"\"w\"", "8 bytes", " 0 "}},
        {"wrong dtype",
         "{" ENTRY("w", "F64", "[2]", "[0,8]") "}",
         8,
         {"\"w\"", "8 bytes", "2 elements", "64 bits"}},
        {"halves",
         "{" ENTRY("w", "BF16", "[2]", "[0,8]") "}",
         8,
         {"\"w\"", "8 bytes", "16 bits"}},
        {"elements wrap to 0",
         SHAPE("[4294967296,4294967296]"),
         8,
         {"\"w\"", "2^63", "4294967296"}},
        {"elements wrap to 2",
         SHAPE("[2,9223372036854775807]"),
         8,
         {"\"w\"", "2^63", "9223372036854775807"}},
        {"bits wrap to 64",
         SHAPE("[576460752303423490]"),
         8,
         {"\"w\"", "2^63", "576460752303423490"}},
        {"bytes wrap to 8",
         SHAPE("[4611686018427387906]"),
         8,
         {"\"w\"", "2^63", "4611686018427387906"}},
        {"0 beside sizes that overflow",
         "{" ENTRY("w", "F32", "[0,4294967296,4294967296]", "[0,0]") "}",
         0,
         {"\"w\"", "2^63"}},
        {"sizes that overflow beside 0",
         "{" ENTRY("w", "F32", "[9223372036854775807,2,0]", "[0,0]") "}",
         0,
         {"\"w\"", "2^63"}},
        {"9 dimensions", SHAPE("[1,1,1,1,1,1,1,1,2]"), 8, {"\"w\"", "9", "8"}},
    };
    (void)state;
    EXPECT_ALL_REFUSED(cases);
}

static void test_weights_format__refuses_gaps_and_overlaps(void **state)
{
    static const format_case cases[] = {
        {"none", OFFSETS("[]"), 8, {"\"w\"", "data_offsets"}},
        {"one", OFFSETS("[0]"), 8, {"\"w\"", "data_offsets"}},
        {"three", OFFSETS("[0,8,8]"), 8, {"\"w\"", "data_offsets"}},
        {"an object", OFFSETS("{}"), 8, {"byte 47", "not allowed here"}},
        {"arrays", OFFSETS("[[0],[8]]"), 8, {"byte 48", "not allowed here"}},
        {"text", OFFSETS("\"08\""), 8, {"\"w\"", "data_offsets"}},
        {"backwards", OFFSETS("[8,0]"), 8, {"\"w\"", "[8, 0]"}},
        {"past the end", OFFSETS("[0,8]"), 7, {"\"w\"", "[0, 8]", " 7 "}},
        {"no data", OFFSETS("[0,8]"), 0, {"\"w\"", "[0, 8]", " 0 "}},
        {"far past the end",
         OFFSETS("[9223372036854775799,9223372036854775807]"),
         8,
         {"\"w\"", "9223372036854775807"}},
        {"data after the last", OFFSETS("[0,8]"), 9, {" 1 bytes"}},
        {"data without tensors", "{}", 3, {" 3 bytes"}},
        {"gap in front", OFFSETS("[4,12]"), 12, {"\"w\"", "4", "gap"}},
        {"gap between",
         TWO("[0,8]", "[12,20]"),
         20,
         {"\"b\"", "12", "8", "gap"}},
        {"overlap", TWO("[0,8]", "[4,12]"), 12, {"\"b\"", "4", "8", "overlap"}},
        {"overlap, not in order",
         TWO("[4,12]", "[0,8]"),
         12,
         {"\"a\"", "overlap"}},
        {"the same data twice", TWO("[0,8]", "[0,8]"), 8, {"overlap"}},
        {"an empty tensor inside another",
         "{" ENTRY("a", "F32", "[2]", "[0,8]") "," ENTRY("b", "F32", "[0]",
                                                         "[4,4]") "}",
         8,
         {"\"b\"", "overlap"}},
        {"an empty tensor past the end",
         "{" ENTRY("w", "F32", "[0]", "[4,4]") "}",
         0,
         {"\"w\"", "[4, 4]"}},
    };
    (void)state;
    EXPECT_ALL_REFUSED(cases);
}

static void test_weights_format__escapes_and_shortens_names(void **state)
{
    static const format_case cases[] = {
        {"empty", NAME(""), 8, {"\"\""}},
        {"control bytes",
         NAME("a\\u0001\\u001b[31m\\r\\n"),
         8,
         {"\"a\\x01\\x1b[31m\\x0d\\x0a\""}},
        {"delete", NAME("a\x7f"), 8, {"\"a\\x7f\""}},
        {"quotes", NAME("a\\\"b\\\\"), 8, {"\"a\\x22b\\x5c\""}},
        {"a path", NAME("../../etc/passwd"), 8, {"\"../../etc/passwd\""}},
        {"a format", NAME("%s%n%p"), 8, {"\"%s%n%p\""}},
        {"look-alike",
         NAME("weight_\xd1\x96h_l0"),
         8,
         {"\"weight_\\xd1\\x96h_l0\""}},
        {"right to left", NAME("\\u202egpj"), 8, {"\"\\xe2\\x80\\xaegpj\""}},
    };
    (void)state;
    EXPECT_ALL_REFUSED(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_format__refuses_a_wrong_length),
        cmocka_unit_test(
            test_weights_format__refuses_headers_other_than_objects),
        cmocka_unit_test(test_weights_format__refuses_a_header_with_nul),
        cmocka_unit_test(
            test_weights_format__refuses_repeated_or_mistyped_keys),
        cmocka_unit_test(test_weights_format__refuses_an_unknown_dtype),
        cmocka_unit_test(test_weights_format__refuses_all_but_plain_digits),
        cmocka_unit_test(test_weights_format__refuses_a_wrong_shape),
        cmocka_unit_test(test_weights_format__refuses_gaps_and_overlaps),
        cmocka_unit_test(test_weights_format__escapes_and_shortens_names),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
