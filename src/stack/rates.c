/* SPDX-License-Identifier: MIT */
/* The rates are measured with the product of the library on weights of the
 * network that runs: what a step gets is what counts. Nothing is locked or
 * allocated. Two threads that measure at once store one rate after the other,
 * and a child of a fork keeps what its parent measured. */
#include "stack/rates.h"

#include <math.h>
#include <stdatomic.h>

#include "os/os.h"
#include "util/clock.h"
#include "util/integer.h"

enum {
    ROWS = 12, /* whole tiles on every instruction set */
    /* Of a product that is timed: a block, for one row. */
    COLUMNS = SRNN_GEMM_BLOCK,
    LEAST_SIZE = 2 * COLUMNS, /* a hidden state of which blocks are typical */
    ASSUMED_L2_BYTES = 1 << 20,
    MOST_TIMES = 16,
    MOST_TRIES = 4 /* of a rate: a busy machine lets no measurement end */
};

/* Of the time that a call takes. A machine may be twice as fast as assumed, and
 * the measurement is still to be below 2 %. */
static const double budget_part = 0.01;
static const double most_budget = 1e6;

static const double assumed_l2 = 80;
static const double assumed_l3 = 25;

/* By instruction set; 0 until it is measured. */
static _Atomic double measured[SRNN_ISA_COUNT][SRNN_RATE_COUNT];
static atomic_int tries[SRNN_ISA_COUNT][SRNN_RATE_COUNT];

static double assumed(srnn_isa isa, srnn_rate rate)
{
    return rate == SRNN_RATE_OPERATIONS ? srnn_isa__rate(isa)
           : rate == SRNN_RATE_L2       ? assumed_l2
                                        : assumed_l3;
}

static double find_measured(srnn_isa isa, srnn_rate rate)
{
    return atomic_load_explicit(&measured[srnn_isa__at(isa)][rate],
                                memory_order_relaxed);
}

/* Asked once; it is the same for all threads. */
static double l2_bytes(void)
{
    static atomic_int_least64_t known;
    int64_t bytes = atomic_load_explicit(&known, memory_order_relaxed);
    if (bytes == 0) {
        bytes = srnn_os__l2_bytes();
        if (bytes <= 0)
            bytes = ASSUMED_L2_BYTES;
        atomic_store_explicit(&known, bytes, memory_order_relaxed);
    }
    return (double)bytes;
}

srnn_rates srnn_rates__get(srnn_isa isa, const int64_t set[SRNN_RATE_COUNT])
{
    srnn_rates rates = {.l2_bytes = l2_bytes()};
    for (srnn_rate rate = 0; rate < SRNN_RATE_COUNT; rate++) {
        const double found = find_measured(isa, rate);
        rates.of[rate] = set[rate] > 0 ? (double)set[rate]
                         : found > 0   ? found
                                       : assumed(isa, rate);
    }
    return rates;
}

int64_t srnn_rates__count_measured(srnn_isa isa,
                                   const int64_t set[SRNN_RATE_COUNT])
{
    int64_t count = 0;
    for (srnn_rate rate = 0; rate < SRNN_RATE_COUNT; rate++)
        count += set[rate] == 0 && find_measured(isa, rate) > 0;
    return count;
}

/* Products of some rows with the first blocks of the weight, over and over. */
typedef struct {
    const srnn_cell_kernels *kernels;
    const srnn_gemm_weight *weight;
    int64_t rows;
    int64_t columns; /* of a block */
    int64_t blocks;
    int64_t passes; /* after one that is not timed */
    double amount;  /* operations or bytes of one product */
} probe;

static double now(void)
{
    return (double)srnn_clock__now();
}

/* The rows are the weight's own, so that the numbers are of a usual size. */
static void multiply(const probe *p, int64_t block)
{
    double sums[ROWS * COLUMNS] = {0}; /* or as many of a smaller dtype */
    srnn_matrix rows = p->weight->matrix;
    rows.rows = p->rows;
    p->kernels->product(rows, p->weight, block * p->columns, NULL,
                        (srnn_matrix){sums, p->rows, p->columns, COLUMNS});
}

