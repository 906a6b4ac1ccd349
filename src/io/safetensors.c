/* SPDX-License-Identifier: MIT */
/* Reads the header: first byte by byte for what no header may contain, then by
 * jansson, then every rule of the format. What is kept lies in one block:
 *
 *     srnn_weights | entries[] | notes[] | texts
 */
#include "io/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/lexical.h"
#include "tensor/arena.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/text.h"

#define METADATA "__metadata__"

enum { LENGTH_BYTES = 8 };

static const srnn_weights__type types[] = {
    {"F32", 32, SRNN_DTYPE_FLOAT32},
    {"F64", 64, SRNN_DTYPE_FLOAT64},
    {"F16", 16, SRNN_DTYPE_FLOAT32},
    {"BF16", 16, SRNN_DTYPE_FLOAT32},
    {"BOOL", 8, 0},
    {"F4", 4, 0},
    {"F6_E2M3", 6, 0},
    {"F6_E3M2", 6, 0},
    {"U8", 8, 0},
    {"I8", 8, 0},
    {"F8_E5M2", 8, 0},
    {"F8_E4M3", 8, 0},
    {"F8_E8M0", 8, 0},
    {"F8_E4M3FNUZ", 8, 0},
    {"F8_E5M2FNUZ", 8, 0},
    {"I16", 16, 0},
    {"U16", 16, 0},
    {"I32", 32, 0},
    {"U32", 32, 0},
    {"C64", 64, 0},
    {"I64", 64, 0},
    {"U64", 64, 0},
};

static const srnn_weights__type *find_type(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

/* tensor "name": what is wrong with it */
__attribute__((format(printf, 2, 3))) static srnn_status
fail_tensor(const char *name, const char *format, ...)
{
    char quoted[512];
    char reason[240];
    srnn_text text = {quoted, sizeof quoted, 0};
    srnn_text__append_name(&text, name);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return srnn_error__fail(SRNN_ERROR_FORMAT, "tensor %s: %s", quoted, reason);
}

/* A plain number: jansson has sorted out what is none. */
static bool read_integer(int64_t *out, const json_t *value)
{
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0;
}

static srnn_status fail_overflow(const srnn_weights__entry *entry)
{
    char buffer[200];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append_shape(&text, entry->rank, entry->shape);
    return fail_tensor(entry->name, "the bits of shape %s do not fit 63 bits",
                       buffer);
}

static srnn_status read_shape(srnn_weights__entry *entry, const json_t *shape)
{
    const size_t rank = json_array_size(shape);
    if (!json_is_array(shape))
        return fail_tensor(entry->name, "shape is missing or no array");
    if (rank > SRNN_MAX_RANK)
        return fail_tensor(entry->name, "has %zu dimensions, expected 0 to %d",
                           rank, SRNN_MAX_RANK);
    entry->rank = (int32_t)rank;
    for (size_t i = 0; i < rank; i++)
        if (!read_integer(&entry->shape[i], json_array_get(shape, i)))
            return fail_tensor(entry->name, "shape[%zu] is no integer", i);
    int64_t product = entry->type->bits;
    entry->size = 1;
    for (size_t i = 0; i < rank; i++) {
        const int64_t size = entry->shape[i];
        /* A 0 counts as 1: a size beside it that overflows is still wrong. */
        if (!srnn_checked__multiply(&product, product, size == 0 ? 1 : size))
            return fail_overflow(entry);
        entry->size *= size;
    }
    return SRNN_OK;
}

/* Offsets count from the start of the data; entries from that of the file. */
static srnn_status read_offsets(srnn_weights__entry *entry,
                                const json_t *offsets, int64_t start,
                                int64_t file_size)
{
    int64_t begin = 0;
    int64_t end = 0;
    if (json_array_size(offsets) != 2 ||
        !read_integer(&begin, json_array_get(offsets, 0)) ||
        !read_integer(&end, json_array_get(offsets, 1)))
        return fail_tensor(entry->name,
                           "data_offsets is missing or not two integers");
    if (begin > end || end > file_size - start)
        return fail_tensor(entry->name,
                           "data_offsets [%" PRId64 ", %" PRId64
                           "] leave the %" PRId64 " bytes of data",
                           begin, end, file_size - start);
    const int64_t bits = entry->size * entry->type->bits;
    if (bits % 8 != 0 || end - begin != bits / 8)
        return fail_tensor(
            entry->name,
            "data_offsets [%" PRId64 ", %" PRId64 "] hold %" PRId64
            " bytes, its shape needs %" PRId64 " elements of %d bits",
            begin, end, end - begin, entry->size, entry->type->bits);
    entry->begin = start + begin;
    return SRNN_OK;
}

/* The three fields are there: anything else is one too many. */
static srnn_status check_fields(const char *name, json_t *value)
{
    const char *key = NULL;
    json_t *field = NULL;
    json_object_foreach(value, key, field)
    {
        if (strcmp(key, "dtype") == 0 || strcmp(key, "shape") == 0 ||
            strcmp(key, "data_offsets") == 0)
            continue;
        char quoted[200];
        srnn_text text = {quoted, sizeof quoted, 0};
        srnn_text__append_name(&text, key);
        return fail_tensor(name, "has an unknown field %s", quoted);
    }
    return SRNN_OK;
}

static srnn_status read_entry(srnn_weights__entry *entry, json_t *value,
                              int64_t start, int64_t file_size)
{
    const char *const type = json_string_value(json_object_get(value, "dtype"));
    if (!json_is_object(value))
        return fail_tensor(entry->name, "is no object");
    if (type == NULL)
        return fail_tensor(entry->name, "dtype is missing or no string");
    entry->type = find_type(type);
    if (entry->type == NULL) {
        char quoted[200];
        srnn_text text = {quoted, sizeof quoted, 0};
        srnn_text__append_name(&text, type);
        return fail_tensor(entry->name, "dtype %s is unknown", quoted);
    }
    SRNN_TRY(read_shape(entry, json_object_get(value, "shape")));
    SRNN_TRY(read_offsets(entry, json_object_get(value, "data_offsets"), start,
                          file_size));
    return check_fields(entry->name, value);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const srnn_weights__entry *)a)->name,
                  ((const srnn_weights__entry *)b)->name);
}

