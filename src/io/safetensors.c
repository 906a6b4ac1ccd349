/* SPDX-License-Identifier: MIT */
/* Reads the header: first byte by byte for what no header may contain, then
 * member by member by jansson, then every rule of the format. All of it happens
 * in one block of memory, which is little larger than the header. */
#include "io/safetensors.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "io/entry.h"
#include "io/foreign.h"
#include "io/json.h"
#include "io/lexical.h"
#include "util/error.h"
#include "util/integer.h"
#include "util/memory.h"
#include "util/text.h"

enum {
    LENGTH_BYTES = 8,
    FOREIGN_BYTES = 512, /* enough to know another kind of file by */
    MAX_SLACK = 1 << 19
};

/* A header on its way into the table of its weights:
 *
 *     srnn_weights | records, which grow -> | free | header not yet read |
 *
 * What a member of the header says becomes a record as soon as the member has
 * been read, and lies where the header was. Only shapes may take more bytes
 * than the text that they come from. There is some free memory at the start for
 * them. */
typedef struct {
    srnn_weights *weights;
    char *text; /* the header, and a NUL */
    int64_t length;
    int64_t used; /* bytes of the table */
    int64_t records;
    int64_t first_note, behind_notes;
    bool has_metadata;
} reader;

/* Adds a name and what belongs behind it. All of the header up to read has been
 * read. In the end, there must also be room for the places of all records. */
static srnn_status add_record(reader *r, const char *name, const void *behind,
                              size_t bytes, size_t alignment, int64_t read)
{
    char *const table = r->weights->table;
    const size_t length = strlen(name) + 1;
    const size_t place =
        ((size_t)r->used + length + alignment - 1) & ~(alignment - 1);
    const size_t places = (size_t)(++r->records + 1) * sizeof(uint32_t);
    if (place + bytes + places > (size_t)(r->text + read - table))
        return srnn_error__fail(SRNN_ERROR_RANGE,
                                "the shapes of the header take over %d bytes "
                                "more than their text",
                                MAX_SLACK);
    memmove(table + r->used, name, length);
    memmove(table + place, behind, bytes);
    r->used = (int64_t)(place + bytes);
    return SRNN_OK;
}

static srnn_status read_tensor(reader *r, const srnn_lexical_members *m)
{
    srnn_entry_largest made;
    json_t *value = NULL;
    const char *const name = r->text + m->key;
    const int64_t record = r->used;
    const int64_t bytes = m->value_end - m->value;
    if (bytes > SRNN_JSON_MAX_VALUE)
        return srnn_entry__fail(
            name, "has %" PRId64 " bytes of JSON, expected at most %d", bytes,
            SRNN_JSON_MAX_VALUE);
    SRNN_TRY(srnn_json__parse(&value, r->text, m->value, m->value_end));
    const srnn_status status =
        srnn_entry__read(&made.entry, name, value, LENGTH_BYTES + r->length,
                         r->weights->source.size);
    json_decref(value);
    SRNN_TRY(status);
    const int64_t size =
        (int64_t)sizeof made.entry + made.entry.rank * (int64_t)sizeof(int64_t);
    SRNN_TRY(add_record(r, name, &made, (size_t)size,
                        _Alignof(srnn_weights_entry), m->value_end));
    srnn_weights_entry *const entry =
        (void *)(r->weights->table + r->used - size);
    entry->name_bytes = (int32_t)(r->used - size - record);
    r->weights->count++;
    return SRNN_OK;
}

static srnn_status read_note(reader *r, const srnn_lexical_members *m)
{
    const char *const key = r->text + m->key;
    const char *const text = r->text + m->value;
    if (*text != '"') {
        char quoted[SRNN_QUOTED_SIZE];
        srnn_text__quote(quoted, key);
        return srnn_error__fail(
            SRNN_ERROR_FORMAT,
            SRNN_WEIGHTS_METADATA ": the value of %s is not a string", quoted);
    }
    SRNN_TRY(srnn_json__decode(r->text, m->value, m->value_end));
    r->weights->note_count++;
    return add_record(r, key, text, strlen(text) + 1, 1, m->value_end);
}

/* Gives the members of an object to read, with their names decoded. The object
 * begins at begin, and only blanks follow it up to end. */
static srnn_status
read_members(reader *r, int depth, int64_t begin, int64_t end,
             srnn_status (*read)(reader *, const srnn_lexical_members *))
{
    srnn_lexical_members m = {r->text, begin, end, depth, 0, 0, 0, 0};
    bool found = false;
    SRNN_TRY(srnn_lexical__next(&found, &m));
    while (found) {
        SRNN_TRY(srnn_json__decode(r->text, m.key, m.key_end));
        SRNN_TRY(read(r, &m));
        SRNN_TRY(srnn_lexical__next(&found, &m));
    }
    return SRNN_OK;
}

