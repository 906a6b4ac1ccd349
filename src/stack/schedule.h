/* SPDX-License-Identifier: MIT */
/* How a forward is shared out among threads, and the model that chooses. */
#ifndef SRNN_STACK_SCHEDULE_H
#define SRNN_STACK_SCHEDULE_H

#include "rnn/rnn.h"
#include "stack/rates.h"

typedef struct {
    srnn_schedule schedule;
    int64_t members; /* threads that take part */
    int64_t chunk;   /* steps that go through all layers at once: T where a
                        layer needs all of the one below (both directions) */
} srnn_partition;

/* The forward to partition out, and what may be used. */
typedef struct {
    const srnn_options *options;
    srnn_rates rates;
    int64_t T;
    int64_t B;
    bool looks_ahead;       /* see srnn_call: the output ends in any chunk */
    bool in_real_time;      /* of a stream: no time to measure rates */
    int64_t threads;        /* at most */
    srnn_schedule schedule; /* SRNN_SCHEDULE_AUTO, or the one to insist on */
    bool may_use_barriers;  /* may auto choose columns, a barrier a step? */
    bool only_batch;        /* nothing but batch or serial applies */
    bool is_training;       /* recording or backward: without a wavefront, but
                               all members share products of many steps */
    bool is_close;          /* to the call before: its helpers still spin */
} srnn_workload;

/* T and B at least 1. Where the wanted schedule does not apply: serial. */
srnn_partition srnn_schedule__choose(const srnn_workload *work);

/* About how many nanoseconds the fastest schedule takes, whatever the wanted
 * one. */
double srnn_schedule__time(const srnn_workload *work);

/* The columns [first, first + count) of the hidden state that a member makes:
 * whole panels, but for the last. */
void srnn_schedule__columns(int64_t *first, int64_t *count, int64_t hidden_size,
                            int64_t members, int64_t member);

#endif
