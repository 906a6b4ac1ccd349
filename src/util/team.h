/* SPDX-License-Identifier: MIT */
/* A team: the calling thread and helpers that run one job together. Helpers
 * live as long as the team, take no signals, and sleep between jobs. */
#ifndef SRNN_UTIL_TEAM_H
#define SRNN_UTIL_TEAM_H

#include <stdbool.h>

#include "simplernn/status.h"

typedef struct srnn_team srnn_team;

/* What each member runs; member 0 is the calling thread. */
typedef void srnn_team_job(void *argument, srnn_team *team, int64_t member);

/* The cores that this process may use: affinity and cgroup quota, >= 1, as they
 * were at the first question. */
int64_t srnn_team__available(void);

/* The memory of a team, without the stacks of its helpers. */
int64_t srnn_team__bytes(int64_t members);

/* A team of this many members, or of fewer if threads are scarce. */
srnn_status srnn_team__create(srnn_team **out, int64_t members);

/* Ends the helpers. After a fork the child has none, and only frees the memory.
 * NULL does nothing. */
void srnn_team__destroy(srnn_team *team);

/* Those that there are, and those that were asked for. */
int64_t srnn_team__members(const srnn_team *team);
int64_t srnn_team__capacity(const srnn_team *team);

/* Do helpers spin before they sleep? Not with more members than cores. */
bool srnn_team__spins(const srnn_team *team);

/* False in a child after fork, whose helpers are in the parent, and after so
 * many jobs that counts could overflow: then another has to be made. */
bool srnn_team__is_usable(const srnn_team *team);

/* Runs the job on the first `members` and returns when all are done. */
void srnn_team__run(srnn_team *team, int64_t members, srnn_team_job *job,
                    void *argument);

/* Inside a job, a barrier: returns when all members of the job have called this
 * as often. False if the team has given up, because a member keeps member 0
 * waiting for so long that it would be done about as soon alone: for example,
 * another program runs on its core. Then member 0 can go on alone and the
 * others leave, or all go on as before. The answer is the same for all. */
bool srnn_team__barrier(srnn_team *team, int64_t member);

/* Barriers, and progress, that one job may have at most. */
enum { SRNN_TEAM_MAX_BARRIERS = 1 << 28 };

/* Did the latest job give up? */
bool srnn_team__gave_up(const srnn_team *team);

/* Inside a job: what a member has done of it, as it says, 1 and up. */
void srnn_team__advance(srnn_team *team, int64_t member, int64_t progress);
void srnn_team__await(srnn_team *team, int64_t member, int64_t progress);

#endif
