/* SPDX-License-Identifier: MIT */
/* strtod and printf write a comma where the locale of the process has one, so
 * the thread has the locale "C" meanwhile, which takes no memory. */
#include "io/decimal.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What it was before, for the other; (locale_t)0 if it stays. */
static locale_t enter_c(void)
{
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return plain == (locale_t)0 ? plain : uselocale(plain);
}

static void leave_c(locale_t before)
{
    if (before == (locale_t)0)
        return;
    const locale_t plain = uselocale(before);
    freelocale(plain);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool srnn_decimal__parse(double *out, const char *text)
{
    char *end = NULL;
    if (text[strspn(text, "0123456789.eE+-")] != '\0' ||
        !(is_digit(text[0]) || (text[0] == '.' && is_digit(text[1]))))
        return false;
    const locale_t before = enter_c();
    *out = strtod(text, &end);
    leave_c(before);
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
    const locale_t before = enter_c();
    format_shortest(text, value);
    leave_c(before);
    const size_t length = strlen(text);
    if (strspn(text, "0123456789") == length)
        memcpy(text + length, ".0", sizeof ".0");
}
