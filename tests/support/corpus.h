/* SPDX-License-Identifier: MIT */
/* The files of a folder of tests/corpus. Their names tell what must come of
 * them: they begin with "valid-" or with "refused-", or with "input-" where the
 * target itself tells that. */
#ifndef TESTS_SUPPORT_CORPUS_H
#define TESTS_SUPPORT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file in a block of its own length, so that a sanitizer sees a read behind
 * it; for the caller to free. */
uint8_t *corpus_read(size_t *size, const char *folder, const char *name);

typedef void corpus_check(const char *name, const uint8_t *bytes, size_t size,
                          bool is_valid);

/* Checks every file, and that there are so many at least. */
void corpus_replay(const char *folder, int at_least, corpus_check *check);

#endif
