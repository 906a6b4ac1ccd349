/* SPDX-License-Identifier: MIT */
/* The memory of the library in targets that make allocations fail. */
#ifndef TESTS_FUZZ_MEMORY_H
#define TESTS_FUZZ_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "simplernn.h"

/* The library never gets more than limit bytes. */
void memory_install(size_t limit);

/* Bytes that the library has. */
size_t memory_living(void);

/* Of the allocations to come while failures are let, the first ones succeed and
 * the next ones fail. */
void memory_plan_failures(unsigned first, unsigned failing);

/* Between the two, planned failures happen. The result is how many allocations
 * were refused in between, planned or beyond the limit. */
void memory_let_fail(void);
unsigned memory_let_fail_no_more(void);

/* Calls srnn_allocator_set() with the same allocator again, or with one half of
 * it. */
srnn_status memory_set_again(bool is_half);

#endif