static void insert(double *times, int64_t count, double time)
{
    int64_t at = count;
    for (; at > 0 && times[at - 1] > time; at--)
        times[at] = times[at - 1];
    times[at] = time;
}

/* The median ignores the products that something else interrupted. 0 if time
 * ran out. */
static double run_probe(const probe *p, double deadline)
{
    double times[MOST_TIMES + 1] = {0};
    int64_t count = 0;
    double before = now();
    for (int64_t i = 0; i < (1 + p->passes) * p->blocks; i++) {
        multiply(p, i % p->blocks);
        const double after = now();
        if (after > deadline)
            return 0;
        if (i >= p->blocks && count < MOST_TIMES)
            insert(times, count++, after - before);
        before = after;
    }
    return count == 0 ? 0 : p->amount / times[(count - 1) / 2];
}

/* As many blocks as this many bytes, or all. */
static int64_t blocks_in(const probe *p, double bytes, double bytes_of_block)
{
    return srnn_integer__smaller((int64_t)(bytes / bytes_of_block),
                                 p->weight->matrix.rows / p->columns);
}

/* The blocks fill half of L2, or more than all of it, or are one panel. False
 * if the weight has the wrong size for that. */
static bool choose_probe(probe *p, srnn_rate rate, srnn_dtype dtype)
{
    const double size = (double)srnn_dtype__size(dtype);
    const double K = (double)p->weight->matrix.columns;
    const double L2 = l2_bytes();
    const bool computes = rate == SRNN_RATE_OPERATIONS;
    p->rows = computes ? ROWS : 1;
    p->columns = computes ? SRNN_GEMM_PANEL : COLUMNS;
    const double bytes = (double)p->columns * K * size;
    p->amount = computes ? 2 * ROWS * bytes / sizeof(float) : bytes;
    p->passes = 1;
    if (rate == SRNN_RATE_L3) {
        p->blocks = blocks_in(p, 1.5 * L2 + bytes, bytes);
        return (double)p->blocks * bytes > 1.5 * L2;
    }
    p->blocks = blocks_in(p, L2 / 2, bytes);
    if (computes)
        p->blocks = srnn_integer__smaller(p->blocks, 1);
    if (p->blocks < 1)
        return false;
    p->passes = srnn_integer__divide_up(3, p->blocks);
    return true;
}

/* Implausible values, which a jump of the clock could give, are dropped. */
static void measure(const probe *given, srnn_rate rate, srnn_dtype dtype,
                    double budget)
{
    enum { PLAUSIBLE = 16 };
    probe p = *given;
    const srnn_isa isa = p.kernels->isa;
    const double expected = assumed(isa, rate);
    if (!choose_probe(&p, rate, dtype) ||
        (double)((1 + p.passes) * p.blocks) * p.amount / expected > budget)
        return;
    if (atomic_fetch_add(&tries[srnn_isa__at(isa)][rate], 1) >= MOST_TRIES)
        return;
    const double value = run_probe(&p, now() + budget);
    if (value > expected / PLAUSIBLE && value < expected * PLAUSIBLE)
        atomic_store_explicit(&measured[srnn_isa__at(isa)][rate], value,
                              memory_order_relaxed);
}

void srnn_rates__measure(const srnn_cell_kernels *kernels,
                         const srnn_gemm_weight *weight, srnn_dtype dtype,
                         const int64_t set[SRNN_RATE_COUNT], double call_time)
{
    /* What decides most comes first. */
    static const srnn_rate order[] = {SRNN_RATE_OPERATIONS, SRNN_RATE_L3,
                                      SRNN_RATE_L2};
    const probe p = {.kernels = kernels, .weight = weight};
    const double start = now();
    const double budget = fmin(call_time * budget_part, most_budget);
    if (kernels->gemm != SRNN_GEMM_NATIVE ||
        weight->matrix.columns < LEAST_SIZE)
        return;
    for (int i = 0; i < SRNN_RATE_COUNT; i++)
        if (set[order[i]] == 0 && find_measured(kernels->isa, order[i]) == 0)
            measure(&p, order[i], dtype, budget - (now() - start));
}
