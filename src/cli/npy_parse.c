/* SPDX-License-Identifier: MIT */
/* The header is a literal of a Python dict of three keys, in any order:
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2, 4), } */
#include <inttypes.h>
#include <string.h>

#include "npy.h"

typedef struct {
    const char *name;
    const char *text;
    int64_t length;
    int64_t at;
    srnn_dtype wanted;
} cursor;

typedef struct {
    const char *start;
    int64_t length;
} word;

enum { NOTHING = -1 };

static command_result fail_expected(const cursor *c, const char *what)
{
    if (c->at >= c->length)
        return command_fail(COMMAND_WRONG,
                            "%s: the .npy header ends where %s should be",
                            c->name, what);
    return command_fail(COMMAND_WRONG,
                        "%s: byte %" PRId64 " of the .npy header, 0x%02x, is "
                        "not %s",
                        c->name, c->at,
                        (unsigned int)(unsigned char)c->text[c->at], what);
}

static int peek(const cursor *c)
{
    return c->at < c->length ? (unsigned char)c->text[c->at] : NOTHING;
}

static void skip_blanks(cursor *c)
{
    while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n' ||
           peek(c) == '\r')
        c->at++;
}

static bool take(cursor *c, char byte)
{
    skip_blanks(c);
    if (peek(c) != byte)
        return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *text)
{
    const int64_t length = (int64_t)strlen(text);
    skip_blanks(c);
    if (c->length - c->at < length ||
        memcmp(c->text + c->at, text, (size_t)length) != 0)
        return false;
    c->at += length;
    return true;
}

/* Printable ASCII without escapes, in quotes of either kind. */
static command_result take_string(word *out, cursor *c, const char *what)
{
    skip_blanks(c);
    const int quote = peek(c);
    if (quote != '\'' && quote != '"')
        return fail_expected(c, what);
    out->start = c->text + ++c->at;
    while (peek(c) != quote) {
        if (peek(c) < 0x20 || peek(c) > 0x7e || peek(c) == '\\')
            return fail_expected(c, "a plain character of a string");
        c->at++;
    }
    out->length = c->text + c->at - out->start;
    c->at++;
    return COMMAND_OK;
}

static bool is(const word *w, const char *text)
{
    return w->length == (int64_t)strlen(text) &&
           memcmp(w->start, text, (size_t)w->length) == 0;
}

/* Kinds and widths that a wanted dtype is read from, and what to do else. */
typedef struct {
    const char *types; /* three characters each */
    const char *expected;
    const char *quote; /* what should be there in the place of a structure */
} form;

static const form *form_of(srnn_dtype wanted)
{
    static const form reals = {
        "f2 f4 f8", "f2, f4 or f8; save x.astype('f4')",
        "the quote of a simple type such as '<f4' (save x.astype('f4'))"};
    static const form integers = {
        "i4 i8", "i4 or i8; save x.astype('i8')",
        "the quote of a simple type such as '<i8' (save x.astype('i8'))"};
    static const form flags = {
        "u1 b1", "u1 or b1; save x.astype('u1')",
        "the quote of a simple type such as '|u1' (save x.astype('u1'))"};
    static const form numbers = {
        "f2 f4 f8 i4 i8 u1",
        "i4, i8 or u1 for classes, or f2, f4 or f8 for values; save "
        "x.astype('i8') or x.astype('f4')",
        "the quote of a simple type such as '<i8' or '<f4'"};
    switch (wanted) {
    case SRNN_DTYPE_INT64:
        return &integers;
    case SRNN_DTYPE_UINT8:
        return &flags;
    case COMMAND_NPY_NUMBER:
        return &numbers;
    default:
        return &reals;
    }
}

static command_result fail_type(const cursor *c, const word *type)
{
    return command_fail(COMMAND_WRONG,
                        "%s: the array's type is '%.*s', expected %s", c->name,
                        (int)(type->length < 64 ? type->length : 64),
                        type->start, form_of(c->wanted)->expected);
}

/* "<f4" and its like: byte order, kind, bytes. A byte has no order, which NumPy
 * writes as |. */
static bool is_wanted(const cursor *c, const word *type)
{
    if (type->length != 3)
        return false;
    const char text[] = {type->start[1], type->start[2], '\0'};
    const char *const types = form_of(c->wanted)->types;
    const char *const found = strstr(types, text);
    return found != NULL && (found - types) % 3 == 0 &&
           strchr(text[1] == '1' ? "|<>" : "<>", type->start[0]) != NULL;
}

static command_result take_type(command_npy *out, cursor *c)
{
    word type = {"", 0};
    COMMAND_TRY(take_string(&type, c, form_of(c->wanted)->quote));
    if (!is_wanted(c, &type))
        return fail_type(c, &type);
    out->is_big_endian = type.start[0] == '>';
    out->kind = type.start[1];
    out->width = type.start[2] - '0';
    return COMMAND_OK;
}

