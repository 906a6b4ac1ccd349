/* SPDX-License-Identifier: MIT */
/* srnn_rnn_save* and srnn_linear_save: checks, then src/io. */
#include "api/check.h"
#include "api/texts.h"
#include "io/metadata.h"
#include "io/write_linear.h"
#include "io/write_rnn.h"
#include "util/cancellation.h"

/* See srnn_texts_objection. */
static const char *object(const void *prefix, const char *key)
{
    return srnn_metadata__is_own(prefix, key)
               ? "is reserved for an option of the rnn"
               : NULL;
}

static srnn_status check_texts(const char *prefix, const char *const *metadata)
{
    SRNN_TRY(srnn_texts__check_utf8("the prefix", prefix));
    return srnn_texts__check_metadata(metadata, object, prefix);
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

srnn_status srnn_linear_save(const srnn_linear *linear, const char *path,
                             const char *prefix)
{
    const char *const given = prefix == NULL ? "" : prefix;
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    SRNN_TRY(srnn_check__path(path));
    SRNN_TRY(srnn_texts__check_utf8("the prefix", given));
    return srnn_linear__write_file(path, linear, given);
}
