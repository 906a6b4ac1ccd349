/* SPDX-License-Identifier: MIT */
/* Numbers and messages are the same whatever the program has set. Its locale
 * could give numbers a comma, and texts another language and charset. In
 * another mode than the default one, strtod and printf give other digits, and
 * arithmetic could trap or lose subnormal numbers. */
#ifndef SRNN_UTIL_PLAIN_H
#define SRNN_UTIL_PLAIN_H

#include <fenv.h>
#include <locale.h>
#include <string.h>

/* What the thread had before. */
typedef struct {
    fenv_t mode;
    locale_t locale; /* (locale_t)0 if it stayed */
} srnn_plain;

/* The thread gets the locale "C" and the default mode until it leaves them.
 * Takes no memory. */
void srnn_plain__enter(srnn_plain *before);
void srnn_plain__leave(const srnn_plain *before);

/* 0 for -0, and other numbers as they are. It looks at the bytes, so that it
 * can be asked in any mode. */
static inline double srnn_plain__number(double value)
{
    static const double minus_zero = -0.0;
    return memcmp(&value, &minus_zero, sizeof value) == 0 ? 0 : value;
}

#endif
