/* SPDX-License-Identifier: MIT */
/* One line of text per thread, in static thread-local memory: an error can be
 * told even when no memory is left. */
#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>

/* Fits a message with two 8-dimensional shapes and a shortened name. */
enum { TEXT_SIZE = 768 };

static _Thread_local char text[TEXT_SIZE];

srnn_status srnn_error__fail(srnn_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* A longer message is cut: it is for people, the status is for programs. */
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return status;
}

const char *srnn_error__text(void)
{
    return text;
}
