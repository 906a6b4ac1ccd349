/* SPDX-License-Identifier: MIT */
/* The types of elements that a file can have, and their values: little-endian,
 * kept as they are or widened to a real dtype. */
#include <assert.h>
#include <string.h>

#include "io/weights.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/plain.h"
#include "util/text.h"

static uint64_t load_little_endian(const unsigned char *bytes, int size)
{
    uint64_t bits = 0;
    for (int i = size - 1; i >= 0; i--)
        bits = bits << 8 | bytes[i];
    return bits;
}

static float from_bits(uint32_t bits)
{
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction */
static float widen_f16(uint32_t half)
{
    const uint32_t sign = half >> 15 << 31;
    const uint32_t exponent = half >> 10 & 0x1fu;
    const uint32_t fraction = half & 0x3ffu;
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
        const float magnitude = (float)fraction * 0x1p-24f;
        return sign != 0 ? -magnitude : magnitude;
    }
    if (exponent == 0x1f) /* infinity or NaN */
        return from_bits(sign | 0x7f800000u | fraction << 13);
    return from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

static double decode_f16(const unsigned char *bytes)
{
    return (double)widen_f16((uint32_t)load_little_endian(bytes, 2));
}

/* bfloat16: the upper half of a float32 */
static double decode_bf16(const unsigned char *bytes)
{
    return (double)from_bits((uint32_t)load_little_endian(bytes, 2) << 16);
}

static double decode_f32(const unsigned char *bytes)
{
    return (double)from_bits((uint32_t)load_little_endian(bytes, 4));
}

static double decode_f64(const unsigned char *bytes)
{
    const uint64_t bits = load_little_endian(bytes, 8);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* In the order of the safetensors package, which puts the last first. */
static const srnn_element_type types[] = {
    {"BOOL", 8, SRNN_DTYPE_UINT8, NULL},
    {"F4", 4, 0, NULL},
    {"F6_E2M3", 6, 0, NULL},
    {"F6_E3M2", 6, 0, NULL},
    {"U8", 8, SRNN_DTYPE_UINT8, NULL},
    {"I8", 8, 0, NULL},
    {"F8_E5M2", 8, 0, NULL},
    {"F8_E4M3", 8, 0, NULL},
    {"F8_E8M0", 8, 0, NULL},
    {"F8_E4M3FNUZ", 8, 0, NULL},
    {"F8_E5M2FNUZ", 8, 0, NULL},
    {"I16", 16, 0, NULL},
    {"U16", 16, 0, NULL},
    {"F16", 16, SRNN_DTYPE_FLOAT32, decode_f16},
    {"BF16", 16, SRNN_DTYPE_FLOAT32, decode_bf16},
    {"I32", 32, 0, NULL},
    {"U32", 32, 0, NULL},
    {"F32", 32, SRNN_DTYPE_FLOAT32, decode_f32},
    {"C64", 64, 0, NULL},
    {"F64", 64, SRNN_DTYPE_FLOAT64, decode_f64},
    {"I64", 64, SRNN_DTYPE_INT64, NULL},
    {"U64", 64, 0, NULL},
};

enum { TYPES = sizeof types / sizeof *types };

const srnn_element_type *srnn_weights__find_type(const char *name)
{
    for (int i = 0; i < TYPES; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

/* Are the bytes of an element those of the dtype? */
static bool is_plain(const srnn_element_type *type, srnn_dtype dtype)
{
    return type->dtype == dtype && type->bits == 8 * srnn_dtype__size(dtype);
}

const srnn_element_type *srnn_weights__type_of(srnn_dtype dtype)
{
    int i = TYPES - 1; /* from behind, where U8 comes before BOOL */
    while (i > 0 && !is_plain(&types[i], dtype))
        i--;
    assert(is_plain(&types[i], dtype));
    return &types[i];
}

static srnn_status fail_type(const srnn_weights_entry *entry,
                             const char *expected)
{
    char buffer[SRNN_QUOTED_SIZE];
    srnn_text__quote(buffer, srnn_weights__name_of(entry));
    return srnn_error__fail(SRNN_ERROR_DTYPE, "tensor %s is %s, expected %s",
                            buffer, entry->type->name, expected);
}

srnn_status srnn_weights__check_type(const srnn_weights_entry *entry)
{
    return entry->type->dtype != 0
               ? SRNN_OK
               : fail_type(entry, "F32, F64, F16, BF16, I64, U8 or BOOL");
}

srnn_status srnn_weights__check_real(const srnn_weights_entry *entry)
{
    return entry->type->decode != NULL
               ? SRNN_OK
               : fail_type(entry, "F32, F64, F16 or BF16");
}

static void put_f32(void *values, int64_t i, double value)
{
    ((float *)values)[i] = (float)value;
}

static void put_f64(void *values, int64_t i, double value)
{
    ((double *)values)[i] = value;
}

/* Also subnormal numbers, in a thread that flushes them. */
static void convert(void *values, srnn_dtype dtype, int64_t first,
                    const srnn_element_type *type, const unsigned char *bytes,
                    int64_t count)
{
    void (*const put)(void *, int64_t, double) = SRNN_FOR_DTYPE(dtype, put);
    srnn_plain before;
    srnn_plain__enter(&before);
    for (int64_t i = 0; i < count; i++)
        put(values, first + i, type->decode(bytes + i * (type->bits / 8)));
    srnn_plain__leave(&before);
}

/* Through a small buffer, so that a conversion takes no memory. */
static srnn_status read_converted(void *values, srnn_dtype dtype,
                                  const srnn_weights *weights,
                                  const srnn_weights_entry *entry)
{
    unsigned char bytes[4096];
    const int64_t size = entry->type->bits / 8;
    const int64_t most = (int64_t)sizeof bytes / size;
    assert(entry->type->decode != NULL);
    const int64_t total = srnn_weights__size(entry);
    for (int64_t i = 0; i < total; i += most) {
        const int64_t left = total - i;
        const int64_t count = left < most ? left : most;
        SRNN_TRY(srnn_source__read(&weights->source, bytes,
                                   entry->begin + i * size, count * size));
        convert(values, dtype, i, entry->type, bytes, count);
    }
    return SRNN_OK;
}

void srnn_weights__swap(void *values, srnn_dtype dtype, int64_t count)
{
    unsigned char *bytes = values;
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return;
    const int64_t size = srnn_dtype__size(dtype);
    for (int64_t i = 0; i < count; i++, bytes += size) {
        for (int64_t low = 0, high = size - 1; low < high; low++, high--) {
            const unsigned char byte = bytes[low];
            bytes[low] = bytes[high];
            bytes[high] = byte;
        }
    }
}

srnn_status srnn_weights__read(void *values, srnn_dtype dtype,
                               const srnn_weights *weights,
                               const srnn_weights_entry *entry)
{
    if (!is_plain(entry->type, dtype))
        return read_converted(values, dtype, weights, entry);
    SRNN_TRY(srnn_source__read(&weights->source, values, entry->begin,
                               srnn_weights__bytes(entry)));
    srnn_weights__swap(values, dtype, srnn_weights__size(entry));
    return SRNN_OK;
}
