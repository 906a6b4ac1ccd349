/* SPDX-License-Identifier: MIT */
/* What is worked out once for each kind of call: sizes, who does what, and
 * where everything lies, the caller's tensors or contiguous stand-ins for them
 * and the buffers between layers. Calls alike, on the same memory or other,
 * reuse it. */
#ifndef SRNN_STACK_PLAN_H
#define SRNN_STACK_PLAN_H

#include "layer/layer.h"
#include "stack/schedule.h"
#include "tensor/dtype.h"

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
    bool is_of_stream;  /* has no time for measurements */
    int64_t look_ahead; /* steps of the input behind the output's last */
} srnn_call;

enum { SRNN_CALL_TENSORS = 4 };

/* Where they lie: input, h0, output, h_n; NULL where there is none. */
typedef struct {
    void *of[SRNN_CALL_TENSORS];
} srnn_call_memory;

typedef struct {
    const srnn_rnn *rnn;
    srnn_cell_kernels kernels;
    int64_t T; /* of the input */
    int64_t B;
    srnn_partition partition;
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

/* Bytes of an element; D*H; does a direction go from the last step down? */
static inline int64_t srnn_plan__element(const srnn_plan *plan)
{
    return srnn_dtype__size(plan->input.dtype);
}

static inline int64_t srnn_plan__width(const srnn_plan *plan)
{
    return srnn_options__directions(&plan->rnn->options) *
           plan->rnn->options.hidden_size;
}

static inline bool srnn_plan__reverses(const srnn_plan *plan, int64_t direction)
{
    return srnn_options__reverses(&plan->rnn->options, direction);
}

/* The sizes that a call has for an rnn. */
void srnn_plan__sizes(int64_t *T, int64_t *B, const srnn_rnn *rnn,
                      const srnn_tensor *input);

/* Notes the call, by value, with its sizes. */
void srnn_plan__begin(srnn_plan *plan, const srnn_rnn *rnn,
                      const srnn_cell_kernels *kernels, const srnn_call *call);

/* Is the call one of the same layout, with the same kernels? */
bool srnn_plan__is_for(const srnn_plan *plan, const srnn_cell_kernels *kernels,
                       const srnn_call *call);

/* The same for a call on contiguous memory, which has no tensors. */
bool srnn_plan__is_for_sizes(const srnn_plan *plan,
                             const srnn_cell_kernels *kernels, int64_t T,
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

/* Places the buffers; see srnn_arena. After begin, with a partition. */
void srnn_plan__lay_out(srnn_plan *plan, srnn_arena *arena);

/* The first part of it: tensors and states, nothing between layers. */
void srnn_plan__lay_out_ends(srnn_plan *plan, srnn_arena *arena);

#endif
