/* SPDX-License-Identifier: MIT */
/* The text is made twice: to measure it, and into memory of that size. */
#include "io/header.h"

#include <inttypes.h>
#include <string.h>

#include "io/weights.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/text.h"

enum { LENGTH_BYTES = 8, ALIGNMENT = 8 };

/* No header goes on from here: a prefix may be longer than any. */
static bool is_too_long(const srnn_text *text)
{
    return text->length > SRNN_MAX_HEADER_SIZE;
}

/* The bytes from at on that stand for themselves, up to some thousand. */
static int measure_plain(const char *at)
{
    int length = 0;
    while ((unsigned char)at[length] >= 0x20 && at[length] != '"' &&
           at[length] != '\\' && length < 4096)
        length++;
    return length;
}

/* The package's form. jansson's is "\u001F", with capitals, so its writer would
 * give other bytes. */
static void append_escape(srnn_text *text, char byte)
{
    static const char bytes[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *const found = strchr(bytes, byte);
    if (found != NULL)
        srnn_text__append(text, "\\%c", letters[found - bytes]);
    else
        srnn_text__append(text, "\\u%04x", (unsigned int)byte);
}

static void append_escaped(srnn_text *text, const char *bytes)
{
    for (const char *at = bytes; *at != '\0' && !is_too_long(text);) {
        const int plain = measure_plain(at);
        if (plain > 0)
            srnn_text__append(text, "%.*s", plain, at);
        else
            append_escape(text, *at);
        at += plain > 0 ? plain : 1;
    }
}

static void append_name(srnn_text *text, srnn_joined name)
{
    srnn_text__append(text, "\"");
    append_escaped(text, name.prefix);
    append_escaped(text, name.name);
    srnn_text__append(text, "\":");
}

static void append_metadata(srnn_text *text, const srnn_contents *contents)
{
    srnn_text__append(text, "\"" SRNN_WEIGHTS_METADATA "\":{");
    for (int64_t i = 0; i < contents->note_count && !is_too_long(text); i++) {
        srnn_text__append(text, "%s", i == 0 ? "" : ",");
        append_name(text, contents->notes[i].key);
        srnn_text__append(text, "\"");
        append_escaped(text, contents->notes[i].text);
        srnn_text__append(text, "\"");
    }
    srnn_text__append(text, "}");
}

static void append_tensor(srnn_text *text, const srnn_contents_tensor *tensor,
                          int64_t begin)
{
    srnn_text__append(text, ",");
    append_name(text, tensor->name);
    srnn_text__append(text, "{\"dtype\":\"%s\",\"shape\":[",
                      tensor->type->name);
    for (int32_t i = 0; i < tensor->rank; i++)
        srnn_text__append(text, "%s%" PRId64, i == 0 ? "" : ",",
                          tensor->shape[i]);
    srnn_text__append(text, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}",
                      begin, begin + tensor->bytes);
}

static void append_header(srnn_text *text, const srnn_contents *contents)
{
    int64_t begin = 0;
    srnn_text__append(text, "{");
    append_metadata(text, contents);
    for (int64_t i = 0; i < contents->tensor_count && !is_too_long(text); i++) {
        append_tensor(text, &contents->tensors[i], begin);
        begin += contents->tensors[i].bytes;
    }
    srnn_text__append(text, "}");
    const int past = (int)(text->length % ALIGNMENT);
    srnn_text__append(text, "%*s", past == 0 ? 0 : ALIGNMENT - past, "");
}

srnn_status srnn_header__create(srnn_header *out, const srnn_contents *contents)
{
    void *memory = NULL;
    srnn_text text = {NULL, 0, 0};
    append_header(&text, contents);
    if (is_too_long(&text))
        return srnn_error__fail(SRNN_ERROR_RANGE,
                                "the header of %" PRId64
                                " tensors and their metadata needs more than "
                                "SRNN_MAX_HEADER_SIZE=%d bytes",
                                contents->tensor_count, SRNN_MAX_HEADER_SIZE);
    const size_t length = text.length;
    SRNN_TRY(srnn_memory__create(&memory, LENGTH_BYTES + (int64_t)length + 1));
    *out = (srnn_header){memory, LENGTH_BYTES + (int64_t)length};
    text = (srnn_text){(char *)memory + LENGTH_BYTES, length + 1, 0};
    append_header(&text, contents);
    for (int i = 0; i < LENGTH_BYTES; i++)
        out->bytes[i] = (unsigned char)((uint64_t)length >> 8 * i & 0xff);
    return SRNN_OK;
}

void srnn_header__destroy(srnn_header *header)
{
    srnn_memory__destroy(header->bytes);
}
