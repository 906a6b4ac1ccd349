/* SPDX-License-Identifier: MIT */
/* How recording and backward go through the rows of a recording. Steps are cut
 * three times:
 *
 *     windows   between checkpoints: their states are all there at one time
 *     spans     go through all layers at once: a block, or a whole window where
 *               both directions of a layer need all of the layer below
 *     blocks    of few rows, for which memory beside the states is needed
 *
 * The recurrences of a span are shared out by the schedule, everything else by
 * parts of its rows or columns, with a barrier in between. */
#ifndef SRNN_STACK_WALK_H
#define SRNN_STACK_WALK_H

#include "pointwise/dropout.h"
#include "stack/moves.h"
#include "stack/schedule.h"
#include "stack/tape.h"
#include "util/team.h"

typedef struct {
    const srnn_rnn *rnn;
    srnn_cell_kernels kernels;
    srnn_partition partition;
    srnn_tape_sizes sizes;
    srnn_tape_parts parts; /* of the tape */
    srnn_rows rows;
    int64_t block;   /* steps */
    int64_t threads; /* the members of a team, at most */
    srnn_outside input;
    srnn_dropout dropout;
    bool drops;
    int64_t first_row;
    int64_t first_step;
    void *window_states; /* of one window; NULL without checkpoints */
    void *x;             /* [rows of a block and more, I or D*H] */
    void *mixed;         /* [B,H]: states from several places */
    int64_t *places;     /* [B]: where a row of the batch is packed; before
                            that, what sorting needs */
} srnn_walk;

/* Steps [first, end) and their states: of layer 0, row `lead`. */
typedef struct {
    int64_t first;
    int64_t end;
    unsigned char *states;
    int64_t layer_bytes;
} srnn_window;

/* One member of a team, or the only one. */
typedef struct {
    const srnn_walk *walk;
    srnn_team *team; /* NULL: alone */
    int64_t member;
    int64_t members;
} srnn_walker;

/* Bytes of an element; D*H. */
static inline int64_t srnn_walk__size(const srnn_walk *walk)
{
    return srnn_dtype__size((srnn_dtype)walk->rnn->options.dtype);
}

static inline int64_t srnn_walk__width(const srnn_walk *walk)
{
    return srnn_options__directions(&walk->rnn->options) *
           walk->rnn->options.hidden_size;
}

/* The rows that a block has at most. */
static inline int64_t srnn_walk__block_rows(const srnn_walk *walk)
{
    return walk->block * walk->sizes.B;
}

/* Do both directions of a layer need all steps of the layer below? */
static inline bool srnn_walk__needs_whole_spans(const srnn_walk *walk)
{
    return srnn_options__is_bidirectional(&walk->rnn->options);
}

/* Features that a layer reads. */
int64_t srnn_walk__input_width(const srnn_walk *walk, int64_t layer);

/* Takes window_states, x, mixed and places; see srnn_arena. */
void srnn_walk__lay_out(srnn_walk *walk, srnn_arena *arena);

/* Reads rows and dropout from the recording in parts, and notes the input. */
void srnn_walk__open(srnn_walk *walk, const srnn_tensor *input);

/* The window that step t lies in. */
srnn_window srnn_walk__window(const srnn_walk *walk, int64_t t);

/* The states of `count` packed rows of a cell from `row` on: [count,H], rows
 * D*H apart. */
srnn_matrix srnn_walk__states(const srnn_walk *walk, const srnn_window *window,
                              int64_t layer, int64_t direction, int64_t row,
                              int64_t count);

/* The packed row where the states begin that a window starts from in a
 * direction: [B,H]. */
int64_t srnn_walk__first_states(const srnn_walk *walk,
                                const srnn_window *window, int64_t direction);

/* Copies the states [.., B, D*H] of a checkpoint in, before its window. */
void srnn_walk__restore(const srnn_walk *walk, const srnn_window *window);

/* The state [H] that row i of step t started from. */
const void *srnn_walk__state_before(const srnn_walk *walk,
                                    const srnn_window *window, int64_t layer,
                                    int64_t direction, int64_t t, int64_t i);

/* What a layer read at `count` packed rows of a block from a cursor on. Where
 * they have to be gathered or dropped, they are in x, from row `at` on. */
srnn_matrix srnn_walk__input(const srnn_walk *walk, const srnn_window *window,
                             int64_t layer, srnn_row_cursor from, int64_t count,
                             int64_t at);

/* Where rows of x, or of another buffer of a block, begin that are for this
 * member alone, whatever block the others are in. */
int64_t srnn_walker__own_rows(const srnn_walker *walker);

/* Rows of such a buffer. */
static inline int64_t srnn_walk__buffer_rows(const srnn_walk *walk)
{
    return srnn_walk__block_rows(walk) + walk->threads;
}

/* Does srnn_walk__input write to x? */
bool srnn_walk__gathers(const srnn_walk *walk, int64_t layer);

/* Drops features of rows of the output of a layer; to may be from. */
void srnn_walk__drop(const srnn_walk *walk, int64_t layer, srnn_row_cursor at,
                     srnn_matrix to, srnn_matrix from);

/* A barrier. False if this member is to leave, because a team that meets after
 * every step gave up: member 0 goes on alone. */
bool srnn_walker__barrier(srnn_walker *walker);

/* The member's part [first, first + count) of so many things. */
void srnn_walker__part(const srnn_walker *walker, int64_t of, int64_t *first,
                       int64_t *count);

/* The member's rows in a recurrence, of n that a step has: first, first + step
 * and so on. They lie side by side where all sequences are as long. Otherwise
 * each member takes its turn, so that all have long and short ones. */
typedef struct {
    int64_t first;
    int64_t step;
    int64_t count;
} srnn_own_rows;

srnn_own_rows srnn_walker__rows(const srnn_walker *walker, int64_t n);

/* Does this member run that direction? */
bool srnn_walker__has_direction(const srnn_walker *walker, int64_t direction);

/* The columns of the hidden state of the member; true if it has a team to meet
 * after each step. */
bool srnn_walker__columns(const srnn_walker *walker, int64_t *first,
                          int64_t *count);

/* The member's rows of a matrix of all rows of a step. */
static inline srnn_matrix srnn_walk__own(const srnn_walk *walk, srnn_matrix m,
                                         const srnn_own_rows *own)
{
    m.data =
        (unsigned char *)m.data + own->first * m.stride * srnn_walk__size(walk);
    m.rows = own->count;
    m.stride *= own->step;
    return m;
}

#endif
