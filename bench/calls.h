/* SPDX-License-Identifier: MIT */
/* What calls cost apart from the arithmetic, and how large objects are. */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#include <stdbool.h>

#include "timing.h"

enum { BENCH_CALLS_AT_MOST = 32 };

typedef struct {
    const char *name;
    int64_t inputs;
    int64_t hidden;
    bench_times times; /* of one call */
    int64_t bytes;     /* of an object, where that is what was measured */
} bench_call;

/* Returns their number; 0 after a failure, which it has told on stderr. */
int bench_calls_measure(bench_call calls[BENCH_CALLS_AT_MOST],
                        const bench_effort *effort);

#endif