static int by_offset(const void *a, const void *b)
{
    const srnn_weights__entry *const left = a;
    const srnn_weights__entry *const right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return (left->size > 0) - (right->size > 0); /* the empty ones first */
}

/* By offset the tensors must tile the data: a hole could hide something, an
 * overlap could make a small file large. */
static srnn_status check_tiling(const srnn_weights *weights, int64_t start)
{
    int64_t reached = start;
    for (int64_t i = 0; i < weights->count; i++) {
        const srnn_weights__entry *const entry = &weights->entries[i];
        if (entry->begin != reached)
            return fail_tensor(
                entry->name,
                "its data begins at byte %" PRId64 ", expected %" PRId64 ": %s",
                entry->begin - start, reached - start,
                entry->begin < reached ? "tensors overlap" : "there is a hole");
        reached += entry->size * entry->type->bits / 8;
    }
    if (reached != weights->source.size)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the file has %" PRId64
                                " bytes after the last tensor",
                                weights->source.size - reached);
    return SRNN_OK;
}

/* The bytes of all names, keys and texts, each with its NUL. */
static int64_t measure_texts(json_t *header, json_t *metadata)
{
    const char *key = NULL;
    json_t *value = NULL;
    size_t bytes = 0;
    json_object_foreach(header, key, value) bytes += strlen(key) + 1;
    json_object_foreach(metadata, key, value) bytes +=
        strlen(key) + strlen(json_string_value(value)) + 2;
    return (int64_t)bytes;
}

/* Copies text to *end, and moves *end behind it. */
static const char *keep_text(char **end, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *const kept = memcpy(*end, text, size);
    *end += size;
    return kept;
}

/* The order is the header's until read_entries. */
static void keep_texts(srnn_weights *weights, char *end, json_t *header,
                       json_t *metadata)
{
    const char *key = NULL;
    json_t *value = NULL;
    srnn_weights__entry *entry = weights->entries;
    srnn_weights__note *note = weights->notes;
    json_object_foreach(header, key, value) if (value != metadata)(entry++)
        ->name = keep_text(&end, key);
    json_object_foreach(metadata, key, value)
    {
        note->key = keep_text(&end, key);
        (note++)->text = keep_text(&end, json_string_value(value));
    }
}

