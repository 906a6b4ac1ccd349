/* SPDX-License-Identifier: MIT */
/* Teams: a job sees its arguments, its caller what it did, barriers let nobody
 * run ahead, all agree that the team gives up, and the end joins all. */
#include "model.h"
#include "util/team.h"

enum { MEMBERS = 3, ROUNDS = 8 };

static srnn_team *team;
static int *written;    /* by each member */
static int *gave_up;    /* by each member, the barrier; 0: none */
static int64_t running; /* members of the job */

static void create(int64_t members)
{
    written = model_allocate(MEMBERS * sizeof *written);
    gave_up = model_allocate(MEMBERS * sizeof *gave_up);
    running = members;
    model_check(srnn_team__create(&team, members) == SRNN_OK, "create");
    model_check(srnn_team__members(team) == members, "members");
}

static void run(srnn_team_job *job, void *argument)
{
    srnn_team__run(team, running, job, argument);
}

static void write_argument(void *argument, srnn_team *of, int64_t member)
{
    (void)of;
    written[member] = *(const int *)argument;
}

static void check_all(int value)
{
    for (int64_t i = 0; i < running; i++)
        model_check(written[i] == value, "what a member did is not seen");
}

static void run_jobs(int64_t members, int jobs)
{
    int argument = 0;
    create(members);
    for (argument = 1; argument <= jobs; argument++) {
        run(write_argument, &argument);
        check_all(argument);
    }
    srnn_team__destroy(team);
}

static void one_job(void)
{
    run_jobs(2, 1);
}

static void two_jobs(void)
{
    run_jobs(2, 2);
}

static void three_members(void)
{
    run_jobs(3, 1);
}

/* The second job leaves one out. */
static void fewer_members(void)
{
    int argument = 1;
    create(3);
    run(write_argument, &argument);
    running = 2;
    argument = 2;
    run(write_argument, &argument);
    check_all(2);
    srnn_team__destroy(team);
}

/* In each round a member writes its own and reads those of all; without the
 * second barrier it could not write again. */
static void go_round(srnn_team *of, int64_t member, int round)
{
    written[member] = round;
    if (!srnn_team__barrier(of, member))
        return;
    for (int64_t i = 0; i < running; i++)
        model_check(written[i] == round, "a member has not yet written");
    (void)srnn_team__barrier(of, member);
}

static void meet_once(void *argument, srnn_team *of, int64_t member)
{
    (void)argument;
    written[member] = 1;
    model_check(srnn_team__barrier(of, member), "it gave up");
    check_all(1);
}

static void meet_in_rounds(void *argument, srnn_team *of, int64_t member)
{
    for (int round = 1; round <= *(const int *)argument; round++)
        go_round(of, member, round);
}

static void run_barrier(int64_t members)
{
    create(members);
    run(meet_once, NULL);
    check_all(1);
    srnn_team__destroy(team);
}

static void barrier(void)
{
    run_barrier(2);
}

static void barrier_of_three(void)
{
    run_barrier(3);
}

static void rounds(void)
{
    int count = 1;
    create(2);
    run(meet_in_rounds, &count);
    srnn_team__destroy(team);
}

/* A member that is told that the team gives up leaves; all leave at the same
 * barrier, or none does. */
static void meet_until_it_gives_up(void *argument, srnn_team *of,
                                   int64_t member)
{
    const int barriers = *(const int *)argument;
    for (int i = 1; i <= barriers; i++)
        if (!srnn_team__barrier(of, member)) {
            gave_up[member] = i;
            return;
        }
}

static void run_until_it_gives_up(int64_t members)
{
    int barriers = 4;
    create(members);
    run(meet_until_it_gives_up, &barriers);
    for (int64_t i = 1; i < members; i++)
        model_check(gave_up[i] == gave_up[0], "not all have given up");
    model_check(srnn_team__gave_up(team) == (gave_up[0] != 0), "gave up");
    model_outcome(gave_up[0]);
    srnn_team__destroy(team);
}

static void gives_up(void)
{
    run_until_it_gives_up(2);
}

/* The second member goes on with what the first one has done. */
static void hand_on(void *argument, srnn_team *of, int64_t member)
{
    const int steps = *(const int *)argument;
    for (int i = 1; i <= steps; i++) {
        if (member == 0) {
            written[i] = i;
            srnn_team__advance(of, 0, i);
        } else {
            srnn_team__await(of, 0, i);
            model_check(written[i] == i, "progress runs ahead");
        }
    }
}

static void progress(void)
{
    int steps = 2;
    create(2);
    run(hand_on, &steps);
    srnn_team__destroy(team);
}

#define ALL(name)                                                              \
    {                                                                          \
#name, name, 0, MODEL_UNBOUNDED                                        \
    }
#define SOME(name, bound)                                                      \
    {                                                                          \
#name, name, 0, bound                                                  \
    }

const model_scenario model_teams[] = {
    ALL(one_job),
    ALL(barrier),
    ALL(two_jobs),
    ALL(progress),
    SOME(rounds, 3),
    SOME(three_members, 2),
    SOME(fewer_members, 1),
    SOME(barrier_of_three, 1),
    {"gives_up", gives_up, 0x11, 2},
    {NULL, NULL, 0, 0},
};
