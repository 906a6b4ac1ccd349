/* SPDX-License-Identifier: MIT */
/* What went wrong: an exit code and one line, which main() prints. */
#ifndef SRNN_CLI_FAILURE_H
#define SRNN_CLI_FAILURE_H

#include <simplernn.h>

/* The exit codes, which simplernn.1 documents. */
typedef enum {
    COMMAND_OK = 0,
    COMMAND_WRONG = 1,    /* the model, the data or this machine is wrong */
    COMMAND_MISUSE = 2,   /* the command line or the environment is wrong */
    COMMAND_IO = 3,       /* something cannot be read or written */
    COMMAND_NO_MEMORY = 4 /* there is not enough memory */
} command_result;

/* Returns from the calling function unless the call went well. */
#define COMMAND_TRY(call)                                                      \
    do {                                                                       \
        const command_result tried = (call);                                   \
        if (tried != COMMAND_OK)                                               \
            return tried;                                                      \
    } while (0)

/* Keeps the line and returns result. */
command_result command_fail(command_result result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* COMMAND_OK for SRNN_OK, else the library's own words, behind subject, quoted
 * if it needs that, or NULL. */
command_result command_check(srnn_status status, const char *subject);

/* The same for a failed system call: standard output: cannot write: ... If it
 * was because of too little memory, then as command_fail_memory(). */
command_result command_fail_errno(const char *subject, const char *what,
                                  int error);

command_result command_fail_memory(void);

/* Keeps the line with words in front of it or behind it, and returns result. */
command_result command_fail_before(command_result result, const char *format,
                                   ...) __attribute__((format(printf, 2, 3)));
command_result command_fail_behind(command_result result, const char *words);

/* The line that was kept last. */
const char *command_failure(void);

/* The status of the library that the line is about; SRNN_OK: none. */
srnn_status command_failure_status(void);

enum { COMMAND_QUOTED = 512 };

/* Text from outside in double quotes: what is not printable ASCII as \xNN, a
 * long one cut short. Returns buffer. */
const char *command_quote(char buffer[COMMAND_QUOTED], const char *text);

#endif
