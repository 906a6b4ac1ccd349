/* SPDX-License-Identifier: MIT */
/* All that jansson parses: one string or one value of a header at a time, never
 * the whole, because the tree that it makes takes up to 42 times the memory of
 * the text. Offsets count from the start of the header. */
#ifndef SRNN_IO_JSON_H
#define SRNN_IO_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "simplernn/status.h"

/* The longest value that srnn_json__parse may be given. */
enum { SRNN_JSON_MAX_VALUE = 4096 };

/* Decodes the string whose quotes are at begin and at end - 1, into its own
 * place: text + begin has the result, which ends with a NUL. */
srnn_status srnn_json__decode(char *text, int64_t begin, int64_t end);

/* *out = the value between two offsets, for json_decref. */
srnn_status srnn_json__parse(json_t **out, const char *text, int64_t begin,
                             int64_t end);

#endif