/* See srnn_arena: while measuring, *out is NULL. */
static void lay_out(srnn_weights **out, srnn_arena *arena, json_t *header)
{
    json_t *const metadata = json_object_get(header, METADATA);
    const int64_t notes = (int64_t)json_object_size(metadata);
    const int64_t count =
        (int64_t)json_object_size(header) - (metadata == NULL ? 0 : 1);
    srnn_weights *const weights =
        srnn_arena__take(arena, 1, (int64_t)sizeof *weights);
    srnn_weights__entry *const entries =
        srnn_arena__take(arena, count, (int64_t)sizeof *entries);
    srnn_weights__note *const note =
        srnn_arena__take(arena, notes, (int64_t)sizeof *note);
    char *const texts =
        srnn_arena__take(arena, measure_texts(header, metadata), 1);
    *out = weights;
    if (weights == NULL)
        return;
    weights->count = count;
    weights->entries = entries;
    weights->note_count = notes;
    weights->notes = note;
    keep_texts(weights, texts, header, metadata);
}

static srnn_status check_metadata(const json_t *header)
{
    json_t *const metadata = json_object_get(header, METADATA);
    if (metadata == NULL)
        return SRNN_OK;
    if (!json_is_object(metadata))
        return srnn_error__fail(SRNN_ERROR_FORMAT, METADATA " is no object");
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value)
    {
        if (json_is_string(value))
            continue;
        char quoted[512];
        srnn_text text = {quoted, sizeof quoted, 0};
        srnn_text__append_name(&text, key);
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                METADATA " holds a value under %s that is no "
                                         "string",
                                quoted);
    }
    return SRNN_OK;
}

/* What the header says, checked, in order of names. */
static srnn_status read_entries(srnn_weights *weights, const json_t *header,
                                int64_t start)
{
    const size_t count = (size_t)weights->count;
    for (size_t i = 0; i < count; i++) {
        srnn_weights__entry *const entry = &weights->entries[i];
        SRNN_TRY(read_entry(entry, json_object_get(header, entry->name), start,
                            weights->source.size));
    }
    qsort(weights->entries, count, sizeof *weights->entries, by_offset);
    SRNN_TRY(check_tiling(weights, start));
    qsort(weights->entries, count, sizeof *weights->entries, by_name);
    return SRNN_OK;
}

static srnn_status build(srnn_weights **out, srnn_source source, json_t *header,
                         int64_t start)
{
    SRNN_TRY(check_metadata(header));
    srnn_weights *weights = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&weights, &arena, header);
    SRNN_TRY(srnn_arena__check(&arena, "the file's header"));
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&weights, &arena, header);
    weights->handle.kind = SRNN_HANDLE_WEIGHTS;
    weights->source = source;
    const srnn_status status = read_entries(weights, header, start);
    if (status != SRNN_OK) {
        srnn_memory__destroy(memory);
        return status;
    }
    *out = weights;
    return SRNN_OK;
}

/* jansson 2.14 loses bytes or reads beyond its buffer when a malloc fails while
 * it scans a token, so there must be room before it starts. Objects with short
 * names need most: 42 bytes a byte of text. */
static srnn_status check_room(int64_t length)
{
    enum { BYTES_PER_BYTE = 48, AT_LEAST = 1 << 16 };
    const size_t bytes = (size_t)length * BYTES_PER_BYTE + AT_LEAST;
    void *volatile room =
        malloc(bytes); /* or the pair would be optimised out */
    if (room == NULL)
        return srnn_error__fail(SRNN_ERROR_NO_MEMORY,
                                "cannot allocate %zu bytes to parse a header "
                                "of %" PRId64,
                                bytes, length);
    free(room);
    return SRNN_OK;
}

static srnn_status parse(json_t **out, const char *text, int64_t length)
{
    SRNN_TRY(srnn_lexical__check(text, length));
    SRNN_TRY(check_room(length));
    json_error_t error;
    *out = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (*out != NULL)
        return SRNN_OK;
    char reason[512];
    srnn_text quoted = {reason, sizeof reason, 0};
    srnn_text__append_name(&quoted, error.text);
    return srnn_error__fail(SRNN_ERROR_FORMAT,
                            "the header is not valid JSON at byte %d: %s",
                            error.position, reason);
}

