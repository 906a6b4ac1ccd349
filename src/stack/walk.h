/* SPDX-License-Identifier: MIT */
/* How recording and backward go through the rows of a recording. Steps are cut
 * three times:
 *
 *     windows   between checkpoints: their states are all there at one time
 *     spans     go through all layers at once: a block, or a whole window where
 *               both directions of a layer need all of the layer below
 *     blocks    of few rows, for which memory beside the states is needed
 *
 * Who does what is in stack/walker.h. */
#ifndef SRNN_STACK_WALK_H
#define SRNN_STACK_WALK_H

#include "pointwise/dropout.h"
#include "stack/context.h"
#include "stack/moves.h"
#include "stack/tape.h"

typedef struct {
    const srnn_rnn *rnn;
    srnn_cell_kernels kernels;
    srnn_partition partition;
    bool is_paced; /* the pace of calls of its kind decides on helpers */
    srnn_pace_kind kind;
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

static inline const srnn_options *srnn_walk__options(const srnn_walk *walk)
{
    return &walk->rnn->options;
}

/* Bytes of an element; D*H. */
static inline int64_t srnn_walk__size(const srnn_walk *walk)
{
    return srnn_dtype__size((srnn_dtype)srnn_walk__options(walk)->dtype);
}

static inline int64_t srnn_walk__width(const srnn_walk *walk)
{
    return srnn_options__directions(srnn_walk__options(walk)) *
           srnn_walk__options(walk)->hidden_size;
}

/* The rows that a block has at most. */
static inline int64_t srnn_walk__block_rows(const srnn_walk *walk)
{
    return walk->block * walk->sizes.B;
}

/* Do both directions of a layer need all steps of the layer below? */
static inline bool srnn_walk__needs_whole_spans(const srnn_walk *walk)
{
    return srnn_options__is_bidirectional(srnn_walk__options(walk));
}

/* A walk over what a tape holds, or will hold, without memory yet. */
srnn_walk srnn_walk__begin(const srnn_context *context,
                           const srnn_tape_sizes *sizes);

/* Features that a layer reads. */
int64_t srnn_walk__input_width(const srnn_walk *walk, int64_t layer);

/* Takes window_states, x, mixed and places; see srnn_arena. */
void srnn_walk__lay_out(srnn_walk *walk, srnn_arena *arena);

/* Reads rows and dropout from the recording in parts, and notes the input. */
void srnn_walk__open(srnn_walk *walk, const srnn_tensor *input);

/* Goes on to the next steps [first, end) of at most `length` within [from, to),
 * from the first ones or from the last ones on; false after the last. Begin
 * with *first = *end, at `to` if it descends and else at `from`. */
bool srnn_walk__next_steps(int64_t *first, int64_t *end, int64_t from,
                           int64_t to, int64_t length, bool descends);

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

/* Copies the states that a window starts from to its checkpoint, or back. */
void srnn_walk__keep(const srnn_walk *walk, const srnn_window *window);
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

/* Rows of x, or of another buffer of a block: those of a block, and more where
 * each member has a part of its own, see srnn_walker__own_rows. */
static inline int64_t srnn_walk__buffer_rows(const srnn_walk *walk)
{
    return srnn_walk__block_rows(walk) + walk->threads;
}

/* Does srnn_walk__input write to x? */
bool srnn_walk__gathers(const srnn_walk *walk, int64_t layer);

/* Does every step have all rows, which are read and written where they are? */
bool srnn_walk__has_rows_in_place(const srnn_walk *walk);

/* Drops features of rows of the output of a layer; to may be from. */
void srnn_walk__drop(const srnn_walk *walk, int64_t layer, srnn_row_cursor at,
                     srnn_matrix to, srnn_matrix from);

#endif
