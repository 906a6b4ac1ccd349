/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef BENCH_ARGUMENTS_H
#define BENCH_ARGUMENTS_H

#include <stdbool.h>

#include "row.h"

typedef enum {
    BENCH_TASK_NONE,
    BENCH_TASK_ROW,
    BENCH_TASK_SUITE,
    BENCH_TASK_LIST,
    BENCH_TASK_LIMITS,
    BENCH_TASK_CALLS,
    BENCH_TASK_HELP
} bench_task;

typedef struct {
    bench_task task;
    bool json;
    bench_row row;
    bench_effort effort;
} bench_arguments;

void bench_arguments_print_help(void);

/* False if they make no sense, which it has told on stderr. */
bool bench_arguments_parse(bench_arguments *out, int count, char **texts);

#endif