/* What is often taken for a safetensors file, by how it begins. */
static const char *likely_kind(const unsigned char *bytes)
{
    static const char by_torch[] = "a file of torch.save, and no safetensors "
                                   "file: write it with "
                                   "safetensors.torch.save_file";
    static const struct {
        const char *bytes;
        size_t count;
        const char *kind;
    } known[] = {{"\x93NUMPY", 6, "a NumPy array, and no safetensors file"},
                 {"PK\3\4", 4, by_torch},        /* a zip */
                 {"\x80\2\x8a\n", 4, by_torch}}; /* a pickle */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (memcmp(bytes, known[i].bytes, known[i].count) == 0)
            return known[i].kind;
    return "cut short, or no safetensors file";
}

/* The header's length, checked against the file. */
static srnn_status read_length(int64_t *out, const srnn_source *source)
{
    unsigned char bytes[LENGTH_BYTES];
    uint64_t length = 0;
    if (source->size < LENGTH_BYTES)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the file has %" PRId64
                                " bytes, a safetensors file at least 8",
                                source->size);
    SRNN_TRY(srnn_source__read(source, bytes, 0, LENGTH_BYTES));
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        length = length << 8 | bytes[i];
    if (length > (uint64_t)(source->size - LENGTH_BYTES))
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the header is said to have %" PRIu64
                                " bytes, the file has %" PRId64 ": %s",
                                length, source->size, likely_kind(bytes));
    if (length > SRNN_MAX_HEADER_SIZE)
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "the header has %" PRIu64
                                " bytes, more than SRNN_MAX_HEADER_SIZE=%d",
                                length, SRNN_MAX_HEADER_SIZE);
    *out = (int64_t)length;
    return SRNN_OK;
}

static srnn_status read_header(json_t **out, const srnn_source *source,
                               int64_t length)
{
    void *text = NULL;
    SRNN_TRY(srnn_memory__create(&text, length));
    srnn_status status = srnn_source__read(source, text, LENGTH_BYTES, length);
    if (status == SRNN_OK)
        status = parse(out, text, length);
    srnn_memory__destroy(text);
    return status;
}

static srnn_status open_source(srnn_weights **out, srnn_source source)
{
    int64_t length = 0;
    json_t *header = NULL;
    SRNN_TRY(read_length(&length, &source));
    SRNN_TRY(read_header(&header, &source, length));
    const srnn_status status =
        build(out, source, header, LENGTH_BYTES + length);
    json_decref(header);
    return status;
}

srnn_status srnn_weights__create(srnn_weights **out, srnn_source source)
{
    const srnn_status status = open_source(out, source);
    if (status != SRNN_OK)
        srnn_source__close(&source);
    return status;
}

void srnn_weights__destroy(srnn_weights *weights)
{
    if (weights == NULL)
        return;
    weights->handle.kind = 0;
    srnn_source__close(&weights->source);
    srnn_memory__destroy(weights);
}

typedef struct {
    const char *prefix;
    const char *name;
} joined_name;

static int compare_joined(const void *key, const void *entry)
{
    const joined_name *const wanted = key;
    const char *const name = ((const srnn_weights__entry *)entry)->name;
    const size_t length = strlen(wanted->prefix);
    const int order = strncmp(wanted->prefix, name, length);
    return order != 0 ? order : strcmp(wanted->name, name + length);
}

const srnn_weights__entry *srnn_weights__find(const srnn_weights *weights,
                                              const char *prefix,
                                              const char *name)
{
    const joined_name key = {prefix, name};
    return bsearch(&key, weights->entries, (size_t)weights->count,
                   sizeof *weights->entries, compare_joined);
}

const char *srnn_weights__note_text(const srnn_weights *weights,
                                    const char *key)
{
    for (int64_t i = 0; i < weights->note_count; i++)
        if (strcmp(weights->notes[i].key, key) == 0)
            return weights->notes[i].text;
    return NULL;
}
