/* SPDX-License-Identifier: MIT */
/* What a safetensors header looks like to the eye, before a JSON parser sees
 * it: an object of objects of strings and of arrays of plain digits. */
#ifndef SRNN_IO_LEXICAL_H
#define SRNN_IO_LEXICAL_H

#include "simplernn/status.h"

/* SRNN_ERROR_FORMAT, naming the byte, if the text cannot be a header. What
 * passes cannot make a recursive parser go deep or keep many objects for few
 * bytes, and holds no sign, fraction, exponent, true, false or null. One pass,
 * no memory. */
srnn_status srnn_lexical__check(const char *text, int64_t length);

#endif
