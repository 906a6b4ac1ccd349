/* SPDX-License-Identifier: MIT */
/* How fuzz_calls.c makes the calls. */
#ifndef TESTS_FUZZ_CALLS_RUN_H
#define TESTS_FUZZ_CALLS_RUN_H

#include "fuzz/calls/call.h"

/* Whether all objects are compared around a call, or only those that it gets.
 */
void call_choose_checks(void);

/* Makes a call of the row with arguments from the input. */
void call_make(call_row *of);

#endif
