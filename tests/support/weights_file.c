/* SPDX-License-Identifier: MIT */
/* Written from the description of the format, sharing nothing with src/io. */
#include "support/weights_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(weights_file *file, size_t size)
{
    if (size <= file->capacity)
        return;
    file->capacity = 2 * size;
    file->bytes = realloc(file->bytes, file->capacity);
    if (file->bytes == NULL)
        abort();
}

void weights_file_append(weights_file *file, const void *bytes, size_t size)
{
    reserve(file, file->size + size + 1);
    if (size > 0)
        memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

void weights_file_append_text(weights_file *file, const char *text)
{
    weights_file_append(file, text, strlen(text));
}

void weights_file_append_repeated(weights_file *file, const char *text,
                                  size_t times)
{
    for (size_t i = 0; i < times; i++)
        weights_file_append_text(file, text);
}

void weights_file_free(weights_file *file)
{
    free(file->bytes);
    *file = (weights_file){NULL, 0, 0};
}

static void append_little_endian(weights_file *file, uint64_t bits, int size)
{
    for (int i = 0; i < size; i++) {
        const unsigned char byte = (unsigned char)(bits >> 8 * i & 0xff);
        weights_file_append(file, &byte, 1);
    }
}

weights_file weights_file_of_header(const void *header, size_t header_size,
                                    size_t data_size)
{
    weights_file file = {NULL, 0, 0};
    append_little_endian(&file, header_size, 8);
    weights_file_append(&file, header, header_size);
    reserve(&file, file.size + data_size + 1);
    memset(file.bytes + file.size, 0, data_size);
    file.size += data_size;
    return file;
}

weights_file weights_file_of_text(const char *header, size_t data_size)
{
    return weights_file_of_header(header, strlen(header), data_size);
}

double weights_value(const char *name, int64_t k)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return (double)((hash + 7 * k) % 251 - 125) / 64;
}

/* IEEE 754 binary16 of a normal number or zero. */
static uint64_t half_bits(double value)
{
    int exponent = 0;
    const double fraction = frexp(fabs(value), &exponent); /* [0.5, 1) */
    const uint64_t sign = value < 0 ? 0x8000 : 0;
    if (fraction == 0)
        return sign;
    return sign | (uint64_t)(exponent + 14) << 10 |
           ((uint64_t)ldexp(fraction, 11) - 1024);
}

static uint64_t float_bits(double value)
{
    const float single = (float)value;
    uint32_t bits = 0;
    memcpy(&bits, &single, sizeof bits);
    return bits;
}

static uint64_t bfloat_bits(double value)
{
    return float_bits(value) >> 16;
}

static uint64_t double_bits(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t no_bits(double value)
{
    (void)value;
    return 0;
}

static const struct element {
    const char *name;
    int bits;
    uint64_t (*value)(double value); /* its bits */
} elements[] = {
    {"F32", 32, float_bits},     {"F64", 64, double_bits},
    {"F16", 16, half_bits},      {"BF16", 16, bfloat_bits},
    {"BOOL", 8, no_bits},        {"F4", 4, NULL},
    {"F6_E2M3", 6, NULL},        {"F6_E3M2", 6, NULL},
    {"U8", 8, no_bits},          {"I8", 8, no_bits},
    {"F8_E5M2", 8, no_bits},     {"F8_E4M3", 8, no_bits},
    {"F8_E8M0", 8, no_bits},     {"F8_E4M3FNUZ", 8, no_bits},
    {"F8_E5M2FNUZ", 8, no_bits}, {"I16", 16, no_bits},
    {"U16", 16, no_bits},        {"I32", 32, no_bits},
    {"U32", 32, no_bits},        {"C64", 64, no_bits},
    {"I64", 64, no_bits},        {"U64", 64, no_bits},
};

const char *weights_type(int number)
{
    return number < (int)(sizeof elements / sizeof *elements)
               ? elements[number].name
               : NULL;
}

static const struct element *find_element(const char *dtype)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (strcmp(elements[i].name, dtype) == 0)
            return &elements[i];
    abort();
}

/* Everything before the value of a new key of the header. */
static void open_entry(weights_builder *builder, const char *name)
{
    weights_file_append_text(&builder->header,
                             builder->header.size == 0 ? "{\"" : ",\"");
    weights_file_append_text(&builder->header, name);
    weights_file_append_text(&builder->header, "\":{");
}

