/* SPDX-License-Identifier: MIT */
/* A context: its life, who is inside, and what it keeps for the next call. */
#include "stack/context.h"

#include <stdlib.h>
#include <string.h>

#include "os/os.h"
#include "util/cancellation.h"
#include "util/error.h"
#include "util/integer.h"
#include "util/memory.h"
#include "util/text.h"

/* After a team gave up on its columns, at most so many calls do without. */
enum { MAX_BACKOFF = 128 };

static srnn_status fail_threads(const char *value)
{
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, value);
    return srnn_error__fail(SRNN_ERROR_ENVIRONMENT,
                            "SIMPLERNN_NUM_THREADS is %s, expected 1 to %d",
                            quoted, SRNN_MAX_THREADS);
}

/* SIMPLERNN_NUM_THREADS, else the cores that the process may use. */
static srnn_status default_threads(int64_t *out)
{
    const char *const text = srnn_os__variable("SIMPLERNN_NUM_THREADS");
    *out = srnn_team__available();
    if (*out > SRNN_MAX_THREADS)
        *out = SRNN_MAX_THREADS;
    if (text == NULL || *text == '\0')
        return SRNN_OK;
    *out = strtoll(text, NULL, 10);
    if (text[strspn(text, "0123456789")] != '\0' || *out < 1 ||
        *out > SRNN_MAX_THREADS)
        return fail_threads(text);
    return SRNN_OK;
}

srnn_status srnn_context__create(srnn_context **out, srnn_rnn *rnn)
{
    srnn_cell_kernels kernels;
    int64_t threads = 0;
    void *memory = NULL;
    SRNN_TRY(
        srnn_cell__choose_default(&kernels, (srnn_dtype)rnn->options.dtype,
                                  (srnn_nonlinearity)rnn->options.nonlinearity,
                                  rnn->options.hidden_size));
    SRNN_TRY(default_threads(&threads));
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_context)));
    srnn_context *const context = memory;
    context->handle.kind = SRNN_HANDLE_CONTEXT;
    atomic_init(&context->busy, 0);
    context->rnn = rnn;
    context->kernels = kernels;
    context->threads = threads;
    context->schedule = SRNN_SCHEDULE_AUTO;
    srnn_pace__init(&context->pace);
    srnn_rnn__retain(rnn);
    srnn_users__add(&rnn->users, &context->user, &context->busy);
    *out = context;
    return SRNN_OK;
}

void srnn_context__destroy(srnn_context *context)
{
    context->handle.kind = 0;
    srnn_users__remove(&context->rnn->users, &context->user);
    srnn_team__destroy(context->team);
    srnn_rnn__release(context->rnn);
    srnn_memory__destroy(context->transposed.memory);
    srnn_memory__destroy(context->memory);
    srnn_memory__destroy(context);
}

void srnn_context__choose(srnn_context *context, srnn_gemm gemm, srnn_isa isa)
{
    const srnn_options *const options = &context->rnn->options;
    context->kernels =
        srnn_cell__choose(gemm, isa, (srnn_dtype)options->dtype,
                          (srnn_nonlinearity)options->nonlinearity);
}

srnn_status srnn_context__reserve(srnn_context *context, int64_t bytes)
{
    if (bytes <= context->capacity)
        return SRNN_OK;
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, bytes));
    srnn_memory__destroy(context->memory);
    context->memory = memory;
    context->capacity = bytes;
    return SRNN_OK;
}

srnn_status srnn_context__ensure_team(srnn_context *context, int64_t members)
{
    srnn_team *team = NULL;
    if (context->team != NULL && srnn_team__is_usable(context->team) &&
        srnn_team__capacity(context->team) >= members)
        return SRNN_OK;
    SRNN_TRY(srnn_team__create(&team, members));
    srnn_team__destroy(context->team);
    context->team = team;
    return SRNN_OK;
}

srnn_status srnn_context__enter(srnn_context *context)
{
    if (!srnn_busy__take(&context->busy))
        return srnn_error__fail(
            SRNN_ERROR_BUSY, "another thread is using the context or writing "
                             "parameters of its rnn; give each thread its own "
                             "context");
    context->cancellation = srnn_cancellation__hold();
    return SRNN_OK;
}

void srnn_context__leave(srnn_context *context)
{
    const int before = context->cancellation;
    srnn_busy__release(&context->busy);
    srnn_cancellation__allow(before);
}

srnn_status srnn_context__replace_memory(srnn_context *context, int64_t bytes)
{
    srnn_context__forget(context);
    if (bytes <= context->capacity)
        return SRNN_OK;
    srnn_memory__destroy(context->memory);
    context->memory = NULL;
    context->capacity = 0;
    return srnn_context__reserve(context, bytes);
}

