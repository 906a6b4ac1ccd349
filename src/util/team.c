/* SPDX-License-Identifier: MIT */
/* Jobs are numbered; a helper waits for one that wants it. The events of a
 * member count over the whole life of the team, so that nothing has to be set
 * back between jobs. */
#include "util/team.h"

#include <pthread.h>
#include <signal.h>

#include "os/os.h"
#include "util/cancellation.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/event.h"
#include "util/float_mode.h"
#include "util/fork.h"
#include "util/memory.h"

enum {
    /* Nanoseconds of spinning before sleep: longer than it takes to wake, or
     * two that wake each other in turns would go on doing that. */
    SPIN = 100000,
    STACK_BYTES = 256 * 1024, /* in steps of this too */
    STRIDE = 1 << 30,         /* what events count within one job stays below */
    MAX_JOBS = 1 << 30,
    /* Sleeps of member 0 in one job that are tolerated: so many, and one in so
     * many barriers. */
    MAX_SLEEPS = 2,
    BARRIERS_PER_SLEEP = 64
};

typedef struct {
    srnn_event start;      /* the latest job that wants this member */
    srnn_event barriers;   /* job * STRIDE + 2 * barriers; odd: it gave up */
    srnn_event progress;   /* job * STRIDE + what advance says */
    srnn_event done;       /* jobs done */
    int64_t passed;        /* barriers of this job; the member's own */
    int64_t sleeps;        /* in them; what follows, too, counts for member 0 */
    int64_t waited;        /* nanoseconds, in all of them */
    int64_t waiting_since; /* the beginning of the first wait */
    pthread_t thread;
    srnn_os_core_set cores; /* its own, while it is kept off one of them */
    bool is_limited;
    srnn_team *team;
    int64_t number;
} slot;

struct srnn_team {
    int64_t capacity;
    int64_t size; /* helpers that could be started, and the caller */
    int64_t spin;
    unsigned int generation; /* of the process that the helpers are in */
    bool is_ending;
    /* the job */
    int64_t job_number;
    int64_t members;
    srnn_team_job *job;
    void *argument;
    uint64_t float_mode; /* of the calling thread, for all */
    slot slots[];
};

/* The scheduler may wake a helper on the waker's core, to wait there while the
 * waker spins, though another core is idle: virtual machines take the sleep of
 * an idle core for its being away. So a helper that sleeps may not wake on this
 * core; it takes the limit back when it is up. */
static void keep_off_this_core(slot *helper)
{
    helper->is_limited =
        srnn_os__keep_off_this_core(helper->thread, &helper->cores);
}

static void allow_all_cores(slot *own)
{
    if (own->is_limited)
        srnn_os__set_cores(own->thread, &own->cores);
    own->is_limited = false;
}

static void run_member(srnn_team *team, int64_t member)
{
    slot *const own = &team->slots[member];
    own->passed = 0;
    own->sleeps = 0;
    own->waited = 0;
    team->job(team->argument, team, member);
    srnn_event__raise(&own->done, team->job_number);
}

static void *help(void *argument)
{
    slot *const own = argument;
    srnn_team *const team = own->team;
    for (int64_t seen = 0;;) {
        srnn_event__wait(&own->start, seen + 1, team->spin);
        if (team->is_ending)
            return NULL;
        seen = team->job_number; /* the next may begin once this is done */
        allow_all_cores(own);
        srnn_float_mode__set(team->float_mode);
        run_member(team, own->number);
    }
}

/* As much as a helper needs, whatever the program has of thread-local memory.
 */
static size_t stack_size(void)
{
    const size_t step = STACK_BYTES;
    return step + (srnn_os__thread_local_bytes() + step - 1) / step * step;
}

/* With all signals blocked: they are the program's, not the helper's. */
static bool start_helper(slot *helper)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t old;
    (void)sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, stack_size());
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    const int error =
        pthread_create(&helper->thread, &attributes, help, helper);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    (void)pthread_attr_destroy(&attributes);
    return error == 0;
}

static void init_slots(srnn_team *team)
{
    for (int64_t i = 0; i < team->capacity; i++) {
        slot *const member = &team->slots[i];
        member->team = team;
        member->number = i;
        srnn_event__init(&member->start);
        srnn_event__init(&member->barriers);
        srnn_event__init(&member->progress);
        srnn_event__init(&member->done);
    }
}

int64_t srnn_team__bytes(int64_t members)
{
    return (int64_t)sizeof(srnn_team) + members * (int64_t)sizeof(slot);
}

srnn_status srnn_team__create(srnn_team **out, int64_t members)
{
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, srnn_team__bytes(members)));
    srnn_team *const team = memory;
    team->capacity = members;
    team->generation = srnn_fork__generation();
    /* With fewer cores than members, who spins keeps another from running. */
    team->spin = members <= srnn_team__available() ? SPIN : 0;
    init_slots(team);
    team->size = 1;
    while (team->size < members && start_helper(&team->slots[team->size]))
        team->size++;
    *out = team;
    return SRNN_OK;
}

