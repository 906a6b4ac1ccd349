/* SPDX-License-Identifier: MIT */
/* What a process holds of the system, as /proc/self tells. */
#ifndef TESTS_SOAK_USAGE_H
#define TESTS_SOAK_USAGE_H

#include <stdbool.h>

typedef struct {
    long resident; /* memory, in KiB */
    long heap;     /* bytes of malloc in use, where glibc counts them */
    long descriptors, threads, maps;
} usage;

usage usage_now(void);
void usage_print(const char *label, const usage *u);

/* Is anything more than before, beyond what malloc keeps to use it again? */
bool usage_has_grown(const usage *before, const usage *now);

#endif
