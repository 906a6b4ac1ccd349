/* SPDX-License-Identifier: MIT */
/* Bytes to write. A regular file appears whole or not at all: they go to a
 * temporary file beside it, which takes its name at the end. */
#ifndef SRNN_CLI_TARGET_H
#define SRNN_CLI_TARGET_H

#include <signal.h>
#include <sys/types.h>

#include "failure.h"

typedef struct {
    char name[COMMAND_QUOTED]; /* quoted, for messages */
    int file;
    char *path; /* where the temporary file goes; NULL: there is none */
    char *temporary;
    mode_t mode; /* of the finished file */
} command_target;

/* "-" is standard output. To be closed by the caller, also after a failure. */
command_result command_target_open(command_target *out, const char *path);

/* The same for a regular file, or one that does not exist yet, alone. Then
 * there is a temporary file, which may be written by its name. */
command_result command_target_open_regular(command_target *out,
                                           const char *path);

command_result command_target_write(command_target *target, const void *bytes,
                                    int64_t size);

/* What the library says about writing the temporary file by its name. The
 * library begins with that name, in quotes; the user gave another one. */
command_result command_target_check(srnn_status status,
                                    const command_target *target);

/* Closes the file, which may tell of an error only then, and gives it its
 * permissions. */
command_result command_target_finish(command_target *target);

/* Gives the finished file its name. */
command_result command_target_publish(command_target *target);

/* Removes what was not published. */
void command_target_close(command_target *target);

/* From here on a signal that ends the program removes temporary files, and a
 * closed pipe or a file that grew too large is an error of write(). */
void command_target_watch_signals(void);

/* Signals wait until the mask that is returned is restored. The library's
 * threads take none. */
sigset_t command_target_block_signals(void);
void command_target_restore_signals(const sigset_t *before);

#endif
