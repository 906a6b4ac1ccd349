/* SPDX-License-Identifier: MIT */
/* The library's enumerators as words of the command line and of results. */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *name; /* NULL ends a list */
    int32_t value;
} bench_name;

extern const bench_name bench_dtypes[];
extern const bench_name bench_nonlinearities[];
extern const bench_name bench_gemms[];
extern const bench_name bench_isas[]; /* those of this build, the best last */
extern const bench_name bench_schedules[];

/* False if the list has no such name; out is then untouched. */
bool bench_names_find(int32_t *out, const bench_name *list, const char *name);

/* "?" if the list has no such value. */
const char *bench_names_of(const bench_name *list, int32_t value);

#endif
