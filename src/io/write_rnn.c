/* SPDX-License-Identifier: MIT */
/* Writes header and values, the latter from the rnn or from the old file. */
#include "io/write_rnn.h"

#include <string.h>

#include "io/contents.h"
#include "io/header.h"
#include "io/path.h"
#include "io/replacement.h"
#include "io/safetensors.h"
#include "tensor/dtype.h"
#include "util/cancellation.h"
#include "util/error.h"
#include "util/memory.h"

#define KEEPING "cannot keep what is in it"

enum { BUFFER = 1 << 18 }; /* bytes of values that are copied at a time */

/* All that is to be written, made before the first byte is. */
typedef struct {
    const srnn_rnn *rnn;
    const srnn_weights *old; /* NULL if there is none */
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

static srnn_status create(job *j, const srnn_contents_sources *sources)
{
    const bool is_copied =
        sources->old != NULL || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__;
    *j = (job){.rnn = sources->rnn, .old = sources->old};
    srnn_status status = srnn_contents__create(&j->contents, sources);
    if (status == SRNN_OK)
        status = srnn_header__create(&j->header, j->contents);
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
                                 const unsigned char *values, int64_t bytes)
{
    const int64_t dtype = j->rnn->options.dtype;
    for (int64_t done = 0; done < bytes; done += BUFFER) {
        const int64_t count = piece(done, bytes);
        memcpy(j->buffer, values + done, (size_t)count);
        srnn_weights__swap(j->buffer, (srnn_dtype)dtype,
                           count / srnn_dtype__size(dtype));
        SRNN_TRY(srnn_sink__write(sink, j->buffer, count));
    }
    return SRNN_OK;
}

static srnn_status copy(const srnn_sink *sink, const job *j, int64_t begin,
                        int64_t bytes)
{
    for (int64_t done = 0; done < bytes; done += BUFFER) {
        const int64_t count = piece(done, bytes);
        SRNN_TRY(
            srnn_path__explain(sink->path, KEEPING,
                               srnn_source__read(&j->old->source, j->buffer,
                                                 begin + done, count)));
        SRNN_TRY(srnn_sink__write(sink, j->buffer, count));
    }
    return SRNN_OK;
}

static srnn_status write_tensor(const srnn_sink *sink, const job *j,
                                const srnn_contents_tensor *tensor)
{
    if (tensor->parameter == NULL)
        return copy(sink, j, tensor->begin, tensor->bytes);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return srnn_sink__write(sink, tensor->parameter->data, tensor->bytes);
    return write_swapped(sink, j, tensor->parameter->data, tensor->bytes);
}

static srnn_status write_all(const srnn_sink *sink, const job *j)
{
    SRNN_TRY(srnn_sink__write(sink, j->header.bytes, j->header.size));
    for (int64_t i = 0; i < j->contents->tensor_count; i++)
        SRNN_TRY(write_tensor(sink, j, &j->contents->tensors[i]));
    return SRNN_OK;
}

srnn_status srnn_rnn__write(const srnn_sink *sink, const srnn_rnn *rnn,
                            const char *prefix, const char *const *metadata)
{
    job j;
    SRNN_TRY(create(&j, &(srnn_contents_sources){rnn, prefix, metadata, NULL}));
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
                           srnn_contents_sources sources)
{
    job j;
    srnn_weights *old = NULL;
    if (is_merged)
        SRNN_TRY(open_old(&old, replacement));
    sources.old = old;
    srnn_status status = create(&j, &sources);
    if (status == SRNN_OK) {
        status = fill(replacement, &j);
        destroy(&j);
    }
    srnn_weights__destroy(old);
    return status;
}

srnn_status srnn_rnn__write_file(const char *path, bool is_merged,
                                 const srnn_rnn *rnn, const char *prefix,
                                 const char *const *metadata)
{
    srnn_replacement replacement;
    const int before = srnn_cancellation__hold();
    srnn_status status = srnn_replacement__begin(&replacement, path);
    if (status == SRNN_OK) {
        status = replace(&replacement, is_merged,
                         (srnn_contents_sources){rnn, prefix, metadata, NULL});
        srnn_replacement__end(&replacement);
    }
    srnn_cancellation__allow(before);
    return status;
}
