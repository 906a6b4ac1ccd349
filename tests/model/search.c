/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>

enum { NODES = 1 << 14, EVENTS = 1 << 12, NOBODY = -1 };

/* The sets of threads are only for nodes that schedule. */
typedef struct {
    bool schedules;
    int chosen;
    int count; /* of choices */
    unsigned int enabled;
    unsigned int wanted; /* to be tried */
    unsigned int tried;
    unsigned int sleeping; /* would only repeat what was tried elsewhere */
} node;

/* A thread's operation in this execution. */
typedef struct {
    int thread;
    op what;
    int node;
    uint16_t number; /* of the thread's operations, from 1 */
} event;

static node path[NODES];
static int depth; /* nodes */
static int at;    /* the next of them */
static event events[EVENTS];
static int event_count;
static unsigned int sleeping;
static int bound;
static int last;          /* the thread that went on last */
static int interruptions; /* in this execution */
static bool is_first;

static node *push(node what)
{
    if (depth == NODES) {
        (void)fprintf(stderr, "an execution is too long\n");
        abort();
    }
    path[depth] = what;
    return &path[depth++];
}

void search_begin(int most)
{
    bound = most;
    depth = 0;
    is_first = true;
}

/* The next alternative of the last node that has one. */
static bool advance(node *n)
{
    if (!n->schedules)
        return ++n->chosen < n->count;
    n->tried |= 1u << n->chosen;
    const unsigned int left = n->wanted & ~n->tried & ~n->sleeping;
    if (left == 0)
        return false;
    n->chosen = __builtin_ctz(left);
    return true;
}

bool search_next(void)
{
    while (depth > 0 && !is_first && !advance(&path[depth - 1]))
        depth--;
    at = 0;
    event_count = 0;
    sleeping = 0;
    last = NOBODY;
    interruptions = 0;
    const bool is_more = is_first || depth > 0;
    is_first = false;
    return is_more;
}

int search_choose(int count)
{
    if (count == 1)
        return 0;
    const node *const n = at < depth ? &path[at] : push((node){.count = count});
    at++;
    return n->chosen;
}

/* Does the order of the two matter? That of two sequentially consistent loads
 * does, because the second may not read what is older. */
static bool depend(const op *one, const op *other)
{
    if (one->object != other->object || one->kind == OP_JOIN)
        return false;
    switch (other->kind) {
    case OP_LOAD:
        return one->is_sc && other->is_sc;
    case OP_WAIT:
        return one->kind == OP_WAKE;
    case OP_WAKE:
        return one->kind == OP_WAIT;
    default:
        return true;
    }
}

/* Operations of others that this one could have come before. */
static void find_races(int thread, const op *what, const clocks *order)
{
    for (int i = 0; i < event_count; i++) {
        const event *const e = &events[i];
        if (e->thread == thread || order->at[e->thread] >= e->number ||
            !depend(&e->what, what))
            continue;
        node *const n = &path[e->node];
        n->wanted |= n->enabled & 1u << thread ? 1u << thread : n->enabled;
    }
}

static bool may_interrupt(unsigned int enabled)
{
    return bound < 0 || interruptions < bound || last == NOBODY ||
           (enabled & 1u << last) == 0;
}

static node *add_schedule(unsigned int enabled)
{
    if (!may_interrupt(enabled))
        enabled = 1u << last;
    const unsigned int left = enabled & ~sleeping;
    if (left == 0)
        return NULL;
    const bool goes_on = last != NOBODY && (left & 1u << last) != 0;
    const int chosen = goes_on ? last : __builtin_ctz(left);
    return push((node){.schedules = true,
                       .chosen = chosen,
                       .enabled = enabled,
                       .wanted = bound < 0 ? 1u << chosen : enabled,
                       .sleeping = sleeping});
}

int search_schedule(unsigned int enabled, const op *pending,
                    const clocks *order, int count)
{
    node *const n = at < depth ? &path[at] : add_schedule(enabled);
    if (n == NULL)
        return NOBODY;
    at++;
    const int thread = n->chosen;
    if (bound < 0) {
        find_races(thread, &pending[thread], &order[thread]);
        sleeping = n->sleeping | n->tried;
        for (int i = 0; i < count; i++)
            if (i == thread || depend(&pending[i], &pending[thread]))
                sleeping &= ~(1u << i);
    }
    if (event_count == EVENTS)
        abort();
    events[event_count++] = (event){thread, pending[thread], (int)(n - path),
                                    (uint16_t)(order[thread].at[thread] + 1)};
    interruptions +=
        last != NOBODY && last != thread && (enabled & 1u << last) != 0;
    last = thread;
    return thread;
}
