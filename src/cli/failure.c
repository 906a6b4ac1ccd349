/* SPDX-License-Identifier: MIT */
/* The line is kept, not printed, so that a reader can be tested and fuzzed. */
#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static char line[4096];
static srnn_status status_of_line;

const char *command_failure(void)
{
    return line;
}

srnn_status command_failure_status(void)
{
    return status_of_line;
}

command_result command_fail(command_result result, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    status_of_line = SRNN_OK;
    return result;
}

command_result command_fail_before(command_result result, const char *format,
                                   ...)
{
    char before[sizeof line], end[sizeof line];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(before, sizeof before, format, arguments);
    va_end(arguments);
    memcpy(end, line, sizeof line);
    return command_fail(result, "%s%s", before, end);
}

command_result command_fail_behind(command_result result, const char *words)
{
    char begin[sizeof line];
    memcpy(begin, line, sizeof line);
    return command_fail(result, "%s%s", begin, words);
}

command_result command_fail_memory(void)
{
    return command_fail(COMMAND_NO_MEMORY, "there is not enough memory");
}

command_result command_fail_errno(const char *subject, const char *what,
                                  int error)
{
    if (error == ENOMEM)
        return command_fail_memory();
    return command_fail(COMMAND_IO, "%s: %s: %s", subject, what,
                        strerror(error));
}

static command_result result_of(srnn_status status)
{
    switch (status) {
    case SRNN_OK:
        return COMMAND_OK;
    case SRNN_ERROR_INVALID: /* an empty path, for example */
    case SRNN_ERROR_ENVIRONMENT:
    case SRNN_ERROR_UNSUPPORTED:
        return COMMAND_MISUSE;
    case SRNN_ERROR_IO:
        return COMMAND_IO;
    case SRNN_ERROR_NO_MEMORY:
        return COMMAND_NO_MEMORY;
    default:
        return COMMAND_WRONG;
    }
}

command_result command_check(srnn_status status, const char *subject)
{
    if (status == SRNN_OK)
        return COMMAND_OK;
    (void)command_fail(result_of(status), "%s%s%s",
                       subject == NULL ? "" : subject,
                       subject == NULL ? "" : ": ", srnn_last_error());
    status_of_line = status;
    return result_of(status);
}

const char *command_quote(char buffer[COMMAND_QUOTED], const char *text)
{
    enum { LONGEST_PIECE = 4, END = 5 }; /* \xNN; ..." and NUL */
    size_t length = 0;
    buffer[length++] = '"';
    for (; *text != '\0' && length < COMMAND_QUOTED - LONGEST_PIECE - END;
         text++) {
        const unsigned char byte = (unsigned char)*text;
        const bool plain =
            byte >= 0x20 && byte <= 0x7e && byte != '"' && byte != '\\';
        const int added = snprintf(buffer + length, LONGEST_PIECE + 1,
                                   plain ? "%c" : "\\x%02x", byte);
        length += (size_t)added;
    }
    (void)snprintf(buffer + length, END, "%s\"", *text == '\0' ? "" : "...");
    return buffer;
}
