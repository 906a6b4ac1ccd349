/* SPDX-License-Identifier: MIT */
/* What a forward reads and writes: the caller's tensors or packed stand-ins for
 * them, the buffers between layers, and the run of each cell over them. */
#ifndef SRNN_STACK_PLAN_H
#define SRNN_STACK_PLAN_H

#include "layer/layer.h"
#include "stack/schedule.h"

/* The tensors of a call; all but input may be NULL.
 *
 * A window of a stream that reads in reverse, or in both directions: h_n, which
 * is h0, takes the forward states alone, after the last step of the output; the
 * input may have more steps than that, for the reverse direction to come from.
 */
typedef struct {
    const srnn_tensor *input;
    const srnn_tensor *h0;
    const srnn_tensor *output;
    const srnn_tensor *h_n;
    bool is_window;
    int64_t look_ahead; /* steps of the input behind the output's last */
} srnn_call;

enum { SRNN_CALL_TENSORS = 4 };

/* Where they lie: input, h0, output, h_n; NULL where there is none. */
typedef struct {
    void *of[SRNN_CALL_TENSORS];
} srnn_call_memory;

typedef struct {
    const srnn_rnn *rnn;
    srnn_cell__kernels kernels;
    int64_t T; /* of the input */
    int64_t B;
    srnn_share share;
    srnn_call call; /* of copies of its tensors, which are: */
    srnn_tensor given[SRNN_CALL_TENSORS]; /* input, h0, output, h_n */
    bool is_contiguous; /* they were given by their addresses and T and B alone
                         */
    srnn_tensor input;
    srnn_tensor h0;
    srnn_tensor output;
    srnn_tensor h_n;
    bool has_output;  /* the caller's, or the stand-in for a whole one */
    bool is_in_place; /* all layers write to the output; see plan.c */
    void *slots; /* [slot_count] of [slot_steps,B,D*H]: between layers, or aside
                  */
    int64_t slot_count;
    int64_t slot_steps;
    void *states; /* [L*D,B,H]: between chunks, and zeros for want of h0 */
} srnn_plan;

/* The sizes that a call has for an rnn. */
void srnn_plan__sizes(int64_t *T, int64_t *B, const srnn_rnn *rnn,
                      const srnn_tensor *input);

/* Notes the call, by value, with its sizes. */
void srnn_plan__begin(srnn_plan *plan, const srnn_rnn *rnn,
                      const srnn_cell__kernels *kernels, const srnn_call *call);

/* Is the call one of the same layout, with the same kernels? */
bool srnn_plan__is_for(const srnn_plan *plan, const srnn_cell__kernels *kernels,
                       const srnn_call *call);

/* The same for a call on contiguous memory, which has no tensors. */
bool srnn_plan__is_for_sizes(const srnn_plan *plan,
                             const srnn_cell__kernels *kernels, int64_t T,
                             int64_t B, const srnn_call_memory *memory);

/* Is each tensor where it was at the call before? */
bool srnn_plan__has_memory(const srnn_plan *plan,
                           const srnn_call_memory *memory);

/* The same call on other memory. */
void srnn_plan__point(srnn_plan *plan, const srnn_call_memory *memory);

/* Initial states of a call as [L*D,B,H]: those that the batch shares get a
 * stride of 0. */
srnn_tensor srnn_plan__spread(const srnn_plan *plan, const srnn_tensor *states);

/* Is there no step of which anything is kept? */
bool srnn_plan__is_empty(const srnn_plan *plan);

/* Places the buffers; see srnn_arena. After begin, with a share. */
void srnn_plan__lay_out(srnn_plan *plan, srnn_arena *arena);

/* The first part of it: tensors and states, nothing between layers. */
void srnn_plan__lay_out_ends(srnn_plan *plan, srnn_arena *arena);

/* Copies what the stand-ins stand for in, and out again. */
void srnn_plan__read(const srnn_plan *plan);
void srnn_plan__write(const srnn_plan *plan);

/* A tensor of the caller as [T,B,features], and the states of a cell in h0 or
 * h_n. */
srnn_sequence srnn_plan__sequence(const srnn_plan *plan,
                                  const srnn_tensor *tensor);
srnn_matrix srnn_plan__states(const srnn_plan *plan, const srnn_tensor *states,
                              int64_t cell);

/* A piece of the work: one cell, one chunk, some rows of the batch. */
typedef struct {
    int64_t layer;
    int64_t direction;
    int64_t chunk; /* its number; steps [chunk * length, ...) */
    int64_t first_row;
    int64_t rows;
} srnn_piece;

/* The run of a piece, all columns, no team. */
srnn_layer__run srnn_plan__run(const srnn_plan *plan, const srnn_piece *piece);

/* In place: puts steps [t, t + steps) of the piece's rows, as the layer below
 * left them, into the slot of that number, and gives the run that makes its
 * input products of them; steps at most slot_steps. */
void srnn_plan__set_aside(const srnn_plan *plan, const srnn_piece *piece,
                          int64_t number, int64_t t, int64_t steps);
srnn_layer__run srnn_plan__projection(const srnn_plan *plan,
                                      const srnn_piece *piece, int64_t number,
                                      int64_t t, int64_t steps);

#endif
