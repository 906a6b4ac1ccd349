/* SPDX-License-Identifier: MIT */
/* Where a safetensors file goes. */
#include "io/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "io/path.h"
#include "util/error.h"

/* One write call gets at most this much: Linux stops just below 2 GiB. */
enum { MAX_WRITE = 1 << 30 };

static srnn_status write_file(const srnn_sink *sink, const unsigned char *bytes,
                              int64_t count)
{
    for (int64_t done = 0; done < count;) {
        const int64_t left = count - done;
        const ssize_t put =
            write(sink->file, bytes + done,
                  (size_t)(left < MAX_WRITE ? left : MAX_WRITE));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return srnn_path__fail_errno(sink->path, "cannot write", errno);
        if (put == 0) /* or it could go on for ever */
            return srnn_path__fail(sink->path, "cannot write: no byte was "
                                               "written");
        done += put;
    }
    return SRNN_OK;
}

static srnn_status write_callback(const srnn_sink *sink, const void *bytes,
                                  int64_t count)
{
    const int64_t put = sink->write(sink->user, bytes, (size_t)count);
    if (put == count)
        return SRNN_OK;
    return srnn_error__fail(
        SRNN_ERROR_IO,
        "the write callback returned %" PRId64 " for %" PRId64 " bytes: it %s",
        put, count, put < 0 ? "failed" : "must take all of them");
}

srnn_status srnn_sink__write(const srnn_sink *sink, const void *bytes,
                             int64_t count)
{
    return sink->write == NULL ? write_file(sink, bytes, count)
                               : write_callback(sink, bytes, count);
}
