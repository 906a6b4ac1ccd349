/* SPDX-License-Identifier: MIT */
/* The texts of errors come from the C library. */
#include "io/path.h"

#include <string.h>

#include "util/error.h"
#include "util/plain.h"
#include "util/text.h"

srnn_status srnn_path__fail(const char *path, const char *what)
{
    char buffer[SRNN_QUOTED_SIZE];
    srnn_text__quote(buffer, path);
    return srnn_error__fail(SRNN_ERROR_IO, "%s: %s", buffer, what);
}

/* (strerror is thread-safe in glibc and musl.) */
const char *srnn_path__reason(int error)
{
    srnn_plain before;
    srnn_plain__enter(&before);
    const char *const text = strerror(error);
    srnn_plain__leave(&before);
    return text;
}

srnn_status srnn_path__fail_errno(const char *path, const char *what, int error)
{
    char buffer[192];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append(&text, "%s: %s", what, srnn_path__reason(error));
    return srnn_path__fail(path, buffer);
}

srnn_status srnn_path__explain(const char *path, const char *what,
                               srnn_status status)
{
    char reason[512];
    char buffer[512];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text copy = {reason, sizeof reason, 0};
    if (status == SRNN_OK || status == SRNN_ERROR_NO_MEMORY)
        return status;
    srnn_text__append(&copy, "%s", srnn_error__text());
    srnn_text__append_name(&text, path);
    return srnn_error__fail(status, "%s: %s: %s", buffer, what, reason);
}
