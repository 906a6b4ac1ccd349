/* SPDX-License-Identifier: MIT */
/* Ctrl-C asks training to save and to end. */
#ifndef SUPPORT_INTERRUPT_H
#define SUPPORT_INTERRUPT_H

#include <stdbool.h>

/* What a shell expects from a program that ctrl-C has ended. */
enum { INTERRUPT_EXIT_CODE = 130 };

/* From now on, ctrl-C (SIGINT) and SIGTERM only make interrupt_seen() true.
 * A second one ends the program at once. */
void interrupt_catch(void);

bool interrupt_seen(void);

#endif
