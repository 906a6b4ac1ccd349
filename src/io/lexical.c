/* SPDX-License-Identifier: MIT */
/* One pass over an object's bytes. */
#include "io/lexical.h"

#include <inttypes.h>
#include <string.h>

#include "util/error.h"

static srnn_status fail_at(const srnn_lexical_members *m, int64_t offset,
                           const char *expected)
{
    if (offset >= m->end)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the header is not valid JSON: it ends too "
                                "early");
    return srnn_error__fail(
        SRNN_ERROR_FORMAT,
        "byte %" PRId64
        " of the header, 0x%02x, is not allowed here, expected %s",
        offset, (unsigned int)(unsigned char)m->text[offset], expected);
}

static int64_t skip_blanks(const char *text, int64_t offset)
{
    while (text[offset] == ' ' || text[offset] == '\t' ||
           text[offset] == '\r' || text[offset] == '\n')
        offset++;
    return offset;
}

/* The offset behind a string that starts at an offset. */
static int64_t skip_string(const srnn_lexical_members *m, int64_t offset)
{
    for (int64_t i = offset + 1; i < m->end; i++) {
        if (m->text[i] == '\\')
            i++;
        else if (m->text[i] == '"')
            return i + 1;
    }
    return m->end;
}

/* What a value may consist of, beside blanks. jansson would take more: -0, for
 * example, and a NUL behind a number. */
static bool is_allowed(char byte)
{
    return byte != '\0' && strchr("{}[],:\"0123456789", byte) != NULL;
}

/* {"name": {"shape": [1]}}: objects open at depth 0 and 1, arrays at 2. */
static bool may_open(char byte, int depth)
{
    return byte == '{' ? depth < 2 : depth == 2;
}

/* Finds the end of the value, and what stands behind it: a comma, or a bracket
 * that the value did not open, or the end. */
static srnn_status skip_value(srnn_lexical_members *m)
{
    int depth = m->depth;
    int64_t i = m->value;
    m->value_end = i;
    while (i < m->end) {
        const char byte = m->text[i];
        const bool closes = byte == '}' || byte == ']';
        if (depth == m->depth && (closes || byte == ','))
            break;
        if (!is_allowed(byte))
            return fail_at(m, i, "digits outside strings");
        if ((byte == '{' || byte == '[') && !may_open(byte, depth++))
            return fail_at(m, i, "an object of objects of arrays");
        depth -= closes;
        m->value_end = byte == '"' ? skip_string(m, i) : i + 1;
        i = skip_blanks(m->text, m->value_end);
    }
    m->at = i;
    return SRNN_OK;
}

srnn_status srnn_lexical__next(bool *found, srnn_lexical_members *m)
{
    const char start = m->text[m->at];
    *found = false;
    if (m->key == 0 && start != '{')
        return fail_at(m, m->at, "{");
    m->key = start == '}' ? m->at : skip_blanks(m->text, m->at + 1);
    if (start != ',' && m->text[m->key] == '}') {
        const int64_t behind = skip_blanks(m->text, m->key + 1);
        return behind >= m->end ? SRNN_OK : fail_at(m, behind, "nothing more");
    }
    if (m->text[m->key] != '"')
        return fail_at(m, m->key, "a name in quotes");
    m->key_end = skip_string(m, m->key);
    const int64_t colon = skip_blanks(m->text, m->key_end);
    if (m->text[colon] != ':')
        return fail_at(m, colon, "a colon");
    m->value = skip_blanks(m->text, colon + 1);
    SRNN_TRY(skip_value(m));
    if (m->text[m->at] != ',' && m->text[m->at] != '}')
        return fail_at(m, m->at, "a comma or }");
    *found = true;
    return SRNN_OK;
}
