/* SPDX-License-Identifier: MIT */
/* What objects show of themselves, as one number: a failed call must not change
 * it. */
#ifndef TESTS_FUZZ_CALLS_DIGEST_H
#define TESTS_FUZZ_CALLS_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

/* Notes an object that the next call gets; NULL does nothing. */
void digest_touch(const void *handle);
void digest_forget(void);

/* Of those objects; of all that live if is_whole. */
uint64_t digest(bool is_whole);

#endif
