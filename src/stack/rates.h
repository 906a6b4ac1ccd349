/* SPDX-License-Identifier: MIT */
/* What one core of this machine does in a nanosecond: what the model of
 * schedule.c computes with. Rates that nobody set are assumed at first. A call
 * that is large enough measures them, once in a process. */
#ifndef SRNN_STACK_RATES_H
#define SRNN_STACK_RATES_H

#include "cell/cell.h"

/* The largest that can be set. */
enum { SRNN_MAX_RATE = 1000000 };

/* Each is one core's, and above 0. */
typedef enum {
    SRNN_RATE_OPERATIONS, /* in float32, a nanosecond */
    SRNN_RATE_L2,         /* bytes a nanosecond of weights that stay in L2 */
    SRNN_RATE_L3,         /* and of those that do not */
    SRNN_RATE_COUNT
} srnn_rate;

typedef struct {
    double of[SRNN_RATE_COUNT];
    double l2_bytes; /* the size of L2 */
} srnn_rates;

/* The rates that a context uses: those that were set, where above 0, else the
 * measured ones, else the assumed ones. */
srnn_rates srnn_rates__get(srnn_isa isa, const int64_t set[SRNN_RATE_COUNT]);

/* How many of them were measured. */
int64_t srnn_rates__count_measured(srnn_isa isa,
                                   const int64_t set[SRNN_RATE_COUNT]);

/* Before a call that takes about so many nanoseconds: measures those that were
 * neither set nor measured, if the call is long enough and the weight is large
 * enough. The weight is one of a hidden state, [H,H], not transposed. */
void srnn_rates__measure(const srnn_cell_kernels *kernels,
                         const srnn_gemm_weight *weight, srnn_dtype dtype,
                         const int64_t set[SRNN_RATE_COUNT], double call_time);

#endif
