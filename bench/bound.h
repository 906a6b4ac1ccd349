/* SPDX-License-Identifier: MIT */
/* What a row costs, and how fast this machine could be at it. */
#ifndef BENCH_BOUND_H
#define BENCH_BOUND_H

#include <stdbool.h>

#include "limits.h"
#include "row.h"

/* The limits of one core for a dtype and an instruction set. */
typedef struct {
    srnn_isa isa;              /* of read; 0 if that is not measured yet */
    double read[BENCH_LEVELS]; /* bytes a second */
    double fma_before;         /* operations a second, before the row */
    double fma_after;          /* and after it */
} bench_core;

/* Measures read for an instruction set, if core does not have it. False if
 * there is no memory. */
bool bench_bound_measure_reading(bench_core *core, srnn_isa isa);

/* The FMA peak on as many cores as the row uses; to be called right before the
 * row and right after it. False if there is no memory or no thread. */
bool bench_bound_measure_fma(double *out, const bench_row *row,
                             const bench_result *result);

/* The larger one of both peaks: the machine could do that. */
double bench_bound_fma(const bench_core *core);

/* Floating-point operations of the products. Backward has two for each one of
 * forward: one for the gradient of each operand. */
double bench_bound_operations(const bench_row *row);

/* Bytes of weights that cannot but be read: W_hh at every step, W_ih once; in
 * mode train once more for backward. */
double bench_bound_bytes(const bench_row *row);

typedef struct {
    double seconds;
    const char *by; /* "FMA", "L1", "L2" or "L3" */
} bench_bound;

/*
 * The time below which the threads that were used cannot get: the input
 * products at the FMA peak, then at each step the recurrent one at the FMA
 * peak or its weights at the read bandwidth of the cache they fit, whichever
 * takes longer. In mode train, the same for backward, and the products for the
 * gradients of the weights at the FMA peak. Activations and synchronisation are
 * not in it.
 */
bench_bound bench_bound_of(const bench_row *row, const bench_result *result,
                           const bench_core *core);

#endif
