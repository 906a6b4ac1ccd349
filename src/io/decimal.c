/* SPDX-License-Identifier: MIT */
/* By the C library, in the thread's plain state. */
#include "io/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/plain.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool srnn_decimal__parse(double *out, const char *text)
{
    char *end = NULL;
    srnn_plain before;
    if (text[strspn(text, "0123456789.eE+-")] != '\0' ||
        !(is_digit(text[0]) || (text[0] == '.' && is_digit(text[1]))))
        return false;
    srnn_plain__enter(&before);
    *out = strtod(text, &end);
    srnn_plain__leave(&before);
    return *end == '\0';
}

static void format_shortest(char *text, double value)
{
    enum { MAX_DIGITS = 17 }; /* that a double can need */
    for (int digits = 1; digits <= MAX_DIGITS; digits++) {
        (void)snprintf(text, SRNN_DECIMAL_SIZE - 2, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

void srnn_decimal__format(char *text, double value)
{
    srnn_plain before;
    srnn_plain__enter(&before);
    format_shortest(text, value);
    srnn_plain__leave(&before);
    const size_t length = strlen(text);
    if (strspn(text, "0123456789") == length)
        memcpy(text + length, ".0", sizeof ".0");
}
