/* SPDX-License-Identifier: MIT */
/* The values of a set of enumerators, by the names that the library gives them,
 * so that tests follow the sets. */
#ifndef TESTS_SUPPORT_ENUMERATORS_H
#define TESTS_SUPPORT_ENUMERATORS_H

#include <stdint.h>

enum { MAX_ENUMERATORS = 16 };

typedef struct {
    int32_t values[MAX_ENUMERATORS]; /* ascending */
    int count;
} enumerators;

/* Those after and including first, the first of its set. */
enumerators enumerators_from(int32_t first);

/* "avx2" of SRNN_ISA_AVX2. */
const char *enumerator_word(char text[32], int32_t value);

#endif