static srnn_status read_metadata(reader *r, const srnn_lexical_members *m)
{
    if (r->has_metadata)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "duplicate " SRNN_WEIGHTS_METADATA);
    if (r->text[m->value] != '{')
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                SRNN_WEIGHTS_METADATA " is not an object");
    r->has_metadata = true;
    r->first_note = r->used;
    SRNN_TRY(read_members(r, 2, m->value, m->value_end, read_note));
    r->behind_notes = r->used;
    return SRNN_OK;
}

static srnn_status read_member(reader *r, const srnn_lexical_members *m)
{
    return strcmp(r->text + m->key, SRNN_WEIGHTS_METADATA) == 0
               ? read_metadata(r, m)
               : read_tensor(r, m);
}

/* Where each record lies, behind all of them; of tensors the entries, which can
 * be put in order without a look at their names. */
static void find_places(const reader *r)
{
    srnn_weights *const weights = r->weights;
    const char *const table = weights->table;
    const int64_t size = sizeof(uint32_t);
    const int64_t end = srnn_integer__divide_up(r->used, size) * size;
    int64_t at = 0;
    weights->names = (void *)(weights->table + end);
    weights->keys = weights->names + weights->count;
    for (int64_t i = 0; i < weights->count; i++) {
        if (at == r->first_note)
            at = r->behind_notes;
        const srnn_weights_entry *const entry =
            srnn_weights__behind(table + at);
        weights->names[i] = (uint32_t)((const char *)entry - table);
        at = (const char *)(entry->shape + entry->rank) - table;
    }
    at = r->first_note;
    for (int64_t i = 0; i < weights->note_count; i++) {
        weights->keys[i] = (uint32_t)at;
        const char *const text = srnn_weights__text(table + at);
        at = text + strlen(text) + 1 - table;
    }
}

/* jansson 2.14 loses bytes or reads beyond its buffer when a malloc fails while
 * it scans a token, so there must be room before it starts. Objects with short
 * names need most: 42 bytes a byte of text. */
static srnn_status check_room(int64_t length)
{
    enum { BYTES_PER_BYTE = 48, AT_LEAST = 1 << 16 };
    const int64_t longest = srnn_integer__smaller(length, SRNN_JSON_MAX_VALUE);
    const size_t bytes = (size_t)longest * BYTES_PER_BYTE + AT_LEAST;
    void *volatile room =
        malloc(bytes); /* or the pair would be optimised out */
    if (room == NULL)
        return srnn_error__fail(SRNN_ERROR_NO_MEMORY,
                                "cannot allocate %zu bytes to parse a header",
                                bytes);
    free(room);
    return SRNN_OK;
}

/* A table that may grow over the whole header, which is at its end. */
static srnn_status create_table(reader *r, srnn_source source)
{
    void *memory = NULL;
    const int64_t slack = srnn_integer__smaller(r->length, MAX_SLACK);
    SRNN_TRY(srnn_memory__create_plain(&memory, (int64_t)sizeof(srnn_weights) +
                                                    slack + r->length + 1));
    r->weights = memory;
    *r->weights = (srnn_weights){.source = source};
    r->text = r->weights->table + slack;
    return SRNN_OK;
}

static srnn_status parse(reader *r)
{
    SRNN_TRY(srnn_source__read(&r->weights->source, r->text, LENGTH_BYTES,
                               r->length));
    r->text[r->length] = '\0';
    if (r->length == 0)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the header is empty, expected at least {}");
    SRNN_TRY(check_room(r->length));
    SRNN_TRY(read_members(r, 1, 0, r->length, read_member));
    find_places(r);
    return srnn_entry__sort(r->weights, LENGTH_BYTES + r->length);
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
    return srnn_foreign__check(bytes, count);
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

srnn_status srnn_safetensors__open(srnn_weights **out, srnn_source source)
{
    reader r = {.weights = NULL};
    srnn_status status = read_length(&r.length, &source);
    if (status == SRNN_OK)
        status = create_table(&r, source);
    if (status == SRNN_OK)
        status = parse(&r);
    if (status == SRNN_OK) {
        r.weights->handle.kind = SRNN_HANDLE_WEIGHTS;
        *out = r.weights;
        return SRNN_OK;
    }
    srnn_memory__destroy(r.weights);
    srnn_source__close(&source);
    return status;
}
