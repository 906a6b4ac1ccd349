/* SPDX-License-Identifier: MIT */
/* A forward: planned, shared out, run. */
#include "stack/forward.h"

#include <string.h>

#include "stack/task.h"
#include "tensor/dtype.h"
#include "util/integer.h"

static int64_t chunk_count(const srnn_plan *p)
{
    return srnn_integer__divide_up(p->T, p->partition.chunk);
}

/* One task, of all columns where team is NULL, else of the member's. False if
 * the team gave up in it. */
static bool run_task(const srnn_plan *p, const srnn_task *task, srnn_team *team,
                     int64_t member)
{
    srnn_layer_pass one = srnn_task__pass(p, task);
    if (team != NULL)
        srnn_schedule__columns(&one.first_column, &one.columns,
                               p->rnn->options.hidden_size,
                               p->partition.members, member);
    one.team = team;
    one.member = member;
    return SRNN_FOR_DTYPE(p->input.dtype, srnn_layer__forward)(&one);
}

/* In place, before the tasks of a layer: one of some parts of the steps. */
static void project_part(const srnn_plan *p, srnn_task task, int64_t part,
                         int64_t parts)
{
    const int64_t end = p->T * (part + 1) / parts;
    int64_t steps = 0;
    for (int64_t t = p->T * part / parts; t < end; t += steps) {
        steps = srnn_integer__smaller(end - t, p->slot_steps);
        srnn_task__set_aside(p, &task, part, t, steps);
        for (task.direction = 0; task.direction < 2; task.direction++) {
            const srnn_layer_pass one =
                srnn_task__projection(p, &task, part, t, steps);
            SRNN_FOR_DTYPE(p->input.dtype, srnn_layer__project)(&one);
        }
    }
}

static bool needs_projection(const srnn_plan *p, const srnn_task *task)
{
    return p->is_in_place && task->layer > 0;
}

/* The directions of a layer over some rows and one chunk. The team, or NULL
 * once it gave up; the others than member 0 have then left. */
static srnn_team *run_layer(const srnn_plan *p, srnn_task task, srnn_team *team,
                            int64_t member)
{
    if (needs_projection(p, &task)) {
        project_part(p, task, member, team == NULL ? 1 : p->partition.members);
        if (team != NULL && !srnn_team__barrier(team, member))
            team = NULL;
    }
    for (task.direction = 0;
         task.direction < srnn_options__directions(&p->rnn->options);
         task.direction++) {
        if (team == NULL && member != 0)
            break;
        if (!run_task(p, &task, team, member))
            team = NULL;
    }
    return team;
}

/* All of the work on some rows, in order. */
static void run_rows(const srnn_plan *p, srnn_task task, srnn_team *team,
                     int64_t member)
{
    for (; task.chunk < chunk_count(p); task.chunk++)
        for (task.layer = 0; task.layer < p->rnn->options.num_layers;
             task.layer++) {
            team = run_layer(p, task, team, member);
            if (team == NULL && member != 0)
                return;
        }
}

static void run_batch(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    const int64_t first =
        srnn_integer__part(p->B, p->partition.members, member);
    const int64_t end =
        srnn_integer__part(p->B, p->partition.members, member + 1);
    const srnn_task rows = {.first_row = first, .rows = end - first};
    (void)team;
    run_rows(p, rows, NULL, 0);
}

/* A layer needs both directions of the one below. */
static void run_direction(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    srnn_task task = {.direction = member, .rows = p->B};
    for (; task.layer < p->rnn->options.num_layers; task.layer++) {
        if (needs_projection(p, &task)) {
            project_part(p, task, member, p->partition.members);
            (void)srnn_team__barrier(team, member);
        }
        for (task.chunk = 0; task.chunk < chunk_count(p); task.chunk++)
            (void)run_task(p, &task, NULL, 0);
        (void)srnn_team__barrier(team, member); /* nobody leaves */
    }
}

