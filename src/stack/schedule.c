/* SPDX-License-Identifier: MIT */
/* A rough model of time: floating-point operations or bytes of weights,
 * whichever takes longer, and what it costs to wake and to wait at barriers. It
 * only has to put schedules in the right order. */
#include "stack/schedule.h"

#include "layer/layer.h"
#include "tensor/dtype.h"
#include "util/integer.h"

/* Nanoseconds, of one core. */
static const double wake_time = 20e3;   /* of helpers that sleep */
static const double spin_time = 1e3;    /* of helpers that spin */
static const double barrier_time = 400; /* of two threads, each step */
static const double call_time = 40;     /* of a step, whatever its size */
static const double value_time = 0.4;   /* of one activation */

/* A plan that takes this many times as long as the fastest one is as good: the
 * first of those is taken. So rates that were measured a little differently do
 * not change the choice between plans that take nearly the same time. */
static const double near = 1.05;

static double time_to_start(const srnn_workload *work)
{
    return work->is_close ? spin_time : wake_time;
}

/* Half as many values as in float32 are twice as wide. */
static double operations(const srnn_workload *work)
{
    return work->rates.of[SRNN_RATE_OPERATIONS] * sizeof(float) /
           (double)srnn_dtype__size(work->options->dtype);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* The part of weights of this size that is no longer in L2 when they are read
 * again. What else a step reads needs room too. */
static double part_beyond_l2(const srnn_workload *work, double bytes)
{
    const double fits = 0.75 * work->rates.l2_bytes;
    return larger(0, smaller(1, (bytes - fits) / (fits * 2 / 3)));
}

/* A product of some rows with columns of K weights each, which are read again
 * and again. The first tile of rows waits for the weights, the others find them
 * near. L1 gives about twice what L2 does. */
static double product_time(const srnn_workload *work, double rows,
                           double columns, double K)
{
    enum { L1 = 32000, TILE = 6 }; /* the rows of a tile on most machines */
    const double bytes =
        K * columns * (double)srnn_dtype__size(work->options->dtype);
    const double beyond = part_beyond_l2(work, bytes) * bytes;
    const double read =
        beyond / work->rates.of[SRNN_RATE_L3] +
        (bytes - beyond) / work->rates.of[SRNN_RATE_L2] / (bytes < L1 ? 2 : 1);
    const double compute = 2 * rows * columns * K / operations(work);
    const double first = smaller(1, TILE / rows) * compute;
    return larger(first, read) + compute - first;
}

/* Steps that share one input product. */
static double steps_at_once(const srnn_workload *work, double rows)
{
    const int64_t steps =
        SRNN_FOR_DTYPE(work->options->dtype, srnn_layer__chunk)(
            (int64_t)rows, work->options->hidden_size);
    return (double)srnn_integer__smaller(work->T, steps);
}

/* One step of one cell for some rows and columns, with its input product. */
static double step_time(const srnn_workload *work, int64_t layer, double rows,
                        double columns)
{
    const srnn_options *const options = work->options;
    const double H = (double)options->hidden_size;
    const double I = layer == 0 ? (double)options->input_size
                                : H * (double)srnn_options__directions(options);
    const double steps = steps_at_once(work, rows);
    return call_time + product_time(work, rows * steps, columns, I) / steps +
           product_time(work, rows, columns, H) + rows * columns * value_time;
}

/* All layers and directions, one step of time. */
static double stack_time(const srnn_workload *work, double rows, double columns,
                         double per_step)
{
    const int64_t directions = srnn_options__directions(work->options);
    const double above = (double)(work->options->num_layers - 1);
    return (double)directions *
           (step_time(work, 0, rows, columns) + per_step +
            above * (step_time(work, 1, rows, columns) + per_step));
}

static int64_t panels_of(int64_t hidden_size)
{
    return srnn_integer__divide_up(hidden_size, SRNN_GEMM_PANEL);
}

void srnn_schedule__columns(int64_t *first, int64_t *count, int64_t hidden_size,
                            int64_t members, int64_t member)
{
    const int64_t panels = panels_of(hidden_size);
    const int64_t begin =
        srnn_integer__part(panels, members, member) * SRNN_GEMM_PANEL;
    const int64_t end =
        srnn_integer__part(panels, members, member + 1) * SRNN_GEMM_PANEL;
    *first = begin;
    *count = srnn_integer__smaller(end, hidden_size) - begin;
}

/* A layer of a bidirectional stack needs all of the one below; elsewhere what
 * keeps the buffers between layers in cache. */
static int64_t serial_chunk(const srnn_workload *work)
{
    if (work->looks_ahead || (srnn_options__is_bidirectional(work->options) &&
                              work->options->num_layers > 1))
        return work->T;
    return srnn_integer__smaller(
        work->T, SRNN_FOR_DTYPE(work->options->dtype, srnn_layer__chunk)(
                     work->B, work->options->hidden_size));
}

/* A wavefront needs many chunks, or its ends outweigh its middle. It has many
 * under way, which together are not to be larger than those of another. */
static int64_t wavefront_chunk(const srnn_workload *work)
{
    enum { CHUNKS = 16, AT_LEAST = 4 };
    const int64_t chunk = srnn_integer__divide_up(work->T, CHUNKS);
    return srnn_integer__smaller(
        srnn_integer__divide_up(serial_chunk(work), work->options->num_layers),
        chunk < AT_LEAST ? AT_LEAST : chunk);
}

/* A barrier after each step of each cell, and after each chunk. */
static bool fits_barriers(const srnn_workload *work)
{
    return work->T <=
           SRNN_TEAM_MAX_BARRIERS / 2 / srnn_options__cells(work->options);
}

/* In training, threads beyond the rows of the batch compute products of many
 * steps, if this schedule is set. With auto, see members_of_products. */
static bool has_parts_for_all(const srnn_workload *work)
{
    return work->is_training && work->schedule == SRNN_SCHEDULE_BATCH;
}

/* The threads that a schedule can use here, 1 if it does not apply. */
static srnn_partition partition_of(const srnn_workload *work,
                                   srnn_schedule schedule)
{
    const srnn_options *const options = work->options;
    srnn_partition partition = {schedule, 1, serial_chunk(work)};
    if (work->only_batch && schedule != SRNN_SCHEDULE_BATCH)
        partition.members = 1;
    else if (schedule == SRNN_SCHEDULE_BATCH)
        partition.members = has_parts_for_all(work)
                                ? work->threads
                                : srnn_integer__smaller(work->threads, work->B);
    else if (schedule == SRNN_SCHEDULE_DIRECTIONS &&
             srnn_options__is_bidirectional(options))
        partition.members = srnn_integer__smaller(work->threads, 2);
    else if (schedule == SRNN_SCHEDULE_LAYERS && !work->is_training &&
             !srnn_options__is_bidirectional(options) && fits_barriers(work)) {
        partition.members =
            srnn_integer__smaller(work->threads, options->num_layers);
        partition.chunk = wavefront_chunk(work);
    } else if (schedule == SRNN_SCHEDULE_COLUMNS && fits_barriers(work))
        partition.members = srnn_integer__smaller(
            work->threads, panels_of(options->hidden_size));
    if (partition.members < 2)
        return (srnn_partition){SRNN_SCHEDULE_SERIAL, 1, serial_chunk(work)};
    return partition;
}

static double time_of(const srnn_workload *work,
                      const srnn_partition *partition)
{
    const double T = (double)work->T;
    const double L = (double)work->options->num_layers;
    const double H = (double)work->options->hidden_size;
    const int64_t members = partition->members;
    const double serial = T * stack_time(work, (double)work->B, H, 0);
    const double chunks =
        (double)srnn_integer__divide_up(work->T, partition->chunk);
    const double depth =
        (double)srnn_integer__divide_up(work->options->num_layers, members) / L;
    switch (partition->schedule) {
    case SRNN_SCHEDULE_BATCH:
        return time_to_start(work) +
               T * stack_time(work,
                              (double)srnn_integer__divide_up(work->B, members),
                              H, 0);
    case SRNN_SCHEDULE_DIRECTIONS:
        return time_to_start(work) + serial / 2 + L * barrier_time;
    case SRNN_SCHEDULE_LAYERS:
        return time_to_start(work) + chunks * barrier_time +
               serial * depth * (chunks + (double)members - 1) / chunks;
    case SRNN_SCHEDULE_COLUMNS:
        return time_to_start(work) +
               T * stack_time(work, (double)work->B,
                              (double)(srnn_integer__divide_up(
                                           panels_of((int64_t)H), members) *
                                       SRNN_GEMM_PANEL),
                              barrier_time);
    default:
        return serial;
    }
}

/* Serial takes no helper. Of the others, those come first that have few
 * barriers and threads that read weights of their own. */
static srnn_partition choose(const srnn_workload *work, double *time)
{
    static const srnn_schedule order[] = {
        SRNN_SCHEDULE_SERIAL, SRNN_SCHEDULE_DIRECTIONS, SRNN_SCHEDULE_BATCH,
        SRNN_SCHEDULE_LAYERS, SRNN_SCHEDULE_COLUMNS};
    enum { COUNT = sizeof order / sizeof *order };
    srnn_partition all[COUNT];
    double times[COUNT];
    int count = 0;
    double least = 0;
    for (int i = 0; i < COUNT; i++) {
        if (order[i] == SRNN_SCHEDULE_COLUMNS && !work->may_use_barriers)
            continue;
        all[count] = partition_of(work, order[i]);
        times[count] = time_of(work, &all[count]);
        least = count == 0 ? times[0] : smaller(least, times[count]);
        count++;
    }
    int best = 0;
    while (times[best] > near * least)
        best++;
    *time = least;
    return all[best];
}

/* How many threads are to share products of many steps, where there are too few
 * rows to share: input products, and those of a backward, which are counted
 * here: gradients of weights, and of what layers read. 1 for
 * none. Each of them is to have more to do than it takes to start it. Whether
 * it is worth it is to be found by trying, see stack/pace.h. */
static int64_t members_of_products(const srnn_workload *work)
{
    const double H = (double)work->options->hidden_size;
    const double I = (double)work->options->input_size;
    const double width = H * (double)srnn_options__directions(work->options);
    const double above = (double)(work->options->num_layers - 1);
    const double weights = width * (2 * I + H + above * (2 * width + H));
    const double time =
        2 * (double)work->T * (double)work->B * weights / operations(work);
    const int64_t members =
        (int64_t)smaller((double)work->threads, time / (2 * spin_time));
    return work->is_training && work->is_close && members > work->B ? members
                                                                    : 1;
}

double srnn_schedule__time(const srnn_workload *work)
{
    const srnn_partition serial = partition_of(work, SRNN_SCHEDULE_SERIAL);
    double time = time_of(work, &serial);
    if (time > time_to_start(work))
        (void)choose(work, &time);
    return time;
}

srnn_partition srnn_schedule__choose(const srnn_workload *work)
{
    double time = 0;
    if (work->schedule != SRNN_SCHEDULE_AUTO)
        return partition_of(work, work->schedule);
    const srnn_partition serial = partition_of(work, SRNN_SCHEDULE_SERIAL);
    if (work->threads == 1)
        return serial;
    if (time_of(work, &serial) <= time_to_start(work))
        return serial; /* nothing takes less */
    srnn_partition best = choose(work, &time);
    const int64_t members = members_of_products(work);
    if (best.members == 1 && members > 1) {
        best.schedule = SRNN_SCHEDULE_BATCH;
        best.members = members;
    }
    return best;
}
