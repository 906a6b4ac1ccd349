/* SPDX-License-Identifier: MIT */
/* Shares out a walk. */
#include "stack/walker.h"

#include "util/clock.h"
#include "util/error.h"
#include "util/integer.h"

static const srnn_partition serial = {SRNN_SCHEDULE_SERIAL, 1, 0};

static srnn_workload work_of(const srnn_walk *walk, bool only_batch)
{
    return (srnn_workload){.T = walk->sizes.T,
                           .B = walk->sizes.B,
                           .only_batch = only_batch,
                           .is_training = true};
}

static int64_t members_of(const srnn_team *team)
{
    return team == NULL ? 0 : srnn_team__members(team);
}

static bool has_same_sizes(const srnn_serial_walk *known,
                           const srnn_workload *work)
{
    return known->T == work->T && known->B == work->B &&
           known->only_batch == work->only_batch;
}

static bool is_known(const srnn_context *context, const srnn_workload *work)
{
    const srnn_serial_walk *const known = &context->serial_walk;
    return has_same_sizes(known, work) &&
           known->may_use_barriers == (context->backoff_calls == 0) &&
           known->members == members_of(context->team);
}

/* Notes a walk that was not worth waking helpers, and how helpers that still
 * spin would share it. */
static void note_serial(srnn_context *context, const srnn_workload *work)
{
    srnn_serial_walk *const known = &context->serial_walk;
    if (!has_same_sizes(known, work))
        srnn_pace__restart(&context->pace);
    *known = (srnn_serial_walk){.T = work->T,
                                .B = work->B,
                                .only_batch = work->only_batch,
                                .may_use_barriers = context->backoff_calls == 0,
                                .members = members_of(context->team),
                                .close = serial};
    /* With OpenBLAS the bits depend on the schedule. They are not to depend on
     * times. */
    if (context->kernels.gemm == SRNN_GEMM_NATIVE)
        known->close = srnn_context__choose_close(context, work);
}

/* For a walk that was noted. If there are too few helpers, or they do not spin,
 * the walk is alone. The pace then sees that helpers save nothing. */
static srnn_status choose_by_pace(srnn_walk *walk, srnn_context *context)
{
    const srnn_partition *const close = &context->serial_walk.close;
    walk->is_paced = close->members > 1;
    if (!walk->is_paced ||
        !srnn_pace__begin(&context->pace, walk->kind, srnn_clock__now()))
        return SRNN_OK;
    SRNN_TRY(srnn_context__ensure_team(context, close->members));
    if (srnn_team__members(context->team) >= close->members &&
        srnn_team__spins(context->team))
        walk->partition = *close;
    return SRNN_OK;
}

srnn_status srnn_walker__choose_partition(srnn_walk *walk,
                                          srnn_context *context,
                                          bool only_batch, srnn_pace_kind kind)
{
    /* A team counts its barriers: those of a step, a block and a window. */
    enum { BARRIERS = 16 };
    const srnn_workload work = work_of(walk, only_batch);
    walk->partition = serial;
    walk->kind = kind;
    if (context->threads == 1 || work.T == 0 || work.B == 0 ||
        work.T > SRNN_TEAM_MAX_BARRIERS / BARRIERS /
                     srnn_options__cells(srnn_walk__options(walk)))
        return SRNN_OK;
    if (!is_known(context, &work)) {
        SRNN_TRY(
            srnn_context__choose_partition(context, &walk->partition, &work));
        if (walk->partition.members > 1)
            return SRNN_OK;
        note_serial(context, &work);
    }
    return choose_by_pace(walk, context);
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
    if (w->walk->rows.lengths == NULL && n >= w->members) {
        srnn_walker__part(w, n, &own.first, &own.count);
        return own;
    }
    const int64_t count = srnn_integer__divide_up(n - w->member, w->members);
    return (srnn_own_rows){w->member, w->members, count > 0 ? count : 0};
}

bool srnn_walker__keeps_rows(const srnn_walker *w)
{
    return shares(w, SRNN_SCHEDULE_BATCH) && w->members <= w->walk->sizes.B &&
           srnn_walk__has_rows_in_place(w->walk);
}

bool srnn_walker__shares_directions(const srnn_walker *w)
{
    return shares(w, SRNN_SCHEDULE_DIRECTIONS);
}

bool srnn_walker__has_direction(const srnn_walker *w, int64_t direction)
{
    return !srnn_walker__shares_directions(w) || direction == w->member;
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