static bool is_alive(const srnn_team *team)
{
    return team->generation == srnn_fork__generation();
}

bool srnn_team__is_usable(const srnn_team *team)
{
    return is_alive(team) && team->job_number < MAX_JOBS;
}

static void end_helpers(srnn_team *team)
{
    const int before = srnn_cancellation__hold();
    team->is_ending = true;
    for (int64_t i = 1; i < team->size; i++) {
        srnn_event__raise(&team->slots[i].start, team->job_number + 1);
        (void)pthread_join(team->slots[i].thread, NULL);
    }
    for (int64_t i = 0; i < team->capacity; i++) {
        srnn_event__destroy(&team->slots[i].start);
        srnn_event__destroy(&team->slots[i].barriers);
        srnn_event__destroy(&team->slots[i].progress);
        srnn_event__destroy(&team->slots[i].done);
    }
    srnn_cancellation__allow(before);
}

void srnn_team__destroy(srnn_team *team)
{
    if (team == NULL)
        return;
    if (is_alive(team))
        end_helpers(team);
    srnn_memory__destroy(team);
}

int64_t srnn_team__members(const srnn_team *team)
{
    return team->size;
}

int64_t srnn_team__capacity(const srnn_team *team)
{
    return team->capacity;
}

bool srnn_team__spins(const srnn_team *team)
{
    return team->spin > 0;
}

void srnn_team__run(srnn_team *team, int64_t members, srnn_team_job *job,
                    void *argument)
{
    team->job = job;
    team->argument = argument;
    team->members = members;
    team->float_mode = srnn_float_mode__get();
    team->job_number++;
    for (int64_t i = 1; i < members; i++) {
        if (srnn_event__has_sleepers(&team->slots[i].start))
            keep_off_this_core(&team->slots[i]);
        srnn_event__raise(&team->slots[i].start, team->job_number);
    }
    run_member(team, 0);
    for (int64_t i = 1; i < members; i++)
        srnn_event__wait(&team->slots[i].done, team->job_number, team->spin);
}

/* What a barrier counts as; member 0 says whether it is the last. */
static int64_t count_of(const srnn_team *team, const slot *own)
{
    return team->job_number * STRIDE + 2 * own->passed;
}

/* Only member 0 writes it, and all who ask have seen its latest barrier: they
 * need no order. */
static int64_t barriers_of_first(const srnn_team *team)
{
    return atomic_load_explicit(&team->slots[0].barriers.value,
                                memory_order_relaxed);
}

static void wait_for_member(const srnn_team *team, slot *own, slot *other,
                            int64_t count)
{
    const int64_t waited =
        srnn_event__wait(&other->barriers, count, team->spin);
    if (waited == 0)
        return;
    if (own->waited == 0)
        own->waiting_since = srnn_clock__now() - waited;
    own->waited += waited;
    own->sleeps += waited > team->spin;
}

/* Would member 0 be done about as soon alone? All of the work takes it at least
 * the time that it does not wait, times the members. Where steps take long, it
 * sleeps a little at each barrier, and the team is still faster. */
static bool is_held_up(const srnn_team *team, const slot *own)
{
    if (own->sleeps <= MAX_SLEEPS + own->passed / BARRIERS_PER_SLEEP)
        return false;
    const int64_t taken = srnn_clock__now() - own->waiting_since;
    return (taken - own->waited) * team->members <= taken;
}

bool srnn_team__barrier(srnn_team *team, int64_t member)
{
    slot *const own = &team->slots[member];
    own->passed++;
    const int64_t count = count_of(team, own);
    const bool is_last = member == 0 && is_held_up(team, own);
    srnn_event__raise(&own->barriers, count + (is_last ? 1 : 0));
    for (int64_t i = 0; i < team->members; i++)
        if (i != member)
            wait_for_member(team, own, &team->slots[i], count);
    /* Member 0 cannot be more than one barrier ahead: it waits for this one.
     * What it wrote before has been seen by the wait above. */
    if (member != 0 && barriers_of_first(team) == count + 1)
        return false;
    return !is_last;
}

bool srnn_team__gave_up(const srnn_team *team)
{
    return barriers_of_first(team) % 2 != 0;
}

void srnn_team__advance(srnn_team *team, int64_t member, int64_t progress)
{
    srnn_event__raise(&team->slots[member].progress,
                      team->job_number * STRIDE + progress);
}

void srnn_team__await(srnn_team *team, int64_t member, int64_t progress)
{
    srnn_event__wait(&team->slots[member].progress,
                     team->job_number * STRIDE + progress, team->spin);
}