static command_result take_order(command_npy *out, cursor *c)
{
    out->is_fortran = take_word(c, "True");
    if (out->is_fortran || take_word(c, "False"))
        return COMMAND_OK;
    return fail_expected(c, "the True or False of fortran_order");
}

static command_result fail_size(const cursor *c)
{
    return command_fail(COMMAND_WRONG,
                        "%s: the shape in the .npy header is too large: its "
                        "bytes do not fit into 64 bits",
                        c->name);
}

/* Python 2 wrote 3L. */
static command_result take_size(int64_t *out, cursor *c)
{
    skip_blanks(c);
    const int64_t start = c->at;
    *out = 0;
    for (; peek(c) >= '0' && peek(c) <= '9'; c->at++) {
        const int digit = peek(c) - '0';
        if (*out > (INT64_MAX - digit) / 10)
            return fail_size(c);
        *out = 10 * *out + digit;
    }
    if (c->at == start || (c->text[start] == '0' && c->at > start + 1)) {
        c->at = start;
        return fail_expected(c, "a size of the shape");
    }
    if (peek(c) == 'L')
        c->at++;
    return COMMAND_OK;
}

/* (), (3,), (3, 4) or (3, 4,); but (3) is a number. */
static command_result take_shape(command_npy *out, cursor *c)
{
    bool comma = true;
    if (!take(c, '('))
        return fail_expected(c, "the ( of the shape");
    while (!take(c, ')')) {
        if (!comma)
            return fail_expected(c, "a comma or the ) of the shape");
        if (out->rank == SRNN_MAX_RANK)
            return fail_expected(c, "the end of a shape of 8 dimensions");
        COMMAND_TRY(take_size(&out->shape[out->rank++], c));
        comma = take(c, ',');
        if (out->rank == 1 && !comma)
            return fail_expected(c, "the comma after the only size");
    }
    return COMMAND_OK;
}

/* Zero sizes count too: NumPy refuses a huge size beside a 0 as well. */
static command_result count_bytes(command_npy *out, const cursor *c)
{
    int64_t room = INT64_MAX / out->width;
    out->size = 1;
    for (int32_t i = 0; i < out->rank; i++) {
        const int64_t factor = out->shape[i] > 0 ? out->shape[i] : 1;
        if (factor > room)
            return fail_size(c);
        room /= factor;
        out->size *= out->shape[i];
    }
    out->bytes = out->width * out->size;
    return COMMAND_OK;
}

static const struct {
    const char *key;
    command_result (*take)(command_npy *out, cursor *c);
} keys[] = {
    {"descr", take_type}, {"fortran_order", take_order}, {"shape", take_shape}};

enum { KEYS = sizeof keys / sizeof *keys };

static command_result fail_key(const cursor *c, const char *what,
                               const char *key, int64_t length)
{
    return command_fail(COMMAND_WRONG, "%s: the .npy header %s key '%.*s'",
                        c->name, what, (int)(length < 64 ? length : 64), key);
}

/* seen has a bit for each of the keys. */
static command_result take_entry(command_npy *out, cursor *c, int *seen)
{
    word key = {"", 0};
    COMMAND_TRY(take_string(&key, c, "the quote of a key or the closing }"));
    if (!take(c, ':'))
        return fail_expected(c, "the colon after a key");
    for (int i = 0; i < KEYS; i++) {
        if (!is(&key, keys[i].key))
            continue;
        if ((*seen & 1 << i) != 0)
            return fail_key(c, "repeats the", key.start, key.length);
        *seen |= 1 << i;
        return keys[i].take(out, c);
    }
    return fail_key(c, "has the unknown", key.start, key.length);
}

command_result command_npy_parse(command_npy *out, const char *text,
                                 int64_t length, const char *name,
                                 srnn_dtype wanted)
{
    cursor c = {name, text, length, 0, wanted};
    int seen = 0;
    bool comma = true;
    *out = (command_npy){.rank = 0};
    if (!take(&c, '{'))
        return fail_expected(&c, "the { of a .npy header");
    while (!take(&c, '}')) {
        if (!comma)
            return fail_expected(&c, "a comma or the closing }");
        COMMAND_TRY(take_entry(out, &c, &seen));
        comma = take(&c, ',');
    }
    skip_blanks(&c);
    if (c.at < c.length)
        return fail_expected(&c, "the blank that pads a header");
    for (int i = 0; i < KEYS; i++)
        if ((seen & 1 << i) == 0)
            return fail_key(&c, "lacks the", keys[i].key,
                            (int64_t)strlen(keys[i].key));
    return count_bytes(out, &c);
}
