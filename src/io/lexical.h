/* SPDX-License-Identifier: MIT */
/* What a safetensors header looks like to the eye, before a JSON parser sees
 * it: an object of objects of strings and of arrays of plain digits. Here it is
 * taken apart into members, which the parser gets one by one. Offsets count
 * from the start of the header, and a NUL stands behind its end. */
#ifndef SRNN_IO_LEXICAL_H
#define SRNN_IO_LEXICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "simplernn/status.h"

/* A walk over an object, which begins at the first offset. Only blanks follow
 * it up to the end. */
typedef struct {
    const char *text;
    int64_t at; /* the { or , in front of a member, or the } of the object */
    int64_t end;
    int depth; /* in the object: 1 in the header, 2 in the metadata */
    /* The member: "key": value, without the blanks around them; at first 0 */
    int64_t key, key_end;
    int64_t value, value_end;
} srnn_lexical_members;

/* Goes on to the next member, if there is one. SRNN_ERROR_FORMAT, naming the
 * byte, if the text cannot be a header. What passes cannot make a recursive
 * parser go deep, and holds no sign, fraction, exponent, true, false or null
 * outside strings. */
srnn_status srnn_lexical__next(bool *found, srnn_lexical_members *members);

#endif
