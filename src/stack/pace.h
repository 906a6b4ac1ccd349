/* SPDX-License-Identifier: MIT */
/* Short calls that follow each other closely. To wake a helper takes as long as
 * a short call. But helpers spin for a while after their work, so where calls
 * are close, only the first one has to wake them. Whether it is then worth it
 * depends on how far apart the cores are and on what else runs there, so both
 * ways are timed. All times are in nanoseconds; the caller reads the clock. */
#ifndef SRNN_STACK_PACE_H
#define SRNN_STACK_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Calls that take turns. */
typedef enum {
    SRNN_PACE_RECORD,
    SRNN_PACE_BACKWARD,
    SRNN_PACE_KINDS
} srnn_pace_kind;

enum {
    SRNN_PACE_GAP = 50000,    /* close calls are less than this apart */
    SRNN_PACE_STALL = 200000, /* a call that takes longer may be a stall */
    /* How many close calls are alone before helpers are tried: at first, at
     * most after helpers saved too little, and at most after a stall. */
    SRNN_PACE_LEAST = 16,
    SRNN_PACE_MOST = 1024,
    SRNN_PACE_MOST_STALLED = 4096,
    SRNN_PACE_WINDOW = 16, /* calls with helpers that are judged together */
    /* After so many calls with helpers, both ways are timed again. */
    SRNN_PACE_RENEWAL = 1 << 14
};

typedef struct {
    int64_t close;  /* calls since the last restart, back-off or renewal */
    int64_t needed; /* so many of them are alone */
    int64_t alone;  /* the least time of one of those */
    int64_t shared; /* the least time in a window */
    int64_t good;   /* calls with helpers since needed was changed */
} srnn_pace_calls;

typedef struct {
    int64_t began;
    int64_t ended;
    srnn_pace_calls of[SRNN_PACE_KINDS];
} srnn_pace;

/* A pace that knows nothing yet. */
void srnn_pace__init(srnn_pace *pace);

/* The next calls may take other times. Both ways are timed again, but needed
 * stays. */
void srnn_pace__restart(srnn_pace *pace);

/* Before a short call: are helpers to take part? */
bool srnn_pace__begin(srnn_pace *pace, srnn_pace_kind kind, int64_t now);

/* After it. Exponential back-off: if a call stalls, or helpers save less than a
 * sixteenth of the time, twice as many calls are alone before the next try. */
void srnn_pace__end(srnn_pace *pace, srnn_pace_kind kind, int64_t now);

#endif
