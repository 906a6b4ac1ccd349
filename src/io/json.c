/* SPDX-License-Identifier: MIT */
/* Strings in pieces, values whole. */
#include "io/json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "util/error.h"
#include "util/integer.h"
#include "util/text.h"

enum {
    PIECE = 1024, /* bytes of a string, about */
    ESCAPE = 6,   /* bytes of \u0041 */
    ESCAPES = 2 * ESCAPE
};

srnn_status srnn_json__parse(json_t **out, const char *text, int64_t begin,
                             int64_t end)
{
    json_error_t error;
    char reason[SRNN_QUOTED_SIZE];
    *out = json_loadb(text + begin, (size_t)(end - begin),
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (*out != NULL)
        return SRNN_OK;
    srnn_text__quote(reason, error.text);
    return srnn_error__fail(SRNN_ERROR_FORMAT,
                            "the header is not valid JSON at byte %" PRId64
                            ": %s",
                            begin + error.position, reason);
}

/* Does a character go on here: with a byte of UTF-8 behind its first, or with
 * the second half of a pair, \udc00 to \udfff? */
static bool is_inside(const char *at)
{
    return ((unsigned char)*at & 0xC0) == 0x80 ||
           (at[0] == '\\' && (at[2] | 0x20) == 'd' && (at[3] | 0x20) >= 'c');
}

/* Where a piece that begins at an offset ends: between two characters. Only in
 * a text that is not valid does a character go on beyond the limit. jansson
 * refuses such a text, wherever it is cut. */
static int64_t find_end(const char *text, int64_t at, int64_t end)
{
    const int64_t full = at + PIECE;
    const int64_t limit = full + ESCAPES;
    while (at < end && (at < full || (at < limit && is_inside(text + at))))
        at += text[at] != '\\' ? 1 : text[at + 1] == 'u' ? ESCAPE : 2;
    return srnn_integer__smaller(at, end);
}

/* Each piece gets its quotes in place: one over the byte in front of it, where
 * no decoded byte is yet, and one over the byte behind it, which comes back. */
srnn_status srnn_json__decode(char *text, int64_t begin, int64_t end)
{
    char *decoded = text + begin;
    for (int64_t front = begin; front < end - 2;) {
        json_t *piece = NULL;
        const int64_t next = find_end(text, front + 1, end - 1);
        const char behind = text[next];
        text[front] = text[next] = '"';
        SRNN_TRY(srnn_json__parse(&piece, text, front, next + 1));
        const size_t length = json_string_length(piece);
        memcpy(decoded, json_string_value(piece), length);
        decoded += length;
        json_decref(piece);
        text[next] = behind;
        front = next - 1;
    }
    *decoded = '\0';
    return SRNN_OK;
}
