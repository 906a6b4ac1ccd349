/* SPDX-License-Identifier: MIT */
#include "threads.h"

#include <setjmp.h>
#include <stdlib.h>
#include <ucontext.h>

#include "races.h"

enum { STACK = 64 * 1024 };

typedef struct {
    ucontext_t context; /* of its beginning */
    jmp_buf here;       /* where it waits */
    jmp_buf *back;      /* who let it run */
    bool has_begun;
    bool has_ended;
    int sleeps_at; /* a condition */
    int waits_for; /* a thread */
    void *(*start)(void *);
    void *argument;
    knowledge knows;
} thread;

static thread threads[THREADS];
static op pending[THREADS];
static int count;
static int running;
static int owners[OBJECTS]; /* of mutexes */
static void (*first)(void);
static const char *failure;
static _Alignas(16) char stacks[THREADS][STACK];

const char *threads_failure(void)
{
    return failure;
}

/* Lets a thread run up to its next operation. */
static void enter(int number)
{
    jmp_buf back;
    thread *const t = &threads[number];
    const int before = running;
    running = number;
    t->back = &back;
    if (_setjmp(back) == 0) {
        if (t->has_begun)
            _longjmp(t->here, 1);
        t->has_begun = true;
        (void)setcontext(&t->context);
    }
    running = before;
}

static void leave(void)
{
    thread *const t = &threads[running];
    if (_setjmp(t->here) == 0)
        _longjmp(*t->back, 1);
}

void threads_fail(const char *what)
{
    failure = what;
    for (;;)
        leave();
}

static void begin(void)
{
    thread *const t = &threads[running];
    t->start(t->argument);
    t->has_ended = true;
    leave();
}

static int add(void *(*start)(void *), void *argument)
{
    if (count == THREADS)
        abort();
    thread *const t = &threads[count];
    *t = (thread){.start = start,
                  .argument = argument,
                  .sleeps_at = NONE,
                  .waits_for = NONE};
    t->knows.stuck_at = NONE;
    t->knows.last_object = NONE;
    (void)getcontext(&t->context);
    t->context.uc_stack.ss_sp = stacks[count];
    t->context.uc_stack.ss_size = STACK;
    makecontext(&t->context, begin, 0);
    return count++;
}

knowledge *threads_reach(op what)
{
    pending[running] = what;
    leave();
    knowledge *const knows = &threads[running].knows;
    knows->order.at[running]++;
    return knows;
}

void threads_pass(void)
{
    threads[running].knows.time.at[running]++;
}

void threads_access(const void *address, size_t size, bool writes)
{
    if (!races_access(running, &threads[running].knows.time, address, size,
                      writes))
        threads_fail(writes ? "a plain write races" : "a plain read races");
}

static bool can_go_on(int number)
{
    const thread *const t = &threads[number];
    const op *const next = &pending[number];
    if (t->has_ended || t->sleeps_at != NONE)
        return false;
    if (next->kind == OP_LOCK)
        return owners[next->object] == NONE;
    if (next->kind == OP_JOIN)
        return threads[t->waits_for].has_ended;
    return next->kind != OP_LOAD || memory_has_news(&t->knows, next->object);
}

static unsigned int ready(void)
{
    unsigned int set = 0;
    for (int i = 0; i < count; i++)
        if (can_go_on(i))
            set |= 1u << i;
    return set;
}

static bool have_all_ended(void)
{
    for (int i = 0; i < count; i++)
        if (!threads[i].has_ended)
            return false;
    return true;
}

static void *run_first(void *unused)
{
    first();
    return unused;
}

static void reset(void (*body)(void))
{
    memory_reset();
    races_reset();
    count = 0;
    failure = NULL;
    first = body;
    for (int i = 0; i < OBJECTS; i++)
        owners[i] = NONE;
    threads[add(run_first, NULL)].knows.time.at[0] = 1;
}

execution_end threads_run(void (*body)(void))
{
    reset(body);
    for (int next = 0; next != NONE;) {
        enter(next);
        if (failure != NULL)
            return EXECUTION_FAILS;
        if (have_all_ended())
            return EXECUTION_ENDS;
        clocks order[THREADS];
        for (int i = 0; i < count; i++)
            order[i] = threads[i].knows.order;
        const unsigned int set = ready();
        if (set == 0) {
            failure = "no thread can go on";
            return EXECUTION_FAILS;
        }
        next = search_schedule(set, pending, order, count);
    }
    return EXECUTION_IS_CUT;
}

knowledge *threads_knowledge(void)
{
    return &threads[running].knows;
}

void threads_lock(int object)
{
    memory_obtain(threads_reach((op){OP_LOCK, object, false}), object);
    owners[object] = running;
    threads_pass();
}

bool threads_is_owner(int object)
{
    return owners[object] == running;
}

bool threads_is_locked(int object)
{
    return owners[object] != NONE;
}

/* Not an operation of its own: earlier is as good. */
void threads_unlock(int object)
{
    memory_publish(threads_knowledge(), object);
    owners[object] = NONE;
    threads_pass();
}

void threads_sleep(int object)
{
    threads[running].sleeps_at = object;
}

bool threads_has_sleepers(int object)
{
    for (int i = 0; i < count; i++)
        if (threads[i].sleeps_at == object)
            return true;
    return false;
}

void threads_wake(int object)
{
    for (int i = 0; i < count; i++)
        if (threads[i].sleeps_at == object) {
            threads[i].sleeps_at = NONE;
            clocks_join(&threads[i].knows.order, &threads_knowledge()->order);
        }
}

int threads_start(void *(*start)(void *), void *argument)
{
    const int number = add(start, argument);
    thread *const child = &threads[number];
    memory_join(&child->knows, threads_knowledge());
    child->knows.time.at[number] = 1;
    threads_pass();
    enter(number);
    if (failure != NULL)
        threads_fail(failure);
    return number;
}

void threads_join(int number)
{
    threads[running].waits_for = number;
    memory_join(threads_reach((op){OP_JOIN, NONE, false}),
                &threads[number].knows);
    threads_pass();
}
