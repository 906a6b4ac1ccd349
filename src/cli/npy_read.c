/* SPDX-License-Identifier: MIT */
/* Values are read a block at a time into memory that grows with what has come:
 * a header of a few bytes can promise anything. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "npy.h"

enum { BLOCK = 8192 };           /* elements */
enum { MAX_HEADER = 65535 };     /* what version 1 can have */
enum { PREFACE = 8, FIELD = 4 }; /* magic and version; longest length field */

static command_result fail_text(const command_source *source, const char *what)
{
    return command_fail(COMMAND_WRONG, "%s: %s", source->name, what);
}

static command_result read_exactly(command_source *source, void *target,
                                   int64_t size, const char *what)
{
    int64_t got = 0;
    COMMAND_TRY(command_source_read(&got, source, target, size));
    return got == size ? COMMAND_OK : fail_text(source, what);
}

static command_result read_length(int64_t *out, command_source *source,
                                  int version)
{
    unsigned char field[FIELD] = {0};
    COMMAND_TRY(read_exactly(source, field, version == 1 ? 2 : FIELD,
                             "the file ends inside the .npy header"));
    *out = (int64_t)field[0] | (int64_t)field[1] << 8 |
           (int64_t)field[2] << 16 | (int64_t)field[3] << 24;
    return *out <= MAX_HEADER
               ? COMMAND_OK
               : fail_text(source, "the .npy header is longer than 65535 "
                                   "bytes; no array of numbers needs that");
}

command_result command_npy_read_header(command_npy *out, command_source *source,
                                       srnn_dtype wanted)
{
    unsigned char preface[PREFACE];
    int64_t length = 0;
    COMMAND_TRY(read_exactly(source, preface, PREFACE,
                             "this is not a .npy file: it has fewer than 8 "
                             "bytes; write it with numpy.save"));
    if (memcmp(preface, "\x93NUMPY", 6) != 0)
        return fail_text(source, "this is not a .npy file: it does not begin "
                                 "with \\x93NUMPY; write it with numpy.save");
    const int version = preface[6];
    if (version < 1 || version > 3 || preface[7] != 0)
        return fail_text(source, "the .npy version is not 1.0, 2.0 or 3.0");
    COMMAND_TRY(read_length(&length, source, version));
    char *const text = malloc((size_t)length + 1);
    if (text == NULL)
        return command_fail_memory();
    command_result result = read_exactly(
        source, text, length, "the file ends inside the .npy header");
    if (result == COMMAND_OK)
        result = command_npy_parse(out, text, length, source->name, wanted);
    free(text);
    return result;
}

static uint64_t bits_of(const unsigned char *bytes, const command_npy *npy)
{
    uint64_t bits = 0;
    for (int i = 0; i < npy->width; i++)
        bits = bits << 8 | bytes[npy->is_big_endian ? i : npy->width - 1 - i];
    return bits;
}

