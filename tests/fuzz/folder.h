/* SPDX-License-Identifier: MIT */
/* A folder for the files of a target, which ends with the process: below
 * $TMPDIR or else in memory. */
#ifndef TESTS_FUZZ_FOLDER_H
#define TESTS_FUZZ_FOLDER_H

#include <stddef.h>

/* Makes it. */
void folder_create(void);

/* The path of a file in it, valid until the next three calls. */
const char *folder_path(const char *name);

/* Writes a whole file. */
void folder_write(const char *name, const void *bytes, size_t size);

/* Removes these files, up to a NULL, where they are. */
void folder_remove(const char *const *names);

/* Nothing is in the folder. */
void folder_require_empty(void);

#endif
