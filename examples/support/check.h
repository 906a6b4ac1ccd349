/* SPDX-License-Identifier: MIT */
/* Errors: an example ends with one line that says what was wrong. */
#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

#include <stddef.h>

#include <simplernn.h>

/* Ends the program with the explanation of the library, unless status is
 * SRNN_OK. */
void check(srnn_status status);

/* Ends the program with a message, which is formatted as by printf. */
void fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* Memory of zeros, for free(). */
void *allocate(size_t count, size_t size);

#endif
