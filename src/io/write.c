/* SPDX-License-Identifier: MIT */
/* Writes header and values, the latter from memory or from the old file. */
#include "io/write.h"

#include <string.h>

#include "io/header.h"
#include "io/path.h"
#include "io/replacement.h"
#include "io/safetensors.h"
#include "util/cancellation.h"
#include "util/error.h"
#include "util/memory.h"

#define KEEPING "cannot keep what is in it"

enum { BUFFER = 1 << 18 }; /* bytes of values that are copied at a time */

/* All that is to be written, made before the first byte is. */
typedef struct {
    srnn_contents *contents;
    srnn_header header;
    void *buffer; /* NULL if nothing has to be copied */
} job;

static void destroy(job *j)
{
    srnn_memory__destroy(j->buffer);
    srnn_header__destroy(&j->header);
    srnn_contents__destroy(j->contents);
}

/* What reading refuses is not written: it could not be opened again. */
static srnn_status check_header(const job *j)
{
    srnn_weights *weights = NULL;
    SRNN_TRY(srnn_safetensors__open(
        &weights, srnn_source__from_memory(
                      j->header.bytes, j->header.size + j->contents->bytes)));
    srnn_weights__destroy(weights);
    return SRNN_OK;
}

static srnn_status create(job *j, srnn_write_gather *gather, const void *saved,
                          const srnn_weights *old)
{
    const bool is_copied =
        old != NULL || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__;
    *j = (job){NULL, {NULL, 0}, NULL};
    srnn_status status = gather(&j->contents, saved, old);
    if (status == SRNN_OK)
        status = srnn_contents__finish(j->contents);
    if (status == SRNN_OK)
        status = srnn_header__create(&j->header, j->contents);
    if (status == SRNN_OK)
        status = check_header(j);
    if (status == SRNN_OK && is_copied)
        status = srnn_memory__create(&j->buffer, BUFFER);
    if (status != SRNN_OK)
        destroy(j);
    return status;
}

/* The bytes of a piece that begins at done. */
static int64_t piece(int64_t done, int64_t bytes)
{
    return bytes - done < BUFFER ? bytes - done : BUFFER;
}

/* Files are little-endian, whatever the machine. */
static srnn_status write_swapped(const srnn_sink *sink, const job *j,
                                 const srnn_contents_tensor *tensor)
{
    const unsigned char *const values = tensor->values;
    for (int64_t done = 0; done < tensor->bytes; done += BUFFER) {
        const int64_t count = piece(done, tensor->bytes);
        memcpy(j->buffer, values + done, (size_t)count);
        srnn_weights__swap(j->buffer, tensor->type->dtype,
                           count * 8 / tensor->type->bits);
        SRNN_TRY(srnn_sink__write(sink, j->buffer, count));
    }
    return SRNN_OK;
}

static srnn_status copy(const srnn_sink *sink, const job *j,
                        const srnn_contents_tensor *tensor)
{
    for (int64_t done = 0; done < tensor->bytes; done += BUFFER) {
        const int64_t count = piece(done, tensor->bytes);
        SRNN_TRY(srnn_path__explain(
            sink->path, KEEPING,
            srnn_source__read(&j->contents->old->source, j->buffer,
                              tensor->begin + done, count)));
        SRNN_TRY(srnn_sink__write(sink, j->buffer, count));
    }
    return SRNN_OK;
}

static srnn_status write_tensor(const srnn_sink *sink, const job *j,
                                const srnn_contents_tensor *tensor)
{
    if (tensor->bytes == 0)
        return SRNN_OK;
    if (tensor->values == NULL)
        return copy(sink, j, tensor);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return srnn_sink__write(sink, tensor->values, tensor->bytes);
    return write_swapped(sink, j, tensor);
}

static srnn_status write_all(const srnn_sink *sink, const job *j)
{
    SRNN_TRY(srnn_sink__write(sink, j->header.bytes, j->header.size));
    for (int64_t i = 0; i < j->contents->tensor_count; i++)
        SRNN_TRY(write_tensor(sink, j, &j->contents->tensors[i]));
    return SRNN_OK;
}

srnn_status srnn_write__to_sink(const srnn_sink *sink,
                                srnn_write_gather *gather, const void *saved)
{
    job j;
    SRNN_TRY(create(&j, gather, saved, NULL));
    const srnn_status status = write_all(sink, &j);
    destroy(&j);
    return status;
}

/* Writes the temporary file, and puts it in its place. */
static srnn_status fill(srnn_replacement *replacement, const job *j)
{
    SRNN_TRY(srnn_replacement__create(replacement));
    const srnn_sink sink = {.file = replacement->file,
                            .path = replacement->path};
    const srnn_status status = write_all(&sink, j);
    if (status == SRNN_OK)
        return srnn_replacement__commit(replacement);
    srnn_replacement__abandon(replacement);
    return status;
}

/* The old file is the one that will be replaced, wherever its path leads to by
 * now. */
static srnn_status open_old(srnn_weights **out,
                            const srnn_replacement *replacement)
{
    srnn_source source;
    *out = NULL;
    if (!replacement->has_old)
        return SRNN_OK;
    SRNN_TRY(srnn_replacement__open_old(&source, replacement));
    return srnn_path__explain(replacement->path, KEEPING,
                              srnn_safetensors__open(out, source));
}

static srnn_status replace(srnn_replacement *replacement, bool is_merged,
                           srnn_write_gather *gather, const void *saved)
{
    job j;
    srnn_weights *old = NULL;
    if (is_merged)
        SRNN_TRY(open_old(&old, replacement));
    srnn_status status = create(&j, gather, saved, old);
    if (status == SRNN_OK) {
        status = fill(replacement, &j);
        destroy(&j);
    }
    srnn_weights__destroy(old);
    return status;
}

srnn_status srnn_write__to_path(const char *path, bool is_merged,
                                srnn_write_gather *gather, const void *saved)
{
    srnn_replacement replacement;
    const int before = srnn_cancellation__hold();
    srnn_status status = srnn_replacement__begin(&replacement, path);
    if (status == SRNN_OK) {
        status = replace(&replacement, is_merged, gather, saved);
        srnn_replacement__end(&replacement);
    }
    srnn_cancellation__allow(before);
    return status;
}
