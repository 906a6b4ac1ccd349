/* SPDX-License-Identifier: MIT */
/* Results on stdout, as JSON (one line each) or as lines of a table. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>

#include "bound.h"
#include "calls.h"
#include "row.h"

/* Above the table's rows. */
void bench_report_head(void);

/* False if stdout or memory failed. */
bool bench_report_row(const bench_row *row, const bench_result *result,
                      const bench_core *core, bool json);

/* Measures the limits, then reports them. */
bool bench_report_limits(bool json);

bool bench_report_calls(const bench_call *calls, int count, bool json);

#endif
