/* SPDX-License-Identifier: MIT */
/* What a recorded forward keeps. A recording is one block of memory without
 * pointers, which may be copied:
 *
 *     srnn_recording | order, lengths, starts | resets | fresh | states
 *
 * States are those of all steps, [L] times [lead + T*B + trail, D*H], where the
 * B rows of `lead` are h0 of the forward direction and those of `trail` h0 of
 * the reverse direction; or, with checkpoints, those before each window of
 * steps: [windows, L, B, H]. Rows are in the order of stack/rows.h. */
#ifndef SRNN_STACK_TAPE_H
#define SRNN_STACK_TAPE_H

#include "gemm/outer.h"
#include "rnn/rnn.h"
#include "simplernn/tape.h"
#include "stack/rows.h"
#include "util/busy.h"

/* The beginning of a recording. */
typedef struct {
    uint64_t mark;    /* what makes it one */
    int64_t bytes;    /* of the block */
    uint64_t version; /* of the parameters */
    int64_t steps;    /* T */
    int64_t batch;    /* B */
    int64_t used;     /* steps that any sequence has */
    int64_t window;   /* steps between checkpoints; 0: all states are kept */
    int64_t first_row;
    int64_t first_step;
    uint64_t seed;
    uint32_t drops;     /* was there dropout? */
    uint32_t has_batch; /* was the input of rank 3? */
    uint32_t has_lengths;
    uint32_t has_resets;
} srnn_recording;

struct srnn_tape {
    srnn_handle handle;
    srnn_busy busy;
    srnn_rnn *rnn; /* retained */
    int64_t checkpoint_steps;
    int64_t drops;
    int64_t seed;
    int64_t first_row;
    int64_t first_step;
    void *memory; /* of a recording, if it begins with one */
    int64_t capacity;
    bool is_owner;
};

/* Sizes of a recording. */
typedef struct {
    int64_t T;
    int64_t B;
    int64_t window; /* 0 without checkpoints */
} srnn_tape_sizes;

/* Where everything in a block lies. */
typedef struct {
    srnn_recording *recording;
    int64_t *order;   /* [B] */
    int64_t *lengths; /* [B] */
    int64_t *starts;  /* [T+1] */
    uint8_t *resets;  /* [T,B] */
    void *fresh;      /* [L*D,B,H] */
    void *states;
    int64_t bytes; /* of the whole block */
} srnn_tape_parts;

/* Rows of states before and behind those of the steps. */
static inline int64_t srnn_tape__lead(const srnn_options *options, int64_t B)
{
    return options->direction == SRNN_DIRECTION_REVERSE ? 0 : B;
}

static inline int64_t srnn_tape__trail(const srnn_options *options, int64_t B)
{
    return options->direction == SRNN_DIRECTION_FORWARD ? 0 : B;
}

/* Steps whose gradients of parameters are summed in one chain, and that are
 * computed together: their rows are few enough to stay in cache. */
enum { SRNN_BLOCK_ROWS = SRNN_OUTER_ROWS };

static inline int64_t srnn_tape__block(int64_t B)
{
    return B < SRNN_BLOCK_ROWS && B > 0 ? SRNN_BLOCK_ROWS / B : 1;
}

/* An empty tape; it retains the rnn. */
srnn_status srnn_tape__create(srnn_tape **out, srnn_rnn *rnn);
void srnn_tape__destroy(srnn_tape *tape);

/* What a recording of T steps and B rows would have. */
srnn_tape_sizes srnn_tape__sizes(const srnn_tape *tape, int64_t T, int64_t B);

/* The size of a block, and its places if so many bytes of memory hold it.
 * SRNN_ERROR_OVERFLOW. */
srnn_status srnn_tape__lay_out(srnn_tape_parts *parts,
                               const srnn_options *options,
                               const srnn_tape_sizes *sizes, void *memory,
                               int64_t capacity);

/* Empties the tape and gives it memory of so many bytes: SRNN_ERROR_BUFFER if
 * the caller gave it less. */
srnn_status srnn_tape__reserve(srnn_tape *tape, int64_t bytes);

/* Memory of the caller, with what it holds, or NULL for memory of its own. */
void srnn_tape__set_memory(srnn_tape *tape, void *memory, int64_t bytes);

/* Whether the tape holds a whole recording (SRNN_ERROR_STATE), of its rnn as it
 * is (SRNN_ERROR_STALE). */
srnn_status srnn_tape__check(const srnn_tape *tape);

/* Of a tape that was checked. */
static inline const srnn_recording *srnn_tape__recording(const srnn_tape *tape)
{
    return tape->memory;
}

/* Empties it. */
void srnn_tape__forget(srnn_tape *tape);

/* Marks the block as a recording. */
void srnn_tape__remember(srnn_recording *recording);

/* The rows of a recording. */
srnn_rows srnn_tape__rows(const srnn_tape_parts *parts);

#endif
