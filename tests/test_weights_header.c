/* SPDX-License-Identifier: MIT */
/* Labels: native, no-valgrind */
/* Headers of up to 4 MiB that are made to be expensive: opening them takes at
 * most 1 MiB more than the file has bytes, and that includes the memory of
 * jansson. And what comes of reading strings piece by piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/counting_jansson.h"
#include "support/expect.h"
#include "support/weights_file.h"

enum { MIB = 1 << 20 };

static counting_allocator counts = {SIZE_MAX, 0, 0};

static int count_memory(void **state)
{
    (void)state;
    counting_jansson_install(&counts);
    return srnn_allocator_set(counting_allocate, counting_free, &counts);
}

static weights_file finish(weights_file *header, size_t data_size)
{
    const weights_file file =
        weights_file_of_header(header->bytes, header->size, data_size);
    weights_file_free(header);
    return file;
}

/* Opens the file, which it frees, within the bound. NULL if wanted is an error,
 * and then nothing is left behind. */
static srnn_weights *open_within(const char *label, weights_file *file,
                                 srnn_status wanted,
                                 const char *const texts[EXPECT_TEXTS])
{
    srnn_weights *weights = NULL;
    counts.peak = 0;
    const srnn_status status =
        srnn_weights_open_memory(&weights, file->bytes, file->size);
    if (wanted == SRNN_OK)
        expect_success(label, status);
    else
        expect_failure(label, status, wanted, texts);
    if (counts.peak > file->size + MIB)
        fail_msg("%s: a peak of %zu bytes for %zu", label, counts.peak,
                 file->size);
    assert_int_equal(weights == NULL, wanted != SRNN_OK);
    if (weights == NULL)
        assert_int_equal(counts.living, 0);
    weights_file_free(file);
    return weights;
}

static void close_all(srnn_weights *weights)
{
    srnn_weights_destroy(weights);
    assert_int_equal(counts.living, 0);
}

/* What must not be forgotten: that jansson counts at all. */
static void test_weights_header__counts_jansson_too(void **state)
{
    (void)state;
    weights_file file = weights_file_of_text("{\"\\u0041\":1}", 0);
    srnn_weights *weights = NULL;
    counts.peak = 0;
    json_t *const value = json_loads("[1]", 0, NULL);
    assert_non_null(value);
    json_decref(value);
    assert_int_not_equal(counts.peak, 0);
    expect_failure("1",
                   srnn_weights_open_memory(&weights, file.bytes, file.size),
                   SRNN_ERROR_FORMAT, (const char *[EXPECT_TEXTS]){"\"A\""});
    assert_int_equal(counts.living, 0);
    weights_file_free(&file);
}

#define NOTHING "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
#define RANK_8                                                                 \
    "{\"dtype\":\"U8\",\"shape\":[0,1,1,1,1,1,1,9],\"data_offsets\":[0,0]}"

/* before, then times members with a number in their name, then after. */
static const struct {
    const char *label;
    const char *before, *value, *after;
    int times;
    int tensors, notes;
    srnn_status status;
    const char *texts[EXPECT_TEXTS];
} many[] = {
    {"69000 tensors", "{", NOTHING, "}", 69000, 69000, 0, SRNN_OK, {NULL}},
    {"16700 tensors of 8 dimensions",
     "{",
     RANK_8,
     "}",
     16700,
     16700,
     0,
     SRNN_OK,
     {NULL}},
    {"hardly more tensors of 8 dimensions than there is room for",
     "{",
     RANK_8,
     "}",
     SIZE_MAX > UINT32_MAX ? 18000 : 22500, /* an entry has a pointer */
     0,
     0,
     SRNN_ERROR_RANGE,
     {"shapes", "524288"}},
    {"55000 tensors of 8 dimensions",
     "{",
     RANK_8,
     "}",
     55000,
     0,
     0,
     SRNN_ERROR_RANGE,
     {"shapes", "524288"}},
    {"300000 notes",
     "{\"__metadata__\":{",
     "\"\"",
     "}}",
     300000,
     0,
     300000,
     SRNN_OK,
     {NULL}},
    {"250000 short notes",
     "{\"__metadata__\":{",
     "\"\\u0041\"",
     "}}",
     250000,
     0,
     250000,
     SRNN_OK,
     {NULL}},
    {"300000 empty objects",
     "{",
     "{}",
     "}",
     300000,
     0,
     0,
     SRNN_ERROR_FORMAT,
     {"\"0\"", "dtype"}},
    {"300000 empty objects behind one tensor",
     "{\"w\":" NOTHING ",",
     "{}",
     "}",
     300000,
     0,
     0,
     SRNN_ERROR_FORMAT,
     {"\"0\"", "dtype"}},
    {"300000 fields",
     "{\"w\":{",
     "1",
     "}}",
     300000,
     0,
     0,
     SRNN_ERROR_FORMAT,
     {"\"w\"", "bytes of JSON", "4096"}},
    {"300000 lists",
     "{\"w\":{",
     "[]",
     "}}",
     300000,
     0,
     0,
     SRNN_ERROR_FORMAT,
     {"\"w\"", "bytes of JSON", "4096"}},
    {"300000 notes that are lists",
     "{\"__metadata__\":{",
     "[]",
     "}}",
     300000,
     0,
     0,
     SRNN_ERROR_FORMAT,
     {"\"0\"", "not a string"}},
};

