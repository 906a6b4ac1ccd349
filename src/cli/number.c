/* SPDX-License-Identifier: MIT */
/* The C library reads numbers in the C locale, which the command never leaves,
 * and skips blanks in front of them. */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool begins_with_blank(const char *text)
{
    return isspace((unsigned char)text[0]) != 0;
}

bool command_integer_of(int64_t *out, const char *text)
{
    char *end = NULL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !begins_with_blank(text) && end != text && *end == '\0' &&
           errno == 0;
}

/* What is too small becomes a subnormal number or 0, and what is too large
 * becomes infinite, which callers refuse or allow. */
bool command_real_of(double *out, const char *text)
{
    char *end = NULL;
    *out = strtod(text, &end);
    return !begins_with_blank(text) && end != text && *end == '\0';
}

bool command_real_is_tiny(const char *text)
{
    double value = 0;
    errno = 0;
    return command_real_of(&value, text) &&
           (fpclassify(value) == FP_SUBNORMAL ||
            (value == 0 && errno == ERANGE));
}
