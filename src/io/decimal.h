/* SPDX-License-Identifier: MIT */
/* Real numbers as text, the same in every locale and floating-point mode. */
#ifndef SRNN_IO_DECIMAL_H
#define SRNN_IO_DECIMAL_H

#include <stdbool.h>

enum { SRNN_DECIMAL_SIZE = 32 };

/* The number that a text is: digits, with a point and an exponent or without.
 * False for any other text, a sign too. */
bool srnn_decimal__parse(double *out, const char *text);

/* The shortest text that gives back the number, which is 0 or more and finite,
 * as Python writes it: "0.2", "0.0", "1e-05". Into SRNN_DECIMAL_SIZE bytes. */
void srnn_decimal__format(char *text, double value);

#endif