static weights_file make_many(const char *before, const char *value, int times,
                              const char *after)
{
    weights_file header = {NULL, 0, 0};
    weights_file_append_text(&header, before);
    for (int i = 0; i < times; i++) {
        char member[128];
        (void)snprintf(member, sizeof member, "%s\"%x\":%s", i == 0 ? "" : ",",
                       (unsigned)(i * INT64_C(7919) % times), value);
        weights_file_append_text(&header, member);
    }
    weights_file_append_text(&header, after);
    assert_in_range(header.size, MIB / 2, SRNN_MAX_HEADER_SIZE);
    return finish(&header, 0);
}

/* All are there, in order, and each is found. */
static void check_members(const srnn_weights *weights, int tensors, int notes)
{
    const char *key = NULL;
    const char *before = NULL;
    assert_int_equal(srnn_weights_count(weights), tensors);
    for (int i = 0; i < tensors; i++) {
        const int64_t *const shape = srnn_weights_shape(weights, i);
        const char *const name = srnn_weights_name(weights, i);
        const int32_t rank = srnn_weights_rank(weights, i);
        assert_true(i == 0 || strcmp(before, name) < 0);
        assert_string_equal(srnn_weights_type(weights, i), "U8");
        assert_int_equal(shape[0], 0);
        assert_true(rank == 1 || (rank == 8 && shape[1] == 1 && shape[7] == 9));
        before = name;
    }
    for (int i = 0; i < notes; i++, before = key) {
        key = srnn_weights_metadata_key(weights, i);
        assert_non_null(key);
        assert_true(i == 0 || strcmp(before, key) < 0);
        const char *const text = srnn_weights_metadata(weights, key);
        assert_true(*text == '\0' || strcmp(text, "A") == 0);
    }
    assert_null(srnn_weights_metadata_key(weights, notes));
}

static void test_weights_header__with_many_members_is_bounded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        weights_file file = make_many(many[i].before, many[i].value,
                                      many[i].times, many[i].after);
        srnn_weights *const weights =
            open_within(many[i].label, &file, many[i].status, many[i].texts);
        if (weights != NULL)
            check_members(weights, many[i].tensors, many[i].notes);
        close_all(weights);
    }
}

