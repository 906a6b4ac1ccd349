/* SPDX-License-Identifier: MIT */
/* simplernn-bench: how fast the library is, and how fast it could be. */
#include <stdio.h>

#include "arguments.h"
#include "bound.h"
#include "report.h"

/* The peak is measured next to the row, as clock rates change. */
static bool measure_row(bench_result *out, bench_model *model,
                        const bench_row *row, const bench_effort *effort,
                        bench_core *core)
{
    return bench_row_choose(out, model) &&
           bench_bound_measure_reading(core, out->isa) &&
           bench_bound_measure_fma(&core->fma_before, row, out) &&
           bench_row_measure(out, model, effort) &&
           bench_bound_measure_fma(&core->fma_after, row, out);
}

/* core keeps the bandwidths from row to row. */
static bool run_row(const bench_arguments *arguments, const bench_shape *shape,
                    bench_core *core)
{
    bench_row row = arguments->row;
    bench_result result;
    bench_model *model = NULL;
    row.shape = *shape;
    const bool done =
        bench_row_create(&model, &row) &&
        measure_row(&result, model, &row, &arguments->effort, core);
    bench_row_destroy(model);
    return done && bench_report_row(&row, &result, core, arguments->json);
}

static bool run_rows(const bench_arguments *arguments,
                     const bench_shape *shapes, int count)
{
    bench_core core = {.isa = 0};
    if (!arguments->json)
        bench_report_head();
    for (int i = 0; i < count; i++)
        if (!run_row(arguments, &shapes[i], &core))
            return false;
    return true;
}

static const bench_suite *suite_of(const bench_arguments *arguments)
{
    return arguments->row.mode == BENCH_MODE_TRAIN ? &bench_suite_train
                                                   : &bench_suite_forward;
}

static bool list_rows(const bench_suite *suite)
{
    char text[BENCH_SHAPE_TEXT];
    for (int i = 0; i < suite->count; i++) {
        bench_shape_print(text, &suite->shapes[i]);
        (void)puts(text);
    }
    return fflush(stdout) == 0;
}

static bool run_calls(const bench_arguments *arguments)
{
    bench_call calls[BENCH_CALLS_AT_MOST];
    const int count = bench_calls_measure(calls, &arguments->effort);
    return count > 0 && bench_report_calls(calls, count, arguments->json);
}

static bool run(const bench_arguments *arguments)
{
    switch (arguments->task) {
    case BENCH_TASK_ROW:
        return run_rows(arguments, &arguments->row.shape, 1);
    case BENCH_TASK_SUITE:
        return run_rows(arguments, suite_of(arguments)->shapes,
                        suite_of(arguments)->count);
    case BENCH_TASK_LIST:
        return list_rows(suite_of(arguments));
    case BENCH_TASK_LIMITS:
        return bench_report_limits(arguments->json);
    case BENCH_TASK_CALLS:
        return run_calls(arguments);
    default:
        bench_arguments_print_help();
        return true;
    }
}

int main(int argc, char **argv)
{
    enum { FAILURE = 1, MISUSE = 2 };
    bench_arguments arguments;
    if (!bench_arguments_parse(&arguments, argc, argv))
        return MISUSE;
    return run(&arguments) ? 0 : FAILURE;
}
