/* SPDX-License-Identifier: MIT */
/* A thread of execution over an rnn: what it computes with, and what it keeps
 * from forward to forward. */
#ifndef SRNN_STACK_CONTEXT_H
#define SRNN_STACK_CONTEXT_H

#include "rnn/rnn.h"
#include "simplernn/context.h"
#include "stack/pace.h"
#include "stack/plan.h"
#include "stack/transposed.h"
#include "util/team.h"

/* The latest recording or backward that was not worth waking helpers, by the
 * options and the rates of then. */
typedef struct {
    int64_t T; /* 0: none yet */
    int64_t B;
    bool only_batch; /* see srnn_workload */
    bool may_use_barriers;
    int64_t members;      /* of the team; 0 without one */
    srnn_partition close; /* for helpers that spin; serial if not worth it */
} srnn_serial_walk;

struct srnn_context {
    srnn_handle handle;
    srnn_busy busy;
    int cancellation;          /* of the thread inside, before it came */
    bool flushes;              /* SRNN_CONTEXT_FLUSH_SUBNORMALS */
    bool keeps_tiny_gradients; /* SRNN_CONTEXT_KEEP_TINY_GRADIENTS */
    srnn_rnn *rnn;             /* retained */
    srnn_user user;            /* of it */
    srnn_cell_kernels kernels;
    int64_t threads;                /* at most */
    srnn_schedule schedule;         /* to insist on */
    int64_t rates[SRNN_RATE_COUNT]; /* as set, see rates.h; 0 where not */
    srnn_plan plan; /* of the latest forward, for the next like it */
    srnn_serial_walk serial_walk;
    srnn_pace pace; /* of such recordings and backwards */
    srnn_schedule last_schedule;
    int64_t last_threads;
    int64_t backoff_calls; /* to come that choose no barrier a step */
    int64_t backoff;       /* how many after the team last gave up */
    srnn_team *team;       /* NULL until a forward wants one */
    void *memory; /* for the arena of a forward; grows, never shrinks */
    int64_t capacity;
    srnn_transposed transposed; /* for backward */
};

/* A context with the defaults of the environment; it retains the rnn. */
srnn_status srnn_context__create(srnn_context **out, srnn_rnn *rnn);

void srnn_context__destroy(srnn_context *context);

/* Other kernels from the next forward on; both have been checked. */
void srnn_context__choose(srnn_context *context, srnn_gemm gemm, srnn_isa isa);

/* Memory of at least so many bytes. */
srnn_status srnn_context__reserve(srnn_context *context, int64_t bytes);

/* A living team of at least so many members, or as many as can be had. */
srnn_status srnn_context__ensure_team(srnn_context *context, int64_t members);

/* Chooses the partition of the plan, with a team that is large enough for it.
 * steps: of a row, on average; only_batch: see srnn_workload. */
srnn_status srnn_context__partition(srnn_context *context, srnn_plan *plan,
                                    int64_t steps, bool only_batch);

/* The same for any workload with sizes: options, rates, threads, schedule and
 * barriers are those of the context. May measure the rates first. */
srnn_status srnn_context__choose_partition(srnn_context *context,
                                           srnn_partition *partition,
                                           const srnn_workload *given);

/* The same for a call close to the one before, whose helpers may still spin: no
 * more threads than cores. It makes no team and measures nothing. */
srnn_partition srnn_context__choose_close(const srnn_context *context,
                                          const srnn_workload *given);

/* Memory of at least so many bytes, for a call without a plan. The old memory
 * goes first, so that there are never both. */
srnn_status srnn_context__replace_memory(srnn_context *context, int64_t bytes);

/* A plan for the call and memory for it; the call has been checked. Fails for
 * want of memory only. */
srnn_status srnn_context__prepare(srnn_context *context,
                                  const srnn_cell_kernels *kernels,
                                  const srnn_call *call);

/* Is there a team for all members of the plan? It may have been replaced since
 * the plan was made. What else the plan serves, srnn_plan__is_for tells. */
bool srnn_context__has_team(const srnn_context *context);

/* Drops the plan, as what it rests on has changed. */
void srnn_context__forget(srnn_context *context);

/* After a call that had this schedule: exponential back-off. A team that gives
 * up once may be chance, but again and again it is a busy machine. So the next
 * 1, 2, 4, ... calls choose no schedule with a barrier a step. */
void srnn_context__back_off(srnn_context *context, srnn_schedule schedule);

/* A context serves one thread at a time: SRNN_ERROR_BUSY if another is inside.
 * While it is inside, a thread cannot be cancelled. */
srnn_status srnn_context__enter(srnn_context *context);
void srnn_context__leave(srnn_context *context);

#endif
