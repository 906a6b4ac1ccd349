/* SPDX-License-Identifier: MIT */
/* Reads the header: first byte by byte for what no header may contain, then by
 * jansson, then every rule of the format. What is kept lies in one block:
 *
 *     srnn_weights | entries[] | notes[] | texts
 */
#include "io/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "io/entry.h"
#include "io/foreign.h"
#include "io/lexical.h"
#include "tensor/arena.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/text.h"

#define METADATA "__metadata__"

enum {
    LENGTH_BYTES = 8,
    FOREIGN_BYTES = 512 /* enough to know another kind of file by */
};

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
    srnn_weights_entry *entry = weights->entries;
    srnn_weights_note *note = weights->notes;
    json_object_foreach(header, key, value) if (value != metadata)(entry++)
        ->name = keep_text(&end, key);
    json_object_foreach(metadata, key, value)
    {
        note->key = keep_text(&end, key);
        (note++)->text = keep_text(&end, json_string_value(value));
    }
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const srnn_weights_note *)a)->key,
                  ((const srnn_weights_note *)b)->key);
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
    srnn_weights_entry *const entries =
        srnn_arena__take(arena, count, (int64_t)sizeof *entries);
    srnn_weights_note *const note =
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
    qsort(note, (size_t)notes, sizeof *note, by_key);
}

static srnn_status check_metadata(const json_t *header)
{
    json_t *const metadata = json_object_get(header, METADATA);
    if (metadata == NULL)
        return SRNN_OK;
    if (!json_is_object(metadata))
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                METADATA " is not an object");
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value)
    {
        if (json_is_string(value))
            continue;
        char quoted[SRNN_QUOTED_SIZE];
        srnn_text__quote(quoted, key);
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                METADATA ": the value of %s is not a string",
                                quoted);
    }
    return SRNN_OK;
}

/* What the header says, checked, in order of names. */
static srnn_status read_entries(srnn_weights *weights, const json_t *header,
                                int64_t start)
{
    for (int64_t i = 0; i < weights->count; i++) {
        srnn_weights_entry *const entry = &weights->entries[i];
        SRNN_TRY(srnn_entry__read(entry, json_object_get(header, entry->name),
                                  start, weights->source.size));
    }
    return srnn_entry__sort(weights, start);
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
                                "of %" PRId64 " bytes",
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
    char reason[SRNN_QUOTED_SIZE];
    srnn_text__quote(reason, error.text);
    return srnn_error__fail(SRNN_ERROR_FORMAT,
                            "the header is not valid JSON at byte %d: %s",
                            error.position, reason);
}

/* What is often taken for a safetensors file, by how it begins. Its length
 * would be one that no header has; any other is rather that of a file cut
 * short. */
static srnn_status check_kind(const srnn_source *source)
{
    unsigned char bytes[FOREIGN_BYTES];
    const int64_t count =
        source->size < FOREIGN_BYTES ? source->size : FOREIGN_BYTES;
    SRNN_TRY(srnn_source__read(source, bytes, 0, count));
    const char *const kind = srnn_foreign__kind(bytes, count);
    return kind == NULL ? SRNN_OK
                        : srnn_error__fail(SRNN_ERROR_FORMAT, "%s", kind);
}

static srnn_status check_length(const srnn_source *source, uint64_t length)
{
    const int64_t left = source->size - LENGTH_BYTES;
    if (length > SRNN_MAX_HEADER_SIZE)
        SRNN_TRY(check_kind(source));
    if (length > (uint64_t)left)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the file is not a safetensors file, or is "
                                "truncated: it says that its header has "
                                "%" PRIu64 " bytes, but it has %" PRId64,
                                length, source->size);
    if (length > SRNN_MAX_HEADER_SIZE)
        return srnn_error__fail(SRNN_ERROR_RANGE,
                                "the header has %" PRIu64
                                " bytes, more than SRNN_MAX_HEADER_SIZE=%d",
                                length, SRNN_MAX_HEADER_SIZE);
    return SRNN_OK;
}

/* The header's length, checked against the file. */
static srnn_status read_length(int64_t *out, const srnn_source *source)
{
    unsigned char bytes[LENGTH_BYTES];
    uint64_t length = 0;
    if (source->size < LENGTH_BYTES)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the file has %" PRId64
                                " bytes, but a safetensors file has at least 8",
                                source->size);
    SRNN_TRY(srnn_source__read(source, bytes, 0, LENGTH_BYTES));
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        length = length << 8 | bytes[i];
    SRNN_TRY(check_length(source, length));
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

srnn_status srnn_safetensors__open(srnn_weights **out, srnn_source source)
{
    const srnn_status status = open_source(out, source);
    if (status != SRNN_OK)
        srnn_source__close(&source);
    return status;
}
