/* SPDX-License-Identifier: MIT */
/* stdio keeps the first error of stdout; it is looked at once, at the end. */
#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

command_result command_report_json(json_t *object)
{
    enum { PRECISION = 6 };
    if (object == NULL)
        return command_fail_memory();
    /* Not to a text: jansson 2.14 leaves out the keys that it has no memory
     * for. A stream keeps its error until the end. */
    const int failed =
        json_dumpf(object, stdout, JSON_REAL_PRECISION(PRECISION));
    json_decref(object);
    if (failed != 0 && ferror(stdout) == 0)
        return command_fail_memory();
    (void)putchar('\n');
    return COMMAND_OK;
}

json_t *command_report_string(const char *text)
{
    errno = 0;
    json_t *const string = json_string(text);
    return string == NULL && errno != ENOMEM ? json_null() : string;
}

command_result command_report_finish(void)
{
    errno = 0;
    const bool written = fflush(stdout) == 0 && ferror(stdout) == 0;
    const bool closed = close(STDOUT_FILENO) == 0;
    if (closed && written)
        return COMMAND_OK;
    /* Of an earlier write, only the failure is known. */
    if (errno == 0)
        return command_fail(COMMAND_IO, "standard output: cannot write");
    return command_fail_errno("standard output", "cannot write", errno);
}
