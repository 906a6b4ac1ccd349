/* SPDX-License-Identifier: MIT */
/* A locale of the process, made by localedef if the machine has not got it. */
#ifndef TESTS_SUPPORT_MADE_LOCALE_H
#define TESTS_SUPPORT_MADE_LOCALE_H

#include <stdbool.h>

/* Enters that of a language whose numbers have a comma, "de_DE", and a charset,
 * "UTF-8"; a new one lies in the temporary folder. False if there is none and
 * none can be made. */
bool made_locale_enter(const char *language, const char *charset);

/* Back to "C". */
void made_locale_leave(void);

#endif
