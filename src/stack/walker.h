/* SPDX-License-Identifier: MIT */
/* Who does what in a walk (stack/walk.h). The recurrences of a span are shared
 * out by the schedule, everything else by parts of its rows or columns or by
 * blocks, with a barrier in between unless members keep to their own rows. */
#ifndef SRNN_STACK_WALKER_H
#define SRNN_STACK_WALKER_H

#include "stack/walk.h"
#include "util/team.h"

/* One member of a team, or the only one. */
typedef struct {
    const srnn_walk *walk;
    srnn_team *team; /* NULL: alone */
    int64_t member;
    int64_t members;
} srnn_walker;

/* The share of a team in a walk, and the team. What the context remembers of
 * them after the walk. */
srnn_status srnn_walker__choose_partition(srnn_walk *walk,
                                          srnn_context *context,
                                          bool only_batch, srnn_pace_kind kind);
void srnn_walker__note_partition(srnn_context *context, const srnn_walk *walk);

/* team: NULL for the only one. */
srnn_walker srnn_walker__begin(const srnn_walk *walk, srnn_team *team,
                               int64_t member);

/* A barrier. False if this member is to leave, because a team that meets after
 * every step gave up. */
bool srnn_walker__barrier(srnn_walker *walker);

/* After the team gave up: member 0 goes on alone. False for the others. */
bool srnn_walker__goes_on_alone(srnn_walker *walker);

/* The member's part [first, first + count) of so many things. */
void srnn_walker__part(const srnn_walker *walker, int64_t of, int64_t *first,
                       int64_t *count);

/* The member's part of the packed rows of steps [first, end). */
typedef struct {
    int64_t row; /* the first of them */
    int64_t count;
    srnn_row_cursor at; /* that row, if there is one */
} srnn_part;

srnn_part srnn_walker__part_of_steps(const srnn_walker *walker, int64_t first,
                                     int64_t end);

/* Where rows of x, or of another buffer of a block, begin that are for this
 * member alone, whatever block the others are in. */
int64_t srnn_walker__own_rows(const srnn_walker *walker);

/* The member's rows in a recurrence, of n that a step has: first, first + step
 * and so on. They lie side by side where all sequences are as long. Otherwise
 * each member takes its turn, so that all have long and short ones, and where
 * there are fewer rows than members, the first members have one each. */
typedef struct {
    int64_t first;
    int64_t step;
    int64_t count;
} srnn_own_rows;

srnn_own_rows srnn_walker__rows(const srnn_walker *walker, int64_t n);

/* Do all members have rows of the batch, which lie so that in all layers and
 * steps a member reads and writes nothing else while it records? */
bool srnn_walker__keeps_rows(const srnn_walker *walker);

/* Do members run a direction each? */
bool srnn_walker__shares_directions(const srnn_walker *walker);

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
