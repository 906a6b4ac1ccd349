/* SPDX-License-Identifier: MIT */
/* The roofline of a row. */
#include "bound.h"

bool bench_bound_measure_reading(bench_core *core, srnn_isa isa)
{
    bool done = true;
    if (core->isa == isa)
        return true;
    core->isa = isa;
    for (int level = 1; level <= BENCH_LEVELS; level++) {
        core->read[level - 1] = bench_limits_read(isa, level);
        done = done && core->read[level - 1] > 0;
    }
    return done;
}

bool bench_bound_measure_fma(double *out, const bench_row *row,
                             const bench_result *result)
{
    *out = bench_limits_fma(result->isa, row->dtype, result->threads);
    return *out > 0;
}

double bench_bound_fma(const bench_core *core)
{
    return core->fma_before > core->fma_after ? core->fma_before
                                              : core->fma_after;
}

/* I summed over all cells */
static double total_inputs(const bench_shape *s)
{
    double inputs = 0;
    for (int64_t layer = 0; layer < s->L; layer++)
        inputs += (double)(s->D * bench_shape_inputs(s, layer));
    return inputs;
}

static double cells(const bench_shape *s)
{
    return (double)(s->L * s->D);
}

static double value_size(srnn_dtype dtype)
{
    return dtype == SRNN_DTYPE_FLOAT64 ? 8 : 4;
}

static double input_operations(const bench_shape *s)
{
    return 2 * (double)s->T * (double)s->B * (double)s->H * total_inputs(s);
}

static double recurrent_operations(const bench_shape *s)
{
    const double H = (double)s->H;
    return 2 * (double)s->T * (double)s->B * H * H * cells(s);
}

static bool trains(const bench_row *row)
{
    return row->mode == BENCH_MODE_TRAIN;
}

double bench_bound_operations(const bench_row *row)
{
    return (trains(row) ? 3 : 1) *
           (input_operations(&row->shape) + recurrent_operations(&row->shape));
}

static double recurrent_bytes(const bench_shape *s, srnn_dtype dtype)
{
    const double H = (double)s->H;
    return (double)s->T * H * H * cells(s) * value_size(dtype);
}

double bench_bound_bytes(const bench_row *row)
{
    const bench_shape *const s = &row->shape;
    return (trains(row) ? 2 : 1) *
           (recurrent_bytes(s, row->dtype) +
            (double)s->H * total_inputs(s) * value_size(row->dtype));
}

/* The level that holds the part of one W_hh that a core works on, from 0. */
static int level_of(double bytes)
{
    int level = 0;
    while (level < BENCH_LEVELS - 1 &&
           bytes > (double)bench_limits_cache(level + 1))
        level++;
    return level;
}

bench_bound bench_bound_of(const bench_row *row, const bench_result *result,
                           const bench_core *core)
{
    static const char *const names[BENCH_LEVELS] = {"L1", "L2", "L3"};
    const bench_shape *const s = &row->shape;
    const double H = (double)s->H;
    const double p = result->threads;
    const double peak = p * bench_bound_fma(core);
    const bool in_columns = result->schedule == SRNN_SCHEDULE_COLUMNS;
    /* Rows of a batch are made by every core with all of the weights. */
    const double readers = result->schedule == SRNN_SCHEDULE_BATCH ? 1 : p;
    const int level =
        level_of(H * H * value_size(row->dtype) / (in_columns ? p : 1));
    const double make = recurrent_operations(s) / peak;
    const double read =
        recurrent_bytes(s, row->dtype) / (readers * core->read[level]);
    const double chain = make > read ? make : read;
    const double once = input_operations(s) / peak;
    return (bench_bound){trains(row) ? 3 * once + make + 2 * chain
                                     : once + chain,
                         make > read ? "FMA" : names[level]};
}