/* Neighbouring layers, chunk after chunk: a chunk can begin when the member
 * below has made it, and the slots it goes to are free when the member above
 * has finished the one that lay there, two before. */
static void run_layers(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    const int64_t L = p->rnn->options.num_layers;
    const int64_t members = p->partition.members;
    const int64_t first = srnn_integer__part(L, members, member);
    const int64_t end = srnn_integer__part(L, members, member + 1);
    srnn_task task = {.rows = p->B};
    for (; task.chunk < chunk_count(p); task.chunk++) {
        if (member > 0)
            srnn_team__await(team, member - 1, task.chunk + 1);
        if (member + 1 < members && task.chunk >= 2)
            srnn_team__await(team, member + 1, task.chunk - 1);
        for (task.layer = first; task.layer < end; task.layer++)
            (void)run_task(p, &task, NULL, 0);
        srnn_team__advance(team, member, task.chunk + 1);
    }
}

/* Everything together, each member its columns. */
static void run_columns(void *argument, srnn_team *team, int64_t member)
{
    const srnn_plan *const p = argument;
    run_rows(p, (srnn_task){.rows = p->B}, team, member);
}

static void run_all(srnn_plan *p, srnn_team *team)
{
    /* From SRNN_SCHEDULE_BATCH on. */
    static srnn_team_job *const jobs[] = {run_batch, run_direction, run_layers,
                                          run_columns};
    if (p->partition.members == 1)
        run_rows(p, (srnn_task){.rows = p->B}, NULL, 0);
    else
        srnn_team__run(team, p->partition.members,
                       jobs[p->partition.schedule - SRNN_SCHEDULE_BATCH], p);
}

static size_t state_bytes(const srnn_plan *p)
{
    return (size_t)(p->rnn->options.num_layers * srnn_plan__width(p) * p->B *
                    srnn_plan__element(p));
}

/* To or from a stand-in, if it is one. */
static void copy(const srnn_tensor *target, const srnn_tensor *source)
{
    if (target->data != source->data)
        srnn_tensor__copy(target, source);
}

void srnn_forward__read(const srnn_plan *p)
{
    copy(&p->input, p->call.input);
    if (p->call.h0 != NULL)
        copy(&p->h0, p->call.h0); /* as many as were given */
    else
        memset(p->states, 0, state_bytes(p));
}

/* The first steps of the output are the caller's. */
static void write_window(const srnn_plan *p)
{
    srnn_tensor kept = p->output; /* not empty, and copied by its shape */
    memcpy(kept.shape, p->call.output->shape, sizeof kept.shape);
    srnn_tensor__copy(p->call.output, &kept);
}

void srnn_forward__write(const srnn_plan *p)
{
    if (p->call.look_ahead > 0)
        write_window(p);
    else if (p->call.output != NULL)
        copy(p->call.output, &p->output);
    if (p->call.h_n != NULL)
        copy(p->call.h_n, &p->h_n);
}

void srnn_forward__keep_states(const srnn_tensor *h_n, const srnn_tensor *h0)
{
    if (h_n == NULL || h_n->size == 0)
        return;
    if (h0 == NULL) {
        srnn_tensor__fill_zero(h_n);
        return;
    }
    srnn_tensor spread = *h0;
    if (h0->rank == 3 && h0->shape[1] == 1)
        spread.strides[1] = 0;
    memcpy(spread.shape, h_n->shape, sizeof spread.shape);
    spread.size = h_n->size;
    srnn_tensor__copy(h_n, &spread);
}

void srnn_forward__run(srnn_context *context)
{
    srnn_plan *const p = &context->plan;
    if (srnn_plan__is_empty(p)) {
        srnn_forward__keep_states(p->call.h_n, p->call.h0);
        return;
    }
    srnn_forward__read(p);
    run_all(p, context->team);
    srnn_forward__write(p);
    context->last_schedule = p->partition.schedule;
    context->last_threads = p->partition.members;
    srnn_context__back_off(context, p->partition.schedule);
}
