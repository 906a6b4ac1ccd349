/* SPDX-License-Identifier: MIT */
/* Numbers in a text that someone wrote: an option, or an entry of a file. */
#ifndef SRNN_CLI_NUMBER_H
#define SRNN_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* False if the text is anything but one number, or has blanks around it, or if
 * the integer does not fit. *out is unspecified then. */
bool command_integer_of(int64_t *out, const char *text);
bool command_real_of(double *out, const char *text);

/* Is the text a number other than 0 that is closer to 0 than any normal double?
 * What is read is then less exact, or 0. */
bool command_real_is_tiny(const char *text);

#endif
