/* SPDX-License-Identifier: MIT */
/* An input of fuzz_metadata.c, and the file that is made of it. */
#ifndef TESTS_FUZZ_METADATA_CASE_H
#define TESTS_FUZZ_METADATA_CASE_H

#include <stdio.h>
#include <string.h>

#include "fuzz/library.h"

enum { MOST_NOTES = 16, MOST_BYTES = 64, NAMES_KINDS = 4 };

/* The four options that metadata state. */
enum { NONLINEARITY, BATCH_FIRST, DROPOUT, DIRECTION, OPTIONS };

static const srnn_option options[OPTIONS] = {
    SRNN_OPTION_NONLINEARITY, SRNN_OPTION_BATCH_FIRST, SRNN_OPTION_DROPOUT,
    SRNN_OPTION_DIRECTION};
static const char *const option_names[OPTIONS] = {"nonlinearity", "batch_first",
                                                  "dropout", "direction"};

typedef struct {
    char key[MOST_BYTES];
    char text[MOST_BYTES];
} note;

/* What the input says. */
typedef struct {
    int names; /* of the tensors: forward, reverse, both, a cell's */
    bool has_prefix;
    bool is_escaped; /* texts stand as \u00.. in the file */
    bool requires_stated;
    bool is_set[OPTIONS]; /* by the config */
    int note_count;
    note notes[MOST_NOTES];
} file_case;

static const char *prefix_of(const file_case *c)
{
    return c->has_prefix ? "rnn." : "";
}

static srnn_direction direction_of_names(const file_case *c)
{
    return c->names == 1   ? SRNN_DIRECTION_REVERSE
           : c->names == 2 ? SRNN_DIRECTION_BIDIRECTIONAL
                           : SRNN_DIRECTION_FORWARD;
}

/* A part of a line up to an end, as much of it as there is room for. A byte
 * that is no ASCII becomes one, so that the text is UTF-8. */
static const uint8_t *take_text(char *text, const uint8_t *at,
                                const uint8_t *end, uint8_t until)
{
    size_t length = 0;
    for (; at < end && *at != until && *at != '\n'; at++)
        if (length + 1 < MOST_BYTES)
            text[length++] = (char)((*at & 0x7f) == 0 ? '0' : *at & 0x7f);
    text[length] = '\0';
    return at < end && *at == until ? at + 1 : at;
}

static void take_case(file_case *c, const uint8_t *data, size_t size)
{
    const uint8_t *const end = data + size;
    memset(c, 0, sizeof *c);
    c->names = data[0] % NAMES_KINDS;
    c->has_prefix = (data[0] & 0x10) != 0;
    c->is_escaped = (data[0] & 0x20) != 0;
    c->requires_stated = (data[0] & 0x40) != 0;
    for (int i = 0; i < OPTIONS; i++)
        c->is_set[i] = (data[1] >> i & 1) != 0;
    for (data += 2; data < end && c->note_count < MOST_NOTES;) {
        note *const n = &c->notes[c->note_count++];
        data = take_text(n->key, data, end, '=');
        data = take_text(n->text, data, end, '\n');
    }
}

static void append(grown_bytes *header, const char *text)
{
    (void)append_bytes(header, text, strlen(text));
}

static void append_string(grown_bytes *header, const char *text, bool escaped)
{
    char written[6 * MOST_BYTES + 2] = "\"";
    size_t length = 1;
    for (; *text != '\0'; text++) {
        const bool plain =
            !escaped && *text >= ' ' && *text != '"' && *text != '\\';
        length += (size_t)snprintf(written + length, sizeof written - length,
                                   plain ? "%c" : "\\u%04x", *text);
    }
    written[length++] = '"';
    (void)append_bytes(header, written, length);
}

static void append_metadata(grown_bytes *header, const file_case *c)
{
    append(header, "\"__metadata__\":{");
    for (int i = 0; i < c->note_count; i++) {
        append(header, i == 0 ? "" : ",");
        append_string(header, c->notes[i].key, c->is_escaped);
        append(header, ":");
        append_string(header, c->notes[i].text, c->is_escaped);
    }
    append(header, "}");
}

/* The two weights of one direction, of one element each. */
static void append_weights(grown_bytes *header, const file_case *c,
                           const char *end, int *offset)
{
    static const char *const kinds[] = {"weight_ih", "weight_hh"};
    for (int i = 0; i < 2; i++, *offset += 4) {
        char entry[128];
        (void)snprintf(entry, sizeof entry,
                       ",\"%s%s%s\":{\"dtype\":\"F32\",\"shape\":[1,1],"
                       "\"data_offsets\":[%d,%d]}",
                       prefix_of(c), kinds[i], end, *offset, *offset + 4);
        append(header, entry);
    }
}

static grown_bytes make_file(const file_case *c)
{
    static const char zeros[16] = {0};
    grown_bytes header = {NULL, 0};
    grown_bytes file = {NULL, 0};
    uint8_t length[8];
    int offset = 0;
    append(&header, "{");
    append_metadata(&header, c);
    if (c->names == 3)
        append_weights(&header, c, "", &offset);
    if (c->names == 0 || c->names == 2)
        append_weights(&header, c, "_l0", &offset);
    if (c->names == 1 || c->names == 2)
        append_weights(&header, c, "_l0_reverse", &offset);
    append(&header, "}");
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)((uint64_t)header.size >> 8 * i);
    (void)append_bytes(&file, length, sizeof length);
    (void)append_bytes(&file, header.bytes, header.size);
    (void)append_bytes(&file, zeros, (size_t)offset);
    free(header.bytes);
    return file;
}

#endif