static double float_of(uint32_t bits)
{
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sign, 5 bits of exponent that stand for 2^-15 and up, 10 bits of fraction. */
static double half_of(uint32_t bits)
{
    enum { EXPONENT = 0x7c00, FRACTION = 0x3ff, REBIAS = (127 - 15) << 23 };
    const uint32_t sign = (bits & 0x8000) << 16;
    const uint32_t fraction = bits & FRACTION;
    if ((bits & EXPONENT) == EXPONENT)
        return float_of(sign | 0x7f800000 | fraction << 13);
    if ((bits & EXPONENT) == 0)
        return (sign != 0 ? -0x1p-24 : 0x1p-24) * fraction;
    return float_of(sign | (((bits & ~0x8000u) << 13) + REBIAS));
}

static double element(const unsigned char *bytes, const command_npy *npy)
{
    const uint64_t bits = bits_of(bytes, npy);
    double value = 0;
    switch (npy->width) {
    case sizeof(uint16_t):
        return half_of((uint32_t)bits);
    case sizeof(float):
        return float_of((uint32_t)bits);
    default:
        memcpy(&value, &bits, sizeof value);
        return value;
    }
}

static int64_t integer(const unsigned char *bytes, const command_npy *npy)
{
    const uint64_t bits = bits_of(bytes, npy);
    return npy->width == sizeof(int32_t) ? (int32_t)(uint32_t)bits
                                         : (int64_t)bits; /* u1 has no sign */
}

typedef struct {
    const command_npy *npy;
    command_source *source;
    srnn_dtype dtype;
    void *values;     /* of dtype, in the order of the file */
    int64_t capacity; /* elements */
    int64_t count;
} reading;

/* Where the file's size is known it has been held against the header. */
static command_result make_room(reading *r)
{
    const int64_t doubled = 2 * r->capacity + BLOCK;
    if (r->count + BLOCK <= r->capacity || r->capacity >= r->npy->size)
        return COMMAND_OK;
    r->capacity =
        r->source->left >= 0 || doubled > r->npy->size ? r->npy->size : doubled;
    size_t bytes = 0; /* of which a header can promise more than fit here */
    if (__builtin_mul_overflow(r->capacity, command_element_size(r->dtype),
                               &bytes))
        return command_fail_memory();
    void *const grown = realloc(r->values, bytes);
    if (grown == NULL)
        return command_fail_memory();
    r->values = grown;
    return COMMAND_OK;
}

static command_result fail_large(const reading *r, double value)
{
    return command_fail(COMMAND_WRONG,
                        "%s: value %" PRId64 ", %g, is too large for float32, "
                        "the model's type",
                        r->source->name, r->count, value);
}

/* NaN and infinity pass; only a finite value can be too large. */
static command_result put(reading *r, double value)
{
    command_element_set(r->values, r->dtype, r->count, value);
    if (isinf(command_element_get(r->values, r->dtype, r->count)) &&
        isfinite(value))
        return fail_large(r, value);
    r->count++;
    return COMMAND_OK;
}

static command_result fail_cut(const reading *r, int64_t got)
{
    return command_fail(COMMAND_WRONG,
                        "%s: the .npy file is truncated: it has %" PRId64
                        " bytes of values, its header promises %" PRId64,
                        r->source->name, got, r->npy->bytes);
}

static command_result put_element(reading *r, const unsigned char *bytes)
{
    switch (r->dtype) {
    case SRNN_DTYPE_INT64:
        ((int64_t *)r->values)[r->count++] = integer(bytes, r->npy);
        return COMMAND_OK;
    case SRNN_DTYPE_UINT8:
        ((uint8_t *)r->values)[r->count++] = *bytes;
        return COMMAND_OK;
    default:
        return put(r, element(bytes, r->npy));
    }
}

static command_result read_block(reading *r)
{
    unsigned char bytes[BLOCK * 8];
    const int64_t width = r->npy->width;
    const int64_t left = r->npy->size - r->count;
    const int64_t count = left < BLOCK ? left : BLOCK;
    int64_t got = 0;
    COMMAND_TRY(command_source_read(&got, r->source, bytes, count * width));
    if (got < count * width)
        return fail_cut(r, r->count * width + got);
    COMMAND_TRY(make_room(r));
    assert(r->values != NULL && r->count + count <= r->capacity);
    for (int64_t i = 0; i < count; i++)
        COMMAND_TRY(put_element(r, bytes + i * width));
    return COMMAND_OK;
}

static command_result check_end(command_source *source)
{
    char after = 0;
    int64_t got = 0;
    COMMAND_TRY(command_source_read(&got, source, &after, 1));
    if (got != 0)
        return fail_text(source, "the file has more bytes than its .npy header "
                                 "promises");
    return COMMAND_OK;
}

static command_result read_values(reading *r)
{
    if (r->source->left >= 0 && r->source->left < r->npy->bytes)
        return fail_cut(r, r->source->left);
    while (r->count < r->npy->size)
        COMMAND_TRY(read_block(r));
    return check_end(r->source);
}

/* The values lie in the order of the file; the tensor in C order. */
static command_result make_tensor(srnn_tensor **out, const reading *r)
{
    const command_npy *const npy = r->npy;
    int64_t strides[SRNN_MAX_RANK] = {1};
    srnn_tensor *view = NULL;
    COMMAND_TRY(
        command_check(srnn_tensor_create(out, r->dtype, npy->rank, npy->shape),
                      r->source->name));
    if (npy->size == 0)
        return COMMAND_OK;
    for (int32_t i = 1; i < npy->rank; i++)
        strides[i] = strides[i - 1] * npy->shape[i - 1];
    srnn_status status =
        srnn_tensor_wrap(&view, r->values, r->dtype, npy->rank, npy->shape,
                         npy->is_fortran && npy->rank > 0 ? strides : NULL);
    if (status == SRNN_OK)
        status = srnn_tensor_copy(*out, view);
    srnn_tensor_destroy(view);
    if (status == SRNN_OK)
        return COMMAND_OK;
    srnn_tensor_destroy(*out);
    *out = NULL;
    return command_check(status, r->source->name);
}

static command_result read_as(srnn_tensor **out, command_source *source,
                              const command_npy *npy, srnn_dtype dtype)
{
    reading r = {.npy = npy, .source = source, .dtype = dtype};
    command_result result = read_values(&r);
    if (result == COMMAND_OK)
        result = make_tensor(out, &r);
    free(r.values);
    return result;
}

command_result command_npy_read(srnn_tensor **out, command_source *source,
                                srnn_dtype dtype)
{
    command_npy npy = {.rank = 0};
    *out = NULL;
    COMMAND_TRY(command_npy_read_header(&npy, source, dtype));
    return read_as(out, source, &npy, dtype);
}

command_result command_npy_read_number(srnn_tensor **out,
                                       command_source *source, srnn_dtype real)
{
    command_npy npy = {.rank = 0};
    *out = NULL;
    COMMAND_TRY(command_npy_read_header(&npy, source, COMMAND_NPY_NUMBER));
    return read_as(out, source, &npy,
                   npy.kind == 'f' ? real : SRNN_DTYPE_INT64);
}
