/* SPDX-License-Identifier: MIT */
/* Text built piece by piece into a buffer of fixed size. What does not fit is
 * counted, not written, so that a first pass can measure. */
#ifndef SRNN_UTIL_TEXT_H
#define SRNN_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/joined.h"

typedef struct {
    char *data;      /* NULL when capacity is 0 */
    size_t capacity; /* in bytes, with the final NUL */
    size_t length;   /* of the whole text, without the NUL */
} srnn_text;

void srnn_text__append(srnn_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a name that came from outside, in double quotes: what is not
 * printable ASCII as \xNN, a long name shortened in the middle. */
void srnn_text__append_name(srnn_text *text, const char *name);
void srnn_text__append_joined(srnn_text *text, srnn_joined name);

/* The same alone in a buffer that has room for any. */
enum { SRNN_QUOTED_SIZE = 512 };
void srnn_text__quote(char buffer[SRNN_QUOTED_SIZE], const char *name);
void srnn_text__quote_joined(char buffer[SRNN_QUOTED_SIZE], srnn_joined name);

/* The same for a whole text, however long. */
void srnn_text__append_quoted(srnn_text *text, const char *whole);

/* Is it UTF-8: no overlong form, no surrogate, nothing above U+10FFFF? */
bool srnn_text__is_utf8(const char *text);

/* Appends a shape: [3, 2, 4]. */
void srnn_text__append_shape(srnn_text *text, int32_t rank,
                             const int64_t *shape);

#endif
