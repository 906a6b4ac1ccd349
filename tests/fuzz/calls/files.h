/* SPDX-License-Identifier: MIT */
/* The files that calls of fuzz_calls.c save. */
#ifndef TESTS_FUZZ_CALLS_FILES_H
#define TESTS_FUZZ_CALLS_FILES_H

#include "fuzz/calls/call.h"

/* Removes those that there are. Nothing else may be left beside them. */
void files_remove(void);

#endif
