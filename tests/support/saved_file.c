/* SPDX-License-Identifier: MIT */
/* Parses the header at every question. */
#include "support/saved_file.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

weights_file saved_file_read(const char *path)
{
    unsigned char bytes[4096];
    weights_file file = {0};
    FILE *const stream = fopen(path, "rb");
    if (stream == NULL)
        fail_msg("cannot open %s", path);
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, stream)) > 0;)
        weights_file_append(&file, bytes, count);
    assert_int_equal(fclose(stream), 0);
    return file;
}

static size_t header_size(const weights_file *file)
{
    size_t size = 0;
    assert_true(file->size >= 8);
    for (int i = 7; i >= 0; i--)
        size = size << 8 | file->bytes[i];
    assert_true(size <= file->size - 8);
    return size;
}

static json_t *parse(const weights_file *file)
{
    json_error_t error;
    json_t *const header =
        json_loadb((const char *)file->bytes + 8, header_size(file), 0, &error);
    if (header == NULL)
        fail_msg("no header: %s", error.text);
    return header;
}

static size_t integer(json_t *array, size_t index)
{
    return (size_t)json_integer_value(json_array_get(array, index));
}

static void fill(saved_tensor *out, const weights_file *file, json_t *entry)
{
    json_t *const shape = json_object_get(entry, "shape");
    json_t *const offsets = json_object_get(entry, "data_offsets");
    *out = (saved_tensor){.rank = (int)json_array_size(shape)};
    (void)snprintf(out->type, sizeof out->type, "%s",
                   json_string_value(json_object_get(entry, "dtype")));
    for (int i = 0; i < out->rank; i++)
        out->shape[i] = (int64_t)integer(shape, (size_t)i);
    out->size = integer(offsets, 1) - integer(offsets, 0);
    out->bytes = file->bytes + 8 + header_size(file) + integer(offsets, 0);
    assert_true(out->bytes + out->size <= file->bytes + file->size);
}

bool saved_file_find(saved_tensor *out, const weights_file *file,
                     const char *name)
{
    json_t *const header = parse(file);
    json_t *const entry = json_object_get(header, name);
    if (entry != NULL)
        fill(out, file, entry);
    json_decref(header);
    return entry != NULL;
}

int saved_file_count(const weights_file *file)
{
    json_t *const header = parse(file);
    const bool has_metadata = json_object_get(header, "__metadata__") != NULL;
    const int count = (int)json_object_size(header) - has_metadata;
    json_decref(header);
    return count;
}

int saved_file_count_metadata(const weights_file *file)
{
    json_t *const header = parse(file);
    const int count =
        (int)json_object_size(json_object_get(header, "__metadata__"));
    json_decref(header);
    return count;
}

bool saved_file_states(const weights_file *file, const char *key,
                       const char *text)
{
    json_t *const header = parse(file);
    const char *const found = json_string_value(
        json_object_get(json_object_get(header, "__metadata__"), key));
    const bool is_same = found == NULL || text == NULL
                             ? found == text
                             : strcmp(found, text) == 0;
    json_decref(header);
    return is_same;
}

void saved_file_check_same(const weights_file *a, const weights_file *b,
                           const char *name)
{
    saved_tensor left, right;
    if (!saved_file_find(&left, a, name) || !saved_file_find(&right, b, name))
        fail_msg("%s is missing", name);
    assert_string_equal(left.type, right.type);
    assert_int_equal(left.rank, right.rank);
    assert_memory_equal(left.shape, right.shape, sizeof left.shape);
    assert_int_equal(left.size, right.size);
    if (left.size > 0)
        assert_memory_equal(left.bytes, right.bytes, left.size);
}

weights_file saved_file_edit(const weights_file *file, const char *after,
                             const char *from, const char *to)
{
    const char *const header = (const char *)file->bytes + 8;
    const char *const end = header + header_size(file);
    const char *const begin =
        memmem(header, (size_t)(end - header), after, strlen(after));
    assert_non_null(begin);
    const char *const at =
        memmem(begin, (size_t)(end - begin), from, strlen(from));
    assert_non_null(at);
    const char *const rest = at + strlen(from);
    weights_file text = {0};
    weights_file_append(&text, header, (size_t)(at - header));
    weights_file_append_text(&text, to);
    weights_file_append(&text, rest, (size_t)(end - rest));
    weights_file edited = weights_file_of_header(text.bytes, text.size, 0);
    weights_file_append(&edited, end,
                        file->size - (size_t)(end - (const char *)file->bytes));
    weights_file_free(&text);
    return edited;
}
