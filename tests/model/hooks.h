/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_HOOKS_H
#define TESTS_MODEL_HOOKS_H

#include <stdint.h>

/* Prints the atomic operations that ran since the last time:
 *     site SCENARIO ADDRESS KIND ORDER FAILING
 * The address is relative to base; orders are numbers of memory_order, -1 for
 * none. */
void hooks_print_sites(uintptr_t base, const char *scenario);

/* From now on the operation there has these orders. */
void hooks_weaken(uintptr_t at, int order, int failing);

#endif
