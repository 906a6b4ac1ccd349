/* SPDX-License-Identifier: MIT */
/* One pass over the header's bytes. */
#include "io/lexical.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "util/error.h"

/* {"name": {"shape": [1]}}: objects open at depth 0 and 1, arrays at 2. */
static bool may_open(char byte, int depth)
{
    return byte == '{' ? depth < 2 : depth == 2;
}

static srnn_status fail_at(int64_t offset, char byte, const char *what)
{
    return srnn_error__fail(SRNN_ERROR_FORMAT,
                            "byte %" PRId64 " of the header, 0x%02x, %s",
                            offset, (unsigned int)(unsigned char)byte, what);
}

/* The offset behind a string that starts at offset; length if it has no end. */
static int64_t skip_string(const char *text, int64_t length, int64_t offset)
{
    for (int64_t i = offset + 1; i < length; i++) {
        if (text[i] == '\\')
            i++;
        else if (text[i] == '"')
            return i + 1;
    }
    return length;
}

srnn_status srnn_lexical__check(const char *text, int64_t length)
{
    int depth = 0;
    if (length == 0)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the header is empty, expected at least {}");
    if (text[0] != '{')
        return fail_at(0, text[0], "is not the { that opens a header");
    for (int64_t i = 0; i < length;) {
        const char byte = text[i];
        if (byte == '"') {
            i = skip_string(text, length, i);
            continue;
        }
        if (byte == '\0' || strchr("{}[],:0123456789 \t\r\n", byte) == NULL)
            return fail_at(i, byte, "is not allowed outside strings");
        if ((byte == '{' || byte == '[') && !may_open(byte, depth++))
            return fail_at(i, byte,
                           "is not allowed here: a header is an object of "
                           "objects of arrays");
        if (byte == '}' || byte == ']')
            depth--;
        i++;
    }
    return SRNN_OK;
}
