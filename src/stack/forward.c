/* SPDX-License-Identifier: MIT */
/* A forward: planned, shared out, run. */
#include "stack/context.h"

#include <string.h>

#include "stack/plan.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/integer.h"

/* After a team broke up over its columns, so many calls at most do not try
 * again. */
enum { MOST_SHY_CALLS = 128 };

static int64_t chunk_count(const srnn_plan *p)
{
    return srnn_integer__divide_up(p->T, p->share.chunk);
}

/* One run, of all columns where team is NULL, else of the member's. False if
 * the team broke up in it. */
static bool run_piece(const srnn_plan *p, const srnn_piece *piece,
                      srnn_team *team, int64_t member)
{
    srnn_layer__run one = srnn_plan__run(p, piece);
    if (team != NULL)
        srnn_schedule__columns(&one.first_column, &one.columns,
                               p->rnn->options.hidden_size, p->share.members,
                               member);
    one.team = team;
    one.member = member;
    return SRNN_FOR_DTYPE(p->input.dtype, srnn_layer__forward)(&one);
}

/* In place, before the runs of a layer: one of some parts of the steps. */
static void project_part(const srnn_plan *p, srnn_piece piece, int64_t part,
                         int64_t parts)
{
    const int64_t end = p->T * (part + 1) / parts;
    int64_t steps = 0;
    for (int64_t t = p->T * part / parts; t < end; t += steps) {
        steps = end - t < p->slot_steps ? end - t : p->slot_steps;
        srnn_plan__set_aside(p, &piece, part, t, steps);
        for (piece.direction = 0; piece.direction < 2; piece.direction++) {
            const srnn_layer__run one =
                srnn_plan__projection(p, &piece, part, t, steps);
            SRNN_FOR_DTYPE(p->input.dtype, srnn_layer__project)(&one);
        }
    }
}

static bool needs_projection(const srnn_plan *p, const srnn_piece *piece)
{
    return p->is_in_place && piece->layer > 0;
}

/* The directions of a layer over some rows and one chunk. The team, or NULL
 * once it broke up; the others than member 0 have then left. */
static srnn_team *run_layer(const srnn_plan *p, srnn_piece piece,
                            srnn_team *team, int64_t member)
{
    if (needs_projection(p, &piece)) {
        project_part(p, piece, member, team == NULL ? 1 : p->share.members);
        if (team != NULL && !srnn_team__meet(team, member))
            team = NULL;
    }
    for (piece.direction = 0;
         piece.direction < srnn_options__directions(&p->rnn->options);
         piece.direction++) {
        if (team == NULL && member != 0)
            break;
        if (!run_piece(p, &piece, team, member))
            team = NULL;
    }
    return team;
}

/* All of the work on some rows, in order. */
static void run_rows(const srnn_plan *p, srnn_piece piece, srnn_team *team,
                     int64_t member)
{
    for (; piece.chunk < chunk_count(p); piece.chunk++)
        for (piece.layer = 0; piece.layer < p->rnn->options.num_layers;
             piece.layer++) {
            team = run_layer(p, piece, team, member);
            if (team == NULL && member != 0)
                return;
        }
}

static void run_batch(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    const int64_t first = p->B * member / p->share.members;
    const int64_t end = p->B * (member + 1) / p->share.members;
    const srnn_piece rows = {.first_row = first, .rows = end - first};
    (void)team;
    run_rows(p, rows, NULL, 0);
}

/* A layer needs both directions of the one below. */
static void run_direction(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    srnn_piece piece = {.direction = member, .rows = p->B};
    for (; piece.layer < p->rnn->options.num_layers; piece.layer++) {
        if (needs_projection(p, &piece)) {
            project_part(p, piece, member, p->share.members);
            (void)srnn_team__meet(team, member);
        }
        for (piece.chunk = 0; piece.chunk < chunk_count(p); piece.chunk++)
            (void)run_piece(p, &piece, NULL, 0);
        (void)srnn_team__meet(team, member); /* nobody leaves */
    }
}

/* Neighbouring layers, chunk after chunk: a chunk can begin when the member
 * below has made it, and the slots it goes to are free when the member above
 * has finished the one that lay there, two before. */
