/* SPDX-License-Identifier: MIT */
/* Writes an rnn as the safetensors package does, byte for byte: metadata first,
 * tensors by name (the package puts larger elements before smaller ones, but
 * here all are of one size), no blanks, its escapes. The package shuffles
 * the metadata; here it is by key, so that a model has one file. */
#include "io/write_rnn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/replacement.h"
#include "io/safetensors.h"
#include "io/stated.h"
#include "tensor/dtype.h"
#include "util/cancellation.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/text.h"

/* What the header tells. */
typedef struct {
    const srnn_rnn *rnn;
    const char *prefix;
    const srnn_parameter **order; /* by name */
} listing;

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const srnn_parameter *const *)a)->name,
                  (*(const srnn_parameter *const *)b)->name);
}

static srnn_status sort(listing *list)
{
    const int64_t count = list->rnn->parameter_count;
    void *order = NULL;
    SRNN_TRY(srnn_memory__create(&order, count * (int64_t)sizeof(void *)));
    list->order = order;
    for (int64_t i = 0; i < count; i++)
        list->order[i] = &list->rnn->parameters[i];
    qsort(list->order, (size_t)count, sizeof(void *), by_name);
    return SRNN_OK;
}

static int64_t element_size(const srnn_rnn *rnn)
{
    return srnn_dtype__size((srnn_dtype)rnn->options.dtype);
}

static int64_t count_elements(const srnn_parameter *parameter)
{
    return parameter->shape[0] * parameter->shape[1];
}

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

static void append_escaped(srnn_text *text, char byte)
{
    static const char bytes[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *const found = strchr(bytes, byte);
    if (found != NULL)
        srnn_text__append(text, "\\%c", letters[found - bytes]);
    else
        srnn_text__append(text, "\\u%04x", (unsigned int)byte);
}

static void append_prefix(srnn_text *text, const char *prefix)
{
    for (const char *at = prefix; *at != '\0' && !is_too_long(text);) {
        const int plain = measure_plain(at);
        if (plain > 0)
            srnn_text__append(text, "%.*s", plain, at);
        else
            append_escaped(text, *at);
        at += plain > 0 ? plain : 1;
    }
}

static void append_entry(srnn_text *text, const listing *list,
                         const srnn_parameter *parameter, int64_t begin)
{
    static const char *const words[SRNN_DTYPE__COUNT] = {
        [SRNN_DTYPE__AT_FLOAT32] = "F32", [SRNN_DTYPE__AT_FLOAT64] = "F64"};
    srnn_text__append(text, ",\"");
    append_prefix(text, list->prefix);
    srnn_text__append(text, "%s\":{\"dtype\":\"%s\",\"shape\":[%" PRId64,
                      parameter->name,
                      words[srnn_dtype__real_at(list->rnn->options.dtype)],
                      parameter->shape[0]);
    if (parameter->rank == 2)
        srnn_text__append(text, ",%" PRId64, parameter->shape[1]);
    srnn_text__append(
        text, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", begin,
        begin + count_elements(parameter) * element_size(list->rnn));
}

static void append_header(srnn_text *text, const listing *list)
{
    const srnn_options *const options = &list->rnn->options;
    int64_t begin = 0;
    srnn_text__append(
        text, "{\"__metadata__\":{\"%s\":\"%s\",\"%s\":\"%s\"}",
        srnn_stated__batch_first.key,
        srnn_stated__word(&srnn_stated__batch_first, options->batch_first),
        srnn_stated__nonlinearity.key,
        srnn_stated__word(&srnn_stated__nonlinearity, options->nonlinearity));
    for (int64_t i = 0; i < list->rnn->parameter_count; i++) {
        if (is_too_long(text))
            return;
        append_entry(text, list, list->order[i], begin);
        begin += count_elements(list->order[i]) * element_size(list->rnn);
    }
    srnn_text__append(text, "}");
    const int past = (int)(text->length % 8); /* values begin at a multiple */
    srnn_text__append(text, "%*s", past == 0 ? 0 : 8 - past, "");
}

static srnn_status write_header(const srnn_sink *sink, const listing *list)
{
    enum { LENGTH_BYTES = 8 };
    srnn_text text = {NULL, 0, 0};
    append_header(&text, list);
    if (is_too_long(&text))
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "the header of %" PRId64
                                " parameters under a prefix of %zu bytes needs "
                                "more than SRNN_MAX_HEADER_SIZE=%d bytes",
                                list->rnn->parameter_count,
                                strlen(list->prefix), SRNN_MAX_HEADER_SIZE);
    const int64_t length = (int64_t)text.length;
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, LENGTH_BYTES + length + 1));
    unsigned char *const bytes = memory;
    text = (srnn_text){(char *)bytes + LENGTH_BYTES, (size_t)length + 1, 0};
    append_header(&text, list);
    for (int i = 0; i < LENGTH_BYTES; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> 8 * i & 0xff);
    const srnn_status status =
        srnn_sink__write(sink, bytes, LENGTH_BYTES + length);
    srnn_memory__destroy(memory);
    return status;
}

/* Files are little-endian, whatever the machine. */
static srnn_status write_swapped(const srnn_sink *sink,
                                 const unsigned char *values, int64_t size,
                                 int64_t bytes)
{
    unsigned char swapped[4096]; /* a multiple of every size */
    for (int64_t done = 0; done < bytes; done += (int64_t)sizeof swapped) {
        const int64_t left = bytes - done;
        const int64_t count =
            left < (int64_t)sizeof swapped ? left : (int64_t)sizeof swapped;
        for (int64_t i = 0; i < count; i++)
            swapped[i] = values[done + i - i % size + size - 1 - i % size];
        SRNN_TRY(srnn_sink__write(sink, swapped, count));
    }
    return SRNN_OK;
}

static srnn_status write_values(const srnn_sink *sink, const listing *list)
{
    const int64_t size = element_size(list->rnn);
    for (int64_t i = 0; i < list->rnn->parameter_count; i++) {
        const srnn_parameter *const parameter = list->order[i];
        const int64_t bytes = count_elements(parameter) * size;
        if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            SRNN_TRY(srnn_sink__write(sink, parameter->data, bytes));
        else
            SRNN_TRY(write_swapped(sink, parameter->data, size, bytes));
    }
    return SRNN_OK;
}

srnn_status srnn_weights__write_rnn(const srnn_sink *sink, const srnn_rnn *rnn,
                                    const char *prefix)
{
    listing list = {rnn, prefix, NULL};
    SRNN_TRY(sort(&list));
    srnn_status status = write_header(sink, &list);
    if (status == SRNN_OK)
        status = write_values(sink, &list);
    srnn_memory__destroy(list.order);
    return status;
}

static srnn_status replace_file(const char *path, const srnn_rnn *rnn,
                                const char *prefix)
{
    srnn_replacement replacement;
    SRNN_TRY(srnn_replacement__begin(&replacement, path));
    const srnn_sink sink = {.file = replacement.file, .path = path};
    const srnn_status status = srnn_weights__write_rnn(&sink, rnn, prefix);
    if (status == SRNN_OK)
        return srnn_replacement__commit(&replacement);
    srnn_replacement__abandon(&replacement);
    return status;
}

srnn_status srnn_weights__write_rnn_file(const char *path, const srnn_rnn *rnn,
                                         const char *prefix)
{
    const int before = srnn_cancellation__hold();
    const srnn_status status = replace_file(path, rnn, prefix);
    srnn_cancellation__allow(before);
    return status;
}
