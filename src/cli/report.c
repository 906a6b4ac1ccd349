/* SPDX-License-Identifier: MIT */
/* stdio keeps the first error of stdout; it is looked at once, at the end. */
#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

command_result command_report_json(json_t *object)
{
    enum { PRECISION = 6 };
    if (object == NULL)
        return command_fail_memory();
    char *const text = json_dumps(object, JSON_REAL_PRECISION(PRECISION));
    json_decref(object);
    if (text == NULL)
        return command_fail_memory();
    (void)puts(text);
    free(text);
    return COMMAND_OK;
}

json_t *command_report_string(const char *text)
{
    json_t *const string = json_string(text);
    return string == NULL ? json_null() : string;
}

command_result command_report_finish(void)
{
    errno = 0;
    const bool written = fflush(stdout) == 0 && ferror(stdout) == 0;
    const int error = errno;
    if (close(STDOUT_FILENO) == 0 && written)
        return COMMAND_OK;
    return command_fail_errno("standard output", "cannot write",
                              error != 0 ? error : errno);
}
