/* SPDX-License-Identifier: MIT */
/* What paths name, however they are spelled. NULL is standard output. */
#ifndef SRNN_CLI_FILES_H
#define SRNN_CLI_FILES_H

#include <limits.h>
#include <stdbool.h>

/* Would what is written to a take the place of what b holds? Not if both are a
 * device such as /dev/null, which keeps nothing. */
bool command_files_clash(const char *a, const char *b);

/* The same for an array that is read, of which "-" is standard input. */
bool command_files_clash_array(const char *a, const char *array);

/* Where the file of a path is, or would be if there is none yet, through all
 * symbolic links. False, and an errno, if that cannot be told. */
bool command_files_follow(char out[PATH_MAX], const char *path);

/* Is it the terminal that standard output is? */
bool command_files_is_terminal(const char *path);

#endif
