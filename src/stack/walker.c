/* SPDX-License-Identifier: MIT */
/* Shares out a walk. */
#include "stack/walker.h"

#include "util/clock.h"
#include "util/error.h"
#include "util/integer.h"

static const srnn_partition serial = {SRNN_SCHEDULE_SERIAL, 1, 0};

/* A walk that is not worth waking helpers: how those share it that spin. With
 * fewer cores than threads none do. */
static srnn_status choose_close(srnn_context *context,
                                const srnn_workload *given)
{
    srnn_workload work = *given;
    srnn_partition close = serial;
    work.is_close = true;
    if (context->schedule == SRNN_SCHEDULE_AUTO &&
        context->threads <= srnn_team__available())
        SRNN_TRY(srnn_context__choose_partition(context, &close, &work));
    context->serial_walk =
        (srnn_serial_walk){work.T, work.B, work.only_batch, close};
    srnn_pace__start(&context->pace);
    return SRNN_OK;
}

/* The next call asks for its helpers again. */
static bool is_scarce(const srnn_team *team)
{
    return team != NULL && srnn_team__members(team) < srnn_team__capacity(team);
}

static bool is_known(const srnn_context *context, const srnn_workload *work)
{
    const srnn_serial_walk *const known = &context->serial_walk;
    return known->T == work->T && known->B == work->B &&
           known->only_batch == work->only_batch &&
           srnn_context__has_team(context, known->close.members);
}

srnn_status srnn_walker__choose_partition(srnn_walk *walk,
                                          srnn_context *context,
                                          bool only_batch, srnn_pace_kind kind)
{
    /* A team counts its barriers: those of a step, a block and a window. */
    enum { BARRIERS = 16 };
    const srnn_workload work = {.T = walk->sizes.T,
                                .B = walk->sizes.B,
                                .only_batch = only_batch,
                                .no_layers = true};
    walk->partition = serial;
    if (context->threads == 1 || work.T == 0 || work.B == 0 ||
        work.T > SRNN_TEAM_MAX_BARRIERS / BARRIERS /
                     srnn_options__cells(srnn_walk__options(walk)))
        return SRNN_OK;
    if (!is_known(context, &work)) {
        SRNN_TRY(
            srnn_context__choose_partition(context, &walk->partition, &work));
        if (walk->partition.members > 1 || is_scarce(context->team))
            return SRNN_OK;
        SRNN_TRY(choose_close(context, &work));
    }
    walk->is_paced = context->serial_walk.close.members > 1;
    walk->kind = kind;
    if (walk->is_paced &&
        srnn_pace__begin(&context->pace, kind, srnn_clock__now()))
        walk->partition = context->serial_walk.close;
    return SRNN_OK;
}

void srnn_walker__note_partition(srnn_context *context, const srnn_walk *walk)
{
    if (walk->rows.T == 0)
        return;
    if (walk->is_paced)
        srnn_pace__end(&context->pace, walk->kind, srnn_clock__now());
    context->last_schedule = walk->partition.schedule;
    context->last_threads = walk->partition.members;
    srnn_context__back_off(context, walk->partition.schedule);
}

srnn_walker srnn_walker__begin(const srnn_walk *walk, srnn_team *team,
                               int64_t member)
{
    return (srnn_walker){walk, team, member,
                         team == NULL ? 1 : walk->partition.members};
}

bool srnn_walker__goes_on_alone(srnn_walker *w)
{
    w->team = NULL;
    w->members = 1;
    return w->member == 0;
}

bool srnn_walker__barrier(srnn_walker *w)
{
    if (w->team == NULL || srnn_team__barrier(w->team, w->member) ||
        w->walk->partition.schedule != SRNN_SCHEDULE_COLUMNS)
        return true;
    return srnn_walker__goes_on_alone(w);
}

void srnn_walker__part(const srnn_walker *w, int64_t of, int64_t *first,
                       int64_t *count)
{
    *first = srnn_integer__part(of, w->members, w->member);
    *count = srnn_integer__part(of, w->members, w->member + 1) - *first;
}

srnn_part srnn_walker__part_of_steps(const srnn_walker *w, int64_t first,
                                     int64_t end)
{
    const srnn_rows *const rows = &w->walk->rows;
    const int64_t start = srnn_rows__start(rows, first);
    srnn_part part = {0};
    srnn_walker__part(w, srnn_rows__start(rows, end) - start, &part.row,
                      &part.count);
    part.row += start;
    if (part.count > 0)
        part.at = srnn_rows__at(rows, part.row, first);
    return part;
}

int64_t srnn_walker__own_rows(const srnn_walker *w)
{
    return w->member *
           srnn_integer__divide_up(srnn_walk__block_rows(w->walk), w->members);
}

static bool shares(const srnn_walker *w, srnn_schedule schedule)
{
    return w->team != NULL && w->walk->partition.schedule == schedule;
}

srnn_own_rows srnn_walker__rows(const srnn_walker *w, int64_t n)
{
    srnn_own_rows own = {0, 1, n};
    if (!shares(w, SRNN_SCHEDULE_BATCH))
        return own;
    if (w->walk->rows.lengths == NULL) {
        srnn_walker__part(w, n, &own.first, &own.count);
        return own;
    }
    const int64_t count = srnn_integer__divide_up(n - w->member, w->members);
    return (srnn_own_rows){w->member, w->members, count > 0 ? count : 0};
}

bool srnn_walker__has_direction(const srnn_walker *w, int64_t direction)
{
    return !shares(w, SRNN_SCHEDULE_DIRECTIONS) || direction == w->member;
}

bool srnn_walker__columns(const srnn_walker *w, int64_t *first, int64_t *count)
{
    const int64_t H = srnn_walk__options(w->walk)->hidden_size;
    *first = 0;
    *count = H;
    if (!shares(w, SRNN_SCHEDULE_COLUMNS))
        return false;
    srnn_schedule__columns(first, count, H, w->members, w->member);
    return true;
}
