/* SPDX-License-Identifier: MIT */
/* srnn_weights_*: checks, then src/io. */
#include "api/check.h"
#include "io/path.h"
#include "io/safetensors.h"
#include "util/cancellation.h"
#include "util/checked.h"
#include "util/text.h"

/* A thread is cancelled after it has read, not in between, where it would leave
 * memory and an open file behind. */
static srnn_status open_source(srnn_weights **out, srnn_source source)
{
    const int before = srnn_cancellation__hold();
    const srnn_status status = srnn_safetensors__open(out, source);
    srnn_cancellation__allow(before);
    return status;
}

srnn_status srnn_weights_open(srnn_weights **out, const char *path)
{
    srnn_source source;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__path(path));
    const int before = srnn_cancellation__hold();
    srnn_status status = srnn_source__open(&source, path);
    if (status == SRNN_OK) {
        status = srnn_safetensors__open(out, source);
        if (status == SRNN_ERROR_IO)
            status = srnn_path__explain(path, "header", status);
    }
    srnn_cancellation__allow(before);
    return status;
}

srnn_status srnn_weights_open_memory(srnn_weights **out, const void *bytes,
                                     size_t size)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__pointer(bytes, "bytes"));
    int64_t count = 0;
    if (!srnn_checked__of_size(&count, size))
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "size is %zu, expected at most 2^63 - 1", size);
    return open_source(out, srnn_source__from_memory(bytes, count));
}

srnn_status srnn_weights_open_callback(srnn_weights **out,
                                       srnn_read_function read, void *user,
                                       int64_t size)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    if (read == NULL)
        return srnn_error__fail(SRNN_ERROR_INVALID, "read is NULL");
    SRNN_TRY(srnn_check__range(size, "size", 0, INT64_MAX));
    return open_source(out, srnn_source__from_callback(read, user, size));
}

void srnn_weights_destroy(srnn_weights *weights)
{
    if (!srnn_check__is(weights, SRNN_HANDLE_WEIGHTS))
        return;
    const int before = srnn_cancellation__hold();
    srnn_weights__destroy(weights);
    srnn_cancellation__allow(before);
}

int64_t srnn_weights_count(const srnn_weights *weights)
{
    return srnn_check__is(weights, SRNN_HANDLE_WEIGHTS) ? weights->count : 0;
}

static const srnn_weights_entry *entry_at(const srnn_weights *weights,
                                          int64_t index)
{
    return index < 0 || index >= srnn_weights_count(weights)
               ? NULL
               : srnn_weights__entry(weights, index);
}

const char *srnn_weights_name(const srnn_weights *weights, int64_t index)
{
    const srnn_weights_entry *const entry = entry_at(weights, index);
    return entry == NULL ? NULL : srnn_weights__name_of(entry);
}

const char *srnn_weights_type(const srnn_weights *weights, int64_t index)
{
    const srnn_weights_entry *const entry = entry_at(weights, index);
    return entry == NULL ? NULL : entry->type->name;
}

int32_t srnn_weights_rank(const srnn_weights *weights, int64_t index)
{
    const srnn_weights_entry *const entry = entry_at(weights, index);
    return entry == NULL ? 0 : entry->rank;
}

const int64_t *srnn_weights_shape(const srnn_weights *weights, int64_t index)
{
    const srnn_weights_entry *const entry = entry_at(weights, index);
    return entry == NULL ? NULL : entry->shape;
}

const char *srnn_weights_metadata_key(const srnn_weights *weights,
                                      int64_t index)
{
    if (!srnn_check__is(weights, SRNN_HANDLE_WEIGHTS) || index < 0 ||
        index >= weights->note_count)
        return NULL;
    return srnn_weights__key(weights, index);
}

const char *srnn_weights_metadata(const srnn_weights *weights, const char *key)
{
    if (!srnn_check__is(weights, SRNN_HANDLE_WEIGHTS) || key == NULL)
        return NULL;
    const int64_t place = srnn_weights__find_key(weights, "", key);
    return place < 0 ? NULL
                     : srnn_weights__text(srnn_weights__key(weights, place));
}

static srnn_status read_tensor(srnn_tensor **out, const srnn_weights *weights,
                               const srnn_weights_entry *entry)
{
    srnn_tensor *tensor = NULL;
    SRNN_TRY(srnn_weights__check_type(entry));
    SRNN_TRY(srnn_tensor__create(&tensor, entry->type->dtype, entry->rank,
                                 entry->shape));
    const int before = srnn_cancellation__hold();
    const srnn_status status =
        srnn_weights__read(tensor->data, tensor->dtype, weights, entry);
    srnn_cancellation__allow(before);
    if (status == SRNN_OK)
        *out = tensor;
    else
        srnn_tensor__destroy(tensor);
    return status;
}

srnn_status srnn_weights_read_tensor(srnn_tensor **out,
                                     const srnn_weights *weights,
                                     const char *name)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(weights, SRNN_HANDLE_WEIGHTS, "weights"));
    SRNN_TRY(srnn_check__pointer(name, "name"));
    const srnn_weights_entry *const entry =
        srnn_weights__entry(weights, srnn_weights__find(weights, "", name));
    if (entry != NULL)
        return read_tensor(out, weights, entry);
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, name);
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                            "the file has no tensor %s among its %lld", quoted,
                            (long long)weights->count);
}
