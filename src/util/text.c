/* SPDX-License-Identifier: MIT */
/* Bounded text for messages and tables. Knows no tensor and no file. */
#include "util/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_HEAD = 80, NAME_TAIL = 20 }; /* bytes shown of a longer name */

void srnn_text__append(srnn_text *text, const char *format, ...)
{
    const size_t used =
        text->length < text->capacity ? text->length : text->capacity;
    va_list arguments;
    va_start(arguments, format);
    const int added = vsnprintf(text->data == NULL ? NULL : text->data + used,
                                text->capacity - used, format, arguments);
    va_end(arguments);
    if (added > 0)
        text->length += (size_t)added;
}

/* The bytes of a name from one place to before another. */
static void append_escaped(srnn_text *text, srnn_joined name, size_t from,
                           size_t end)
{
    const size_t length = strlen(name.prefix);
    for (size_t i = from; i < end; i++) {
        const unsigned char byte =
            (unsigned char)(i < length ? name.prefix[i]
                                       : name.name[i - length]);
        srnn_text__append(text,
                          byte < 0x20 || byte > 0x7e || byte == '"' ||
                                  byte == '\\'
                              ? "\\x%02x"
                              : "%c",
                          byte);
    }
}

void srnn_text__append_joined(srnn_text *text, srnn_joined name)
{
    const size_t length = strlen(name.prefix) + strlen(name.name);
    srnn_text__append(text, "\"");
    if (length <= NAME_HEAD + NAME_TAIL) {
        append_escaped(text, name, 0, length);
    } else {
        append_escaped(text, name, 0, NAME_HEAD);
        srnn_text__append(text, "...");
        append_escaped(text, name, length - NAME_TAIL, length);
    }
    srnn_text__append(text, "\"");
}

void srnn_text__append_name(srnn_text *text, const char *name)
{
    srnn_text__append_joined(text, (srnn_joined){"", name});
}

_Static_assert((NAME_HEAD + NAME_TAIL) * (sizeof "\\xNN" - 1) +
                       sizeof "\"...\"" <=
                   SRNN_QUOTED_SIZE,
               "text.h promises room for any name");

void srnn_text__quote_joined(char buffer[SRNN_QUOTED_SIZE], srnn_joined name)
{
    srnn_text text = {buffer, SRNN_QUOTED_SIZE, 0};
    srnn_text__append_joined(&text, name);
}

void srnn_text__quote(char buffer[SRNN_QUOTED_SIZE], const char *name)
{
    srnn_text__quote_joined(buffer, (srnn_joined){"", name});
}

void srnn_text__append_quoted(srnn_text *text, const char *whole)
{
    srnn_text__append(text, "\"");
    append_escaped(text, (srnn_joined){"", whole}, 0, strlen(whole));
    srnn_text__append(text, "\"");
}

/* The bytes of the character at a place, 0 if there is none. */
static int measure_character(const unsigned char *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const int length = at[0] < 0x80   ? 1
                       : at[0] < 0xc0 ? 0
                       : at[0] < 0xe0 ? 2
                       : at[0] < 0xf0 ? 3
                       : at[0] < 0xf8 ? 4
                                      : 0;
    uint32_t code = length < 2 ? at[0] : at[0] & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

bool srnn_text__is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        const int length = measure_character(at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

void srnn_text__append_shape(srnn_text *text, int32_t rank,
                             const int64_t *shape)
{
    srnn_text__append(text, "[");
    for (int32_t i = 0; i < rank; i++)
        srnn_text__append(text, "%s%" PRId64, i == 0 ? "" : ", ", shape[i]);
    srnn_text__append(text, "]");
}