/* before, then middle times over, then after. */
static const struct {
    const char *label;
    const char *before, *middle, *after;
    size_t times;
    srnn_status status;
    const char *texts[EXPECT_TEXTS];
} repeated[] = {
    {"a name of 4 MiB",
     "{\"",
     "0123456789",
     "\":" NOTHING "}",
     419000,
     SRNN_OK,
     {NULL}},
    {"a name of escapes",
     "{\"",
     "\\u001b",
     "\":" NOTHING "}",
     699000,
     SRNN_OK,
     {NULL}},
    {"a name of pairs",
     "{\"",
     "\\uD83D\\uDE00",
     "\":" NOTHING "}",
     349000,
     SRNN_OK,
     {NULL}},
    {"a key of 4 MiB",
     "{\"__metadata__\":{\"",
     "\xe2\x82\xac",
     "\":\"\"}}",
     1398000,
     SRNN_OK,
     {NULL}},
    {"a text of 4 MiB",
     "{\"__metadata__\":{\"k\":\"",
     "\\\\",
     "\"}}",
     2090000,
     SRNN_OK,
     {NULL}},
    {"a text of low surrogates",
     "{\"__metadata__\":{\"k\":\"",
     "\\udc00",
     "\"}}",
     699000,
     SRNN_ERROR_FORMAT,
     {"JSON", "invalid Unicode"}},
    {"a text of no characters",
     "{\"__metadata__\":{\"k\":\"",
     "\x80",
     "\"}}",
     4190000,
     SRNN_ERROR_FORMAT,
     {"JSON", "byte 22:"}},
    {"a field of 4 MiB",
     "{\"w\":{\"dtype\":\"",
     "F",
     "\"}}",
     4190000,
     SRNN_ERROR_FORMAT,
     {"\"w\"", "4190012", "4096"}},
    {"2000000 dimensions",
     "{\"w\":{\"shape\":[1",
     ",1",
     "]}}",
     2000000,
     SRNN_ERROR_FORMAT,
     {"\"w\"", "4000013", "4096"}},
    {"lists in lists",
     "{\"w\":{\"shape\":",
     "[",
     "",
     4000000,
     SRNN_ERROR_FORMAT,
     {"byte 15", "0x5b", "objects of arrays"}},
    {"objects in objects",
     "{",
     "\"w\":{",
     "",
     800000,
     SRNN_ERROR_FORMAT,
     {"byte 10", "0x7b"}},
    {"blanks", "{", "\t\r\n ", "}", 1000000, SRNN_OK, {NULL}},
    {"blanks in a tensor",
     "{\"w\":{\"dtype\":",
     " ",
     "\"F32\"}}",
     4000000,
     SRNN_ERROR_FORMAT,
     {"\"w\"", "4000015", "4096"}},
    {"colons", "{\"w\"", ":", "", 4000000, SRNN_ERROR_FORMAT, {"JSON"}},
};

static void test_weights_header__with_long_members_is_bounded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++) {
        weights_file header = {NULL, 0, 0};
        weights_file_append_text(&header, repeated[i].before);
        weights_file_append_repeated(&header, repeated[i].middle,
                                     repeated[i].times);
        weights_file_append_text(&header, repeated[i].after);
        assert_in_range(header.size, 3 * MIB, SRNN_MAX_HEADER_SIZE);
        weights_file file = finish(&header, 0);
        close_all(open_within(repeated[i].label, &file, repeated[i].status,
                              repeated[i].texts));
    }
}

/* Characters as they stand in a header, and as they are. */
static const struct {
    const char *written, *is;
} characters[] = {
    {"x", "x"},
    {"\\n", "\n"},
    {"\\\\", "\\"},
    {"\\\"", "\""},
    {"\\/", "/"},
    {"\xc3\xa9", "\xc3\xa9"},
    {"\xe2\x82\xac", "\xe2\x82\xac"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"\\u00e9", "\xc3\xa9"},
    {"\\uD7FF", "\xed\x9f\xbf"},
    {"\\uDC00", NULL}, /* half a pair */
    {"\\ud83d", NULL},
    {"\\uD83D\\uDE00", "\xf0\x9f\x98\x80"},
    {"\\udbff\\udfff", "\xf4\x8f\xbf\xbf"},
    {"\\bd\\udbff\\uDFFFdc", "\bd\xf4\x8f\xbf\xbf"
                             "dc"},
};

enum { SHORTEST = 1000, LONGEST = 1030, AFTER = 2000 };

/* A note whose text is so many x and then one character over and over. */
static void check_string(int before, size_t number)
{
    weights_file header = {NULL, 0, 0};
    weights_file wanted = {NULL, 0, 0};
    const char *const is = characters[number].is;
    weights_file_append_text(&header, "{\"__metadata__\":{\"k\":\"");
    weights_file_append_repeated(&header, "x", (size_t)before);
    weights_file_append_repeated(&header, characters[number].written, AFTER);
    weights_file_append_text(&header, "\"}}");
    weights_file file = finish(&header, 0);
    if (is == NULL) {
        (void)open_within(
            "half", &file, SRNN_ERROR_FORMAT,
            (const char *[EXPECT_TEXTS]){"JSON", "invalid Unicode"});
        return;
    }
    weights_file_append_repeated(&wanted, "x", (size_t)before);
    weights_file_append_repeated(&wanted, is, AFTER);
    weights_file_append(&wanted, "", 1);
    srnn_weights *const weights = open_within(is, &file, SRNN_OK, NULL);
    assert_string_equal(srnn_weights_metadata(weights, "k"),
                        (const char *)wanted.bytes);
    weights_file_free(&wanted);
    close_all(weights);
}