/* A choice that a context need not make needs no rates either. */
static void find_rates(srnn_context *context, srnn_workload *work)
{
    const srnn_cell_kernels *const kernels = &context->kernels;
    if (work->in_real_time || work->threads == 1 ||
        work->schedule != SRNN_SCHEDULE_AUTO ||
        srnn_rates__count_measured(kernels->isa, context->rates) ==
            SRNN_RATE_COUNT)
        return;
    srnn_rates__measure(kernels, &context->rnn->cells[0].weight_hh,
                        (srnn_dtype)work->options->dtype, context->rates,
                        srnn_schedule__time(work));
    work->rates = srnn_rates__get(kernels->isa, context->rates);
}

/* The workload, as far as the context says. */
static srnn_workload complete(const srnn_context *context,
                              const srnn_workload *given)
{
    srnn_workload work = *given;
    work.options = &context->rnn->options;
    work.threads = context->threads;
    work.schedule = context->schedule;
    work.may_use_barriers = context->backoff_calls == 0;
    work.rates = srnn_rates__get(context->kernels.isa, context->rates);
    return work;
}

srnn_partition srnn_context__choose_close(const srnn_context *context,
                                          const srnn_workload *given)
{
    srnn_workload work = complete(context, given);
    work.is_close = true;
    work.threads = srnn_integer__smaller(work.threads, srnn_team__available());
    return srnn_schedule__choose(&work);
}

srnn_status srnn_context__choose_partition(srnn_context *context,
                                           srnn_partition *partition,
                                           const srnn_workload *given)
{
    srnn_workload work = complete(context, given);
    find_rates(context, &work);
    *partition = srnn_schedule__choose(&work);
    if (partition->members == 1)
        return SRNN_OK;
    SRNN_TRY(srnn_context__ensure_team(context, partition->members));
    if (srnn_team__members(context->team) < partition->members) {
        work.threads =
            srnn_team__members(context->team); /* no more to be had */
        *partition = srnn_schedule__choose(&work);
    }
    return SRNN_OK;
}

srnn_status srnn_context__partition(srnn_context *context, srnn_plan *p,
                                    int64_t steps, bool only_batch)
{
    const srnn_workload work = {.T = steps,
                                .B = p->B,
                                .looks_ahead = p->call.look_ahead > 0,
                                .in_real_time = p->call.is_of_stream,
                                .only_batch = only_batch};
    return srnn_context__choose_partition(context, &p->partition, &work);
}

static srnn_status lay_out_plan(srnn_plan *p, srnn_context *context)
{
    srnn_arena arena = {context->memory, context->capacity, 0, false};
    srnn_plan__lay_out(p, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "the buffers between layers"));
    if (arena.used <= context->capacity)
        return SRNN_OK;
    SRNN_TRY(srnn_context__reserve(context, arena.used));
    arena = (srnn_arena){context->memory, context->capacity, 0, false};
    srnn_plan__lay_out(p, &arena);
    return SRNN_OK;
}

bool srnn_context__has_team(const srnn_context *context)
{
    const int64_t members = context->plan.partition.members;
    return members <= 1 || (srnn_team__is_usable(context->team) &&
                            srnn_team__members(context->team) >= members);
}

void srnn_context__forget(srnn_context *context)
{
    context->plan.call.input = NULL;
}

srnn_status srnn_context__prepare(srnn_context *context,
                                  const srnn_cell_kernels *kernels,
                                  const srnn_call *call)
{
    srnn_plan *const p = &context->plan;
    srnn_plan__begin(p, context->rnn, kernels, call);
    if (srnn_plan__is_empty(p))
        return SRNN_OK;
    srnn_status status = srnn_context__partition(context, p, p->T, false);
    if (status == SRNN_OK)
        status = lay_out_plan(p, context);
    if (status != SRNN_OK)
        srnn_context__forget(context);
    return status;
}

void srnn_context__back_off(srnn_context *context, srnn_schedule schedule)
{
    if (schedule == SRNN_SCHEDULE_COLUMNS) {
        if (!srnn_team__gave_up(context->team)) {
            context->backoff = 0;
            return;
        }
        context->backoff = context->backoff == 0 ? 1 : 2 * context->backoff;
        if (context->backoff > MAX_BACKOFF)
            context->backoff = MAX_BACKOFF;
        context->backoff_calls = context->backoff;
        srnn_context__forget(context);
    } else if (context->backoff_calls > 0 && --context->backoff_calls == 0) {
        /* The plan was made without a barrier a step. */
        srnn_context__forget(context);
    }
}