static void run_layers(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    const int64_t L = p->rnn->options.num_layers;
    const int64_t members = p->share.members;
    const int64_t end = L * (member + 1) / members;
    srnn_piece piece = {.rows = p->B};
    for (; piece.chunk < chunk_count(p); piece.chunk++) {
        if (member > 0)
            srnn_team__await(team, member - 1, piece.chunk + 1);
        if (member + 1 < members && piece.chunk >= 2)
            srnn_team__await(team, member + 1, piece.chunk - 1);
        for (piece.layer = L * member / members; piece.layer < end;
             piece.layer++)
            (void)run_piece(p, &piece, NULL, 0);
        srnn_team__advance(team, member, piece.chunk + 1);
    }
}

/* Everything together, each member its columns. */
static void run_columns(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    run_rows(p, (srnn_piece){.rows = p->B}, team, member);
}

static void run_all(srnn_plan *p, srnn_team *team)
{
    /* From SRNN_SCHEDULE_BATCH on. */
    static srnn_team__job *const jobs[] = {run_batch, run_direction, run_layers,
                                           run_columns};
    if (p->share.members == 1)
        run_rows(p, (srnn_piece){.rows = p->B}, NULL, 0);
    else
        srnn_team__run(team, p->share.members,
                       jobs[p->share.schedule - SRNN_SCHEDULE_BATCH], p);
}

/* No step: the states stay as they are. */
static void keep_states(const srnn_plan *p)
{
    const srnn_tensor *const h_n = p->call.h_n;
    if (h_n == NULL || h_n->size == 0)
        return;
    if (p->call.h0 == NULL) {
        srnn_tensor__fill_zero(h_n);
        return;
    }
    srnn_tensor h0 = srnn_plan__spread(p, p->call.h0);
    memcpy(h0.shape, h_n->shape, sizeof h0.shape);
    h0.size = h_n->size;
    srnn_tensor__copy(h_n, &h0);
}

srnn_status srnn_context__share_out(srnn_context *context, srnn_plan *p,
                                    int64_t steps, bool only_batch)
{
    srnn_workload work = {.options = &context->rnn->options,
                          .isa = p->kernels.isa,
                          .T = steps,
                          .B = p->B,
                          .looks_ahead = p->call.look_ahead > 0,
                          .threads = context->threads,
                          .schedule = context->schedule,
                          .may_meet = context->shy_calls == 0,
                          .only_batch = only_batch};
    p->share = srnn_schedule__choose(&work);
    if (p->share.members == 1)
        return SRNN_OK;
    SRNN_TRY(srnn_context__gather(context, p->share.members));
    if (srnn_team__members(context->team) < p->share.members) {
        work.threads =
            srnn_team__members(context->team); /* no more to be had */
        p->share = srnn_schedule__choose(&work);
    }
    return SRNN_OK;
}

static srnn_status place(srnn_plan *p, srnn_context *context)
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
    return context->plan.share.members <= 1 ||
           srnn_team__is_usable(context->team);
}

void srnn_context__forget(srnn_context *context)
{
    context->plan.call.input = NULL;
}

srnn_status srnn_context__prepare(srnn_context *context,
                                  const srnn_cell__kernels *kernels,
                                  const srnn_call *call)
{
    srnn_plan *const p = &context->plan;
    srnn_plan__begin(p, context->rnn, kernels, call);
    if (srnn_plan__is_empty(p))
        return SRNN_OK;
    srnn_status status = srnn_context__share_out(context, p, p->T, false);
    if (status == SRNN_OK)
        status = place(p, context);
    if (status != SRNN_OK)
        srnn_context__forget(context);
    return status;
}

/* Once may be chance, again and again is a busy machine: twice as many calls
 * each time go without such a team. */
static void note_break_up(srnn_context *context)
{
    if (context->plan.share.schedule == SRNN_SCHEDULE_COLUMNS) {
        if (!srnn_team__broke_up(context->team)) {
            context->shyness = 0;
            return;
        }
        context->shyness = context->shyness == 0 ? 1 : 2 * context->shyness;
        if (context->shyness > MOST_SHY_CALLS)
            context->shyness = MOST_SHY_CALLS;
        context->shy_calls = context->shyness;
        srnn_context__forget(context);
    } else if (context->shy_calls > 0 && --context->shy_calls == 0) {
        srnn_context__forget(context); /* which has no such team */
    }
}

void srnn_context__forward(srnn_context *context)
{
    srnn_plan *const p = &context->plan;
    if (srnn_plan__is_empty(p)) {
        keep_states(p);
        return;
    }
    srnn_plan__read(p);
    run_all(p, context->team);
    srnn_plan__write(p);
    context->last_schedule = p->share.schedule;
    context->last_threads = p->share.members;
    note_break_up(context);
}
