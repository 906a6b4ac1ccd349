/* SPDX-License-Identifier: MIT */
/* The values of a tensor in a file: little-endian, of any type that widens to
 * float32 or float64. */
#include <string.h>

#include "io/safetensors.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/text.h"

static float from_bits(uint32_t bits)
{
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction */
static float widen_f16(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half >> 15) << 31;
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

/* bfloat16: the upper half of a float32 */
static float widen_bf16(uint16_t half)
{
    return from_bits((uint32_t)half << 16);
}

static uint64_t load_little_endian(const unsigned char *bytes, int size)
{
    uint64_t bits = 0;
    for (int i = size - 1; i >= 0; i--)
        bits = bits << 8 | bytes[i];
    return bits;
}

/* Any element, exactly. */
static double decode(const srnn_weights__type *type, const unsigned char *bytes)
{
    const uint64_t bits = load_little_endian(bytes, type->bits / 8);
    double value = 0;
    if (type->bits == 16)
        return (double)(strcmp(type->name, "BF16") == 0
                            ? widen_bf16((uint16_t)bits)
                            : widen_f16((uint16_t)bits));
    if (type->bits == 32)
        return (double)from_bits((uint32_t)bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void put_f32(void *values, int64_t i, double value)
{
    ((float *)values)[i] = (float)value;
}

static void put_f64(void *values, int64_t i, double value)
{
    ((double *)values)[i] = value;
}

/* Through a small buffer, so that a conversion takes no memory. */
static srnn_status read_converted(void *values, srnn_dtype dtype,
                                  const srnn_weights *weights,
                                  const srnn_weights__entry *entry)
{
    unsigned char bytes[4096];
    void (*const put)(void *, int64_t, double) = SRNN_FOR_DTYPE(dtype, put);
    const int64_t size = entry->type->bits / 8;
    const int64_t most = (int64_t)sizeof bytes / size;
    for (int64_t i = 0; i < entry->size; i += most) {
        const int64_t left = entry->size - i;
        const int64_t count = left < most ? left : most;
        SRNN_TRY(srnn_source__read(&weights->source, bytes,
                                   entry->begin + i * size, count * size));
        for (int64_t j = 0; j < count; j++)
            put(values, i + j, decode(entry->type, bytes + j * size));
    }
    return SRNN_OK;
}

srnn_status srnn_weights__check_type(const srnn_weights__entry *entry)
{
    if (entry->type->dtype != 0)
        return SRNN_OK;
    char buffer[512];
    srnn_text name = {buffer, sizeof buffer, 0};
    srnn_text__append_name(&name, entry->name);
    return srnn_error__fail(SRNN_ERROR_DTYPE,
                            "tensor %s is %s, expected F32, F64, F16 or BF16",
                            buffer, entry->type->name);
}

srnn_status srnn_weights__read(void *values, srnn_dtype dtype,
                               const srnn_weights *weights,
                               const srnn_weights__entry *entry)
{
    const int64_t size = srnn_dtype__size(dtype);
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ ||
        entry->type->bits != 8 * size)
        return read_converted(values, dtype, weights, entry);
    return srnn_source__read(&weights->source, values, entry->begin,
                             entry->size * size);
}
