/* SPDX-License-Identifier: MIT */
/* The rules of the format for tensors. */
#include "io/entry.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/checked.h"
#include "util/error.h"
#include "util/heapsort.h"
#include "util/text.h"

srnn_status srnn_entry__fail(const char *name, const char *format, ...)
{
    char quoted[SRNN_QUOTED_SIZE];
    char reason[2 * SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, name);
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

static srnn_status fail_overflow(const srnn_weights_entry *entry,
                                 const char *name)
{
    char buffer[200];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append_shape(&text, entry->rank, entry->shape);
    return srnn_entry__fail(name, "shape %s would need more than 2^63 - 1 bits",
                            buffer);
}

static srnn_status read_shape(srnn_weights_entry *entry, const char *name,
                              const json_t *shape)
{
    const size_t rank = json_array_size(shape);
    if (!json_is_array(shape))
        return srnn_entry__fail(name, "shape is missing or not an array");
    if (rank > SRNN_MAX_RANK)
        return srnn_entry__fail(name, "has %zu dimensions, expected 0 to %d",
                                rank, SRNN_MAX_RANK);
    entry->rank = (int32_t)rank;
    for (size_t i = 0; i < rank; i++)
        if (!read_integer(&entry->shape[i], json_array_get(shape, i)))
            return srnn_entry__fail(name, "shape[%zu] is not an integer", i);
    int64_t product = entry->type->bits;
    for (size_t i = 0; i < rank; i++) {
        const int64_t size = entry->shape[i];
        /* A 0 counts as 1: a size beside it that overflows is still wrong. */
        if (!srnn_checked__multiply(&product, product, size == 0 ? 1 : size))
            return fail_overflow(entry, name);
    }
    return SRNN_OK;
}

/* Offsets count from the start of the data; entries from that of the file. */
static srnn_status read_offsets(srnn_weights_entry *entry, const char *name,
                                const json_t *offsets, int64_t start,
                                int64_t file_size)
{
    const int64_t size = srnn_weights__size(entry);
    int64_t begin = 0;
    int64_t end = 0;
    if (json_array_size(offsets) != 2 ||
        !read_integer(&begin, json_array_get(offsets, 0)) ||
        !read_integer(&end, json_array_get(offsets, 1)))
        return srnn_entry__fail(name,
                                "data_offsets is missing or not two integers");
    if (begin > end || end > file_size - start)
        return srnn_entry__fail(name,
                                "data_offsets [%" PRId64 ", %" PRId64
                                "] are not inside the %" PRId64
                                " bytes of data",
                                begin, end, file_size - start);
    const int64_t bits = size * entry->type->bits;
    if (bits % 8 != 0 || end - begin != bits / 8)
        return srnn_entry__fail(
            name,
            "data_offsets [%" PRId64 ", %" PRId64 "] are %" PRId64
            " bytes, but its shape needs %" PRId64 " elements of %d bits",
            begin, end, end - begin, size, entry->type->bits);
    entry->begin = start + begin;
    return SRNN_OK;
}

/* The three fields are there: anything else is one too many. */
static srnn_status check_fields(const char *name, const json_t *value)
{
    const char *key = NULL;
    json_t *field = NULL;
    json_object_foreach((json_t *)value, key, field)
    {
        if (strcmp(key, "dtype") == 0 || strcmp(key, "shape") == 0 ||
            strcmp(key, "data_offsets") == 0)
            continue;
        char quoted[SRNN_QUOTED_SIZE];
        srnn_text__quote(quoted, key);
        return srnn_entry__fail(name, "has an unknown field %s", quoted);
    }
    return SRNN_OK;
}

srnn_status srnn_entry__read(srnn_weights_entry *entry, const char *name,
                             const json_t *value, int64_t start,
                             int64_t file_size)
{
    const char *const type = json_string_value(json_object_get(value, "dtype"));
    if (!json_is_object(value))
        return srnn_entry__fail(name, "is not an object");
    if (type == NULL)
        return srnn_entry__fail(name, "dtype is missing or not a string");
    entry->type = srnn_weights__find_type(type);
    if (entry->type == NULL) {
        char quoted[SRNN_QUOTED_SIZE];
        srnn_text__quote(quoted, type);
        return srnn_entry__fail(name, "dtype %s is unknown", quoted);
    }
    SRNN_TRY(read_shape(entry, name, json_object_get(value, "shape")));
    SRNN_TRY(read_offsets(entry, name, json_object_get(value, "data_offsets"),
                          start, file_size));
    return check_fields(name, value);
}

static int by_name(const void *table, uint32_t a, uint32_t b)
{
    return strcmp((const char *)table + a, (const char *)table + b);
}

static const srnn_weights_entry *entry_at(const void *table, uint32_t place)
{
    return (const void *)((const char *)table + place);
}

static int by_offset(const void *table, uint32_t a, uint32_t b)
{
    const srnn_weights_entry *const left = entry_at(table, a);
    const srnn_weights_entry *const right = entry_at(table, b);
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return (srnn_weights__size(left) > 0) -
           (srnn_weights__size(right) > 0); /* the empty ones first */
}

/* By offset the tensors must tile the data: a hole could hide something, an
 * overlap could make a small file large. */
static srnn_status check_tiling(const srnn_weights *weights, int64_t start)
{
    int64_t reached = start;
    for (int64_t i = 0; i < weights->count; i++) {
        const srnn_weights_entry *const entry =
            entry_at(weights->table, weights->names[i]);
        if (entry->begin != reached)
            return srnn_entry__fail(
                srnn_weights__name_of(entry),
                "its data begins at byte %" PRId64 ", expected %" PRId64 ": %s",
                entry->begin - start, reached - start,
                entry->begin < reached ? "tensors overlap" : "there is a gap");
        reached += srnn_weights__bytes(entry);
    }
    if (reached != weights->source.size)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the file has %" PRId64
                                " bytes after the last tensor",
                                weights->source.size - reached);
    return SRNN_OK;
}

/* Puts names in order. No two may be the same. */
static srnn_status sort_names(const srnn_weights *weights, uint32_t *at,
                              int64_t count, const char *where)
{
    srnn_heapsort__sort(at, count, by_name, weights->table);
    for (int64_t i = 1; i < count; i++) {
        if (by_name(weights->table, at[i - 1], at[i]) != 0)
            continue;
        char quoted[SRNN_QUOTED_SIZE];
        srnn_text__quote(quoted, weights->table + at[i]);
        return srnn_error__fail(SRNN_ERROR_FORMAT, "%s has the duplicate %s",
                                where, quoted);
    }
    return SRNN_OK;
}

srnn_status srnn_entry__sort(srnn_weights *weights, int64_t start)
{
    srnn_heapsort__sort(weights->names, weights->count, by_offset,
                        weights->table);
    const srnn_status tiling = check_tiling(weights, start);
    for (int64_t i = 0; i < weights->count; i++)
        weights->names[i] -=
            (uint32_t)entry_at(weights->table, weights->names[i])->name_bytes;
    SRNN_TRY(sort_names(weights, weights->names, weights->count, "the header"));
    SRNN_TRY(sort_names(weights, weights->keys, weights->note_count,
                        SRNN_WEIGHTS_METADATA));
    return tiling; /* a name that is there twice is the better reason */
}
