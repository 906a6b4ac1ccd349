/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void check(srnn_status status)
{
    if (status != SRNN_OK)
        fail("%s", srnn_last_error());
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("error: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\n", stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void *allocate(size_t count, size_t size)
{
    void *const memory = calloc(count, size);
    if (memory == NULL && count != 0 && size != 0)
        fail("there is no memory for %zu times %zu bytes", count, size);
    return memory;
}
