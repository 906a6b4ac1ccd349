/* SPDX-License-Identifier: MIT */
/* How much of each thread is known to have happened before. */
#ifndef TESTS_MODEL_CLOCKS_H
#define TESTS_MODEL_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

enum { THREADS = 4 };

typedef struct {
    uint16_t at[THREADS];
} clocks;

static inline void clocks_join(clocks *into, const clocks *other)
{
    for (int i = 0; i < THREADS; i++)
        if (into->at[i] < other->at[i])
            into->at[i] = other->at[i];
}

#endif
