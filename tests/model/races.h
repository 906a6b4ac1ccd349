/* SPDX-License-Identifier: MIT */
/* Plain accesses to memory: two that race fail the scenario. */
#ifndef TESTS_MODEL_RACES_H
#define TESTS_MODEL_RACES_H

#include <stddef.h>

#include "clocks.h"

void races_reset(void);

/* A plain access of a thread. False if another one races with it. */
bool races_access(int thread, const clocks *time, const void *address,
                  size_t size, bool writes);

#endif
