/* SPDX-License-Identifier: MIT */
/* srnn_rnn_save*: checks, then src/io. */
#include <stdlib.h>
#include <string.h>

#include "api/check.h"
#include "io/metadata.h"
#include "io/write_rnn.h"
#include "util/cancellation.h"
#include "util/memory.h"
#include "util/text.h"

static srnn_status fail_text(const char *what, const char *name,
                             const char *reason)
{
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, name);
    return srnn_error__fail(SRNN_ERROR_INVALID, "%s %s %s", what, quoted,
                            reason);
}

static srnn_status check_utf8(const char *what, const char *text)
{
    return srnn_text__is_utf8(text)
               ? SRNN_OK
               : fail_text(what, text, "is not valid UTF-8");
}

static srnn_status check_pair(const char *prefix, const char *key,
                              const char *text)
{
    SRNN_TRY(check_utf8("the metadata key", key));
    if (text == NULL)
        return fail_text("the metadata key", key, "is not followed by a text");
    if (srnn_metadata__is_own(prefix, key))
        return fail_text("the metadata key", key,
                         "is reserved for an option of the rnn");
    return check_utf8("the metadata text", text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static srnn_status find_twice(const char **keys, int64_t count)
{
    qsort(keys, (size_t)count, sizeof *keys, by_text);
    for (int64_t i = 1; i < count; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            return fail_text("the metadata key", keys[i], "occurs twice");
    return SRNN_OK;
}

static srnn_status check_metadata(const char *prefix,
                                  const char *const *metadata)
{
    int64_t count = 0;
    void *keys = NULL;
    if (metadata == NULL)
        return SRNN_OK;
    for (; metadata[2 * count] != NULL; count++)
        SRNN_TRY(
            check_pair(prefix, metadata[2 * count], metadata[2 * count + 1]));
    if (count < 2)
        return SRNN_OK;
    SRNN_TRY(srnn_memory__create(&keys, count * (int64_t)sizeof(char *)));
    for (int64_t i = 0; i < count; i++)
        ((const char **)keys)[i] = metadata[2 * i];
    const srnn_status status = find_twice(keys, count);
    srnn_memory__destroy(keys);
    return status;
}

static srnn_status check_texts(const char *prefix, const char *const *metadata)
{
    SRNN_TRY(check_utf8("the prefix", prefix));
    return check_metadata(prefix, metadata);
}

static srnn_status save_file(const srnn_rnn *rnn, const char *path,
                             bool is_merged, const char *prefix,
                             const char *const *metadata)
{
    const char *const given = prefix == NULL ? "" : prefix;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__path(path));
    SRNN_TRY(check_texts(given, metadata));
    return srnn_rnn__write_file(path, is_merged, rnn, given, metadata);
}

srnn_status srnn_rnn_save(const srnn_rnn *rnn, const char *path,
                          const char *prefix, const char *const *metadata)
{
    return save_file(rnn, path, true, prefix, metadata);
}

srnn_status srnn_rnn_save_alone(const srnn_rnn *rnn, const char *path,
                                const char *prefix, const char *const *metadata)
{
    return save_file(rnn, path, false, prefix, metadata);
}

srnn_status srnn_rnn_save_callback(const srnn_rnn *rnn,
                                   srnn_write_function write, void *user,
                                   const char *prefix,
                                   const char *const *metadata)
{
    const char *const given = prefix == NULL ? "" : prefix;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    if (write == NULL)
        return srnn_error__fail(SRNN_ERROR_INVALID, "write is NULL");
    SRNN_TRY(check_texts(given, metadata));
    const srnn_sink sink = {.write = write, .user = user, .file = -1};
    const int before = srnn_cancellation__hold();
    const srnn_status status = srnn_rnn__write(&sink, rnn, given, metadata);
    srnn_cancellation__allow(before);
    return status;
}
