/* SPDX-License-Identifier: MIT */
/* One folder for the files that a test program writes, removed with all in it
 * when the group ends. */
#ifndef TESTS_SUPPORT_TEMPORARY_H
#define TESTS_SUPPORT_TEMPORARY_H

#include <stdbool.h>
#include <stddef.h>

#include "support/weights_file.h"

/* Setup and teardown of a cmocka group. */
int temporary_create(void **state);
int temporary_remove(void **state);

/* The path of a file in the folder, valid until the next call. */
const char *temporary_path(const char *name);

/* Writes a whole file and returns its path. */
const char *temporary_write(const char *name, const void *bytes, size_t size);

/* The same for the file of an rnn. */
const char *temporary_write_rnn(const char *name,
                                const weights_topology *topology);

/* Does the file hold these bytes, and no others? */
bool temporary_holds(const char *name, const void *bytes, size_t size);

/* How many files with names that begin so; removes them. */
int temporary_clear(const char *beginning);

#endif
