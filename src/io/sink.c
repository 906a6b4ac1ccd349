/* SPDX-License-Identifier: MIT */
/* Where a safetensors file goes. */
#include "io/sink.h"

#include <inttypes.h>

#include "util/error.h"

srnn_status srnn_sink__write(const srnn_sink *sink, const void *bytes,
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