static void
test_weights_header__reads_strings_wherever_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++)
        for (int before = SHORTEST; before <= LONGEST; before++)
            check_string(before, i);
}

/* The byte of a fault is the same in the first piece of a string and in later
 * ones. */
static void test_weights_header__names_the_byte_in_a_long_string(void **state)
{
    static const struct {
        const char *fault;
        int bytes; /* of it that jansson reads */
    } faults[] = {{"\\x", 2}, {"\n", 0}, {"\xff", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        for (int before = 0; before < 5000; before += 7) {
            weights_file header = {NULL, 0, 0};
            char text[32];
            weights_file_append_text(&header, "{\"");
            weights_file_append_repeated(&header, "x", (size_t)before);
            weights_file_append_text(&header, faults[i].fault);
            weights_file_append_repeated(&header, "x", 2000);
            weights_file_append_text(&header, "\":" NOTHING "}");
            (void)snprintf(text, sizeof text,
                           "at byte %d:", 2 + before + faults[i].bytes);
            weights_file file = finish(&header, 0);
            (void)open_within(faults[i].fault, &file, SRNN_ERROR_FORMAT,
                              (const char *[EXPECT_TEXTS]){text, "JSON"});
        }
    }
}

/* Names that are the same are found wherever they are. */
static void test_weights_header__finds_duplicates_far_apart(void **state)
{
    static const struct {
        const char *before, *value, *after;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"{\"\\u0061bc\":" NOTHING ",",
         NOTHING,
         "}",
         {"header", "duplicate", "\"abc\""}},
        {"{", NOTHING, ",\"\\u0030\":" NOTHING "}", {"duplicate", "\"0\""}},
        {"{\"__metadata__\":{\"abc\":\"\",",
         "\"\"",
         "}}",
         {"__metadata__", "duplicate", "\"abc\""}},
        {"{\"__metadata__\":{",
         "\"\"",
         "},\"__metadata__\":{}}",
         {"duplicate", "__metadata__"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_file file =
            make_many(cases[i].before, cases[i].value, 60000, cases[i].after);
        (void)open_within(cases[i].after, &file, SRNN_ERROR_FORMAT,
                          cases[i].texts);
    }
}

/* The metadata may stand anywhere among the tensors. */
static void test_weights_header__takes_metadata_at_any_place(void **state)
{
    (void)state;
    for (int place = 0; place <= 4; place++) {
        weights_file header = {NULL, 0, 0};
        weights_file_append_text(&header, "{");
        for (int i = 0; i < 4; i++) {
            char entry[128];
            if (i == place)
                weights_file_append_text(&header, "\"__metadata__\":{\"b\":\"1"
                                                  "\",\"a\":\"22\"},");
            (void)snprintf(entry, sizeof entry, "\"%.*s\":%s%s", 4 - i, "wwww",
                           NOTHING, i == 3 && place != 4 ? "}" : ",");
            weights_file_append_text(&header, entry);
        }
        if (place == 4)
            weights_file_append_text(&header, "\"__metadata__\":{}}");
        weights_file file = finish(&header, 0);
        srnn_weights *const weights =
            open_within("place", &file, SRNN_OK, NULL);
        assert_int_equal(srnn_weights_count(weights), 4);
        assert_string_equal(srnn_weights_name(weights, 0), "w");
        assert_string_equal(srnn_weights_name(weights, 3), "wwww");
        if (place < 4)
            assert_string_equal(srnn_weights_metadata(weights, "a"), "22");
        assert_null(srnn_weights_metadata(weights, "c"));
        close_all(weights);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_header__counts_jansson_too),
        cmocka_unit_test(test_weights_header__with_many_members_is_bounded),
        cmocka_unit_test(test_weights_header__with_long_members_is_bounded),
        cmocka_unit_test(
            test_weights_header__reads_strings_wherever_they_are_cut),
        cmocka_unit_test(test_weights_header__names_the_byte_in_a_long_string),
        cmocka_unit_test(test_weights_header__finds_duplicates_far_apart),
        cmocka_unit_test(test_weights_header__takes_metadata_at_any_place),
    };
    return cmocka_run_group_tests(tests, count_memory, NULL);
}
