/* SPDX-License-Identifier: MIT */
/* Numbers that C and golden/make_golden.py both make, so that golden files need
 * to hold results only. */
#ifndef TESTS_SUPPORT_PATTERN_H
#define TESTS_SUPPORT_PATTERN_H

#include <stdint.h>

/* FNV-1a, 32 bits, of a text: the seed of what it names. */
uint32_t pattern_seed(const char *name);

/* The index-th number of a seed: k / 1024 with -1024 <= k < 1024, by the
 * finaliser of MurmurHash3. Exact in any dtype, also when scaled by a power of
 * two. */
double pattern_value(uint32_t seed, int64_t index);

#endif