static void append_entry(weights_builder *builder, const char *name,
                         const char *dtype, int rank, const int64_t *shape,
                         size_t begin)
{
    char text[64];
    open_entry(builder, name);
    weights_file_append_text(&builder->header, "\"dtype\":\"");
    weights_file_append_text(&builder->header, dtype);
    weights_file_append_text(&builder->header, "\",\"shape\":[");
    for (int i = 0; i < rank; i++) {
        (void)snprintf(text, sizeof text, "%s%" PRId64, i == 0 ? "" : ",",
                       shape[i]);
        weights_file_append_text(&builder->header, text);
    }
    (void)snprintf(text, sizeof text, "],\"data_offsets\":[%zu,%zu]}", begin,
                   builder->data.size);
    weights_file_append_text(&builder->header, text);
}

void weights_builder_add(weights_builder *builder, const char *name,
                         const char *dtype, int rank, const int64_t *shape)
{
    const struct element *const element = find_element(dtype);
    const size_t begin = builder->data.size;
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    for (int64_t k = 0; k < count; k++)
        append_little_endian(&builder->data,
                             element->value(weights_value(name, k)),
                             element->bits / 8);
    append_entry(builder, name, dtype, rank, shape, begin);
}

void weights_builder_add_bytes(weights_builder *builder, const char *name,
                               const char *dtype, const void *bytes,
                               size_t size)
{
    const size_t begin = builder->data.size;
    const int64_t count = (int64_t)size * 8 / find_element(dtype)->bits;
    weights_file_append(&builder->data, bytes, size);
    append_entry(builder, name, dtype, 1, &count, begin);
}

void weights_builder_add_metadata(weights_builder *builder, const char *key,
                                  const char *text)
{
    weights_file *const metadata = &builder->metadata;
    weights_file_append_text(metadata, metadata->size == 0 ? "\"" : ",\"");
    weights_file_append_text(metadata, key);
    weights_file_append_text(metadata, "\":\"");
    weights_file_append_text(metadata, text);
    weights_file_append_text(metadata, "\"");
}

weights_file weights_builder_finish(weights_builder *builder)
{
    if (builder->metadata.size > 0) {
        open_entry(builder, "__metadata__");
        weights_file_append(&builder->header, builder->metadata.bytes,
                            builder->metadata.size);
        weights_file_append_text(&builder->header, "}");
    }
    weights_file_append_text(&builder->header,
                             builder->header.size == 0 ? "{}" : "}");
    weights_file file =
        weights_file_of_header(builder->header.bytes, builder->header.size, 0);
    weights_file_append(&file, builder->data.bytes, builder->data.size);
    weights_file_free(&builder->header);
    weights_file_free(&builder->data);
    weights_file_free(&builder->metadata);
    return file;
}

static bool is_in(const char *name, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static void add_parameter(weights_builder *builder,
                          const weights_topology *topology, const char *name,
                          int rank, const int64_t *shape)
{
    char full[1024];
    (void)snprintf(full, sizeof full, "%s%s", topology->prefix, name);
    weights_builder_add(builder, full, topology->dtype, rank, shape);
}

static void add_cell(weights_builder *builder, const weights_topology *of,
                     int64_t layer, int64_t direction, const char *const *skip)
{
    static const char *const kinds[] = {"weight_ih", "weight_hh", "bias_ih",
                                        "bias_hh"};
    const int64_t columns[] = {layer == 0 ? of->I : of->D * of->H, of->H};
    for (int kind = 0; kind < (of->bias ? 4 : 2); kind++) {
        char name[64];
        const int64_t shape[] = {of->H, columns[kind % 2]};
        (void)snprintf(name, sizeof name, "%s_l%d%s", kinds[kind], (int)layer,
                       direction == 1 ? "_reverse" : "");
        if (!is_in(name, skip))
            add_parameter(builder, of, name, kind < 2 ? 2 : 1, shape);
    }
}

void weights_builder_add_rnn(weights_builder *builder,
                             const weights_topology *topology,
                             const char *const *skip)
{
    for (int64_t layer = 0; layer < topology->L; layer++)
        for (int64_t direction = 0; direction < topology->D; direction++)
            add_cell(builder, topology, layer, direction, skip);
}

weights_file weights_file_of_rnn(const weights_topology *topology)
{
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, topology, NULL);
    return weights_builder_finish(&builder);
}
