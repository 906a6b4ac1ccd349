/* SPDX-License-Identifier: MIT */
/* Does the checker know C11? Classical small programs, whose outcomes are
 * known: a forbidden one is not seen, an allowed one is. The first bit of an
 * outcome is what the last thread read. */
#include <pthread.h>
#include <stdatomic.h>

#include "model.h"

static atomic_int *x;
static atomic_int *y;
static int *data;
static int reads[4];

#define LOAD(object, order) atomic_load_explicit(object, memory_order_##order)
#define STORE(object, value, order)                                            \
    atomic_store_explicit(object, value, memory_order_##order)

/* A function of a thread. */
#define THREAD(name, ...)                                                      \
    static void *name(void *unused)                                            \
    {                                                                          \
        __VA_ARGS__;                                                           \
        return unused;                                                         \
    }

typedef void *function(void *);

/* Up to four threads, NULL for none; this is the first of them. */
static void run(function *const functions[4])
{
    pthread_t threads[4];
    x = model_allocate(sizeof *x);
    y = model_allocate(sizeof *y);
    data = model_allocate(sizeof *data);
    for (int i = 0; i < 4; i++)
        reads[i] = 0;
    for (int i = 1; i < 4; i++)
        if (functions[i] != NULL)
            (void)pthread_create(&threads[i], NULL, functions[i], NULL);
    functions[0](NULL);
    for (int i = 1; i < 4; i++)
        if (functions[i] != NULL)
            (void)pthread_join(threads[i], NULL);
}

/* What was read, as a binary number. */
static void run_for_reads(function *const functions[4])
{
    run(functions);
    model_outcome(reads[0] * 8 + reads[1] * 4 + reads[2] * 2 + reads[3]);
}

#define RUN(name, ...)                                                         \
    static void name(void)                                                     \
    {                                                                          \
        run_for_reads((function *[4]){__VA_ARGS__});                           \
    }

/* Store buffering. */
#define BUFFERING(name, write, read)                                           \
    THREAD(name##_1, STORE(x, 1, write); reads[2] = LOAD(y, read))             \
    THREAD(name##_2, STORE(y, 1, write); reads[3] = LOAD(x, read))             \
    RUN(name, name##_1, name##_2)

BUFFERING(buffering_sc, seq_cst, seq_cst)
BUFFERING(buffering_load, seq_cst, acquire)
BUFFERING(buffering_store, release, seq_cst)

/* A message: a flag for data, by the value read. */
#define MESSAGE(name, write, read)                                             \
    THREAD(name##_1, STORE(x, 1, relaxed); STORE(y, 1, write))                 \
    THREAD(name##_2, reads[2] = LOAD(y, read); reads[3] = LOAD(x, relaxed))    \
    RUN(name, name##_1, name##_2)

MESSAGE(message, release, acquire)
MESSAGE(message_relaxed_store, relaxed, acquire)
MESSAGE(message_relaxed_load, release, relaxed)

/* Through a third thread, and through an update. */
THREAD(write_x, STORE(x, 1, release))
THREAD(pass_on, reads[1] = LOAD(x, acquire); STORE(y, 1, release))
THREAD(read_both, reads[2] = LOAD(y, acquire); reads[3] = LOAD(x, relaxed))
RUN(causality, write_x, pass_on, read_both)

THREAD(write_data, *data = 1; STORE(x, 1, release))
THREAD(count_up, (void)atomic_fetch_add_explicit(x, 1, memory_order_relaxed))
THREAD(read_data, reads[3] = LOAD(x, acquire) == 2 && *data == 1)
static void sequence(void)
{
    run((function *[4]){write_data, count_up, read_data});
    model_outcome(reads[3]);
}

/* Do all see the writes in the same order? */
#define INDEPENDENT(name, write, read)                                         \
    THREAD(name##_1, STORE(x, 1, write))                                       \
    THREAD(name##_2, STORE(y, 1, write))                                       \
    THREAD(name##_3, reads[0] = LOAD(x, read); reads[1] = LOAD(y, read))       \
    THREAD(name##_4, reads[2] = LOAD(y, read); reads[3] = LOAD(x, read))       \
    RUN(name, name##_1, name##_2, name##_3, name##_4)

INDEPENDENT(independent_sc, seq_cst, seq_cst)
INDEPENDENT(independent_stores, release, seq_cst)
INDEPENDENT(independent, release, acquire)

/* One object: nobody goes back in time. */
THREAD(write_twice, STORE(x, 1, relaxed); STORE(x, 2, relaxed))
THREAD(read_twice, reads[2] = LOAD(x, relaxed); reads[3] = LOAD(x, relaxed))
static void coherence(void)
{
    run((function *[4]){write_twice, read_twice});
    model_outcome(reads[2] * 3 + reads[3]);
}

/* Each of two stores may be the last. */
THREAD(write_x_y, STORE(x, 2, release); STORE(y, 1, release))
THREAD(write_y_x, STORE(y, 2, release); STORE(x, 1, release))
static void last_stores(void)
{
    run((function *[4]){write_x_y, write_y_x});
    model_outcome((LOAD(x, relaxed) - 1) * 2 + LOAD(y, relaxed) - 1);
}

/* A load does not read what depends on it; C11 allows that, and nobody does. */
THREAD(read_x, reads[2] = LOAD(x, relaxed); STORE(y, 1, relaxed))
THREAD(read_y, reads[3] = LOAD(y, relaxed); STORE(x, 1, relaxed))
RUN(no_future, read_x, read_y)

/* Updates are not lost. */
static void updates(void)
{
    run((function *[4]){count_up, count_up, count_up});
    model_outcome(LOAD(x, relaxed));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
THREAD(count_data, (void)pthread_mutex_lock(&mutex); ++*data;
       (void)pthread_mutex_unlock(&mutex))
static void locks(void)
{
    run((function *[4]){count_data, count_data, count_data, count_data});
    model_outcome(*data);
}

#define BITS(...) __VA_ARGS__, MODEL_UNBOUNDED

/* Of four outcomes 0 to 3: all, all but 0, all but 2. */
enum { ALL = 0xf, NOT_0 = 0xe, NOT_2 = 0xb };

const model_scenario model_litmus[] = {
    {"buffering_sc", buffering_sc, BITS(NOT_0)},
    {"buffering_load", buffering_load, BITS(ALL)},
    {"buffering_store", buffering_store, BITS(ALL)},
    {"message", message, BITS(NOT_2)},
    {"message_relaxed_store", message_relaxed_store, BITS(ALL)},
    {"message_relaxed_load", message_relaxed_load, BITS(ALL)},
    {"causality", causality, BITS(0xff & ~(1 << 6))},
    {"sequence", sequence, BITS(0x3)},
    /* 10 is x but not y, and y but not x */
    {"independent_sc", independent_sc, BITS(0xffff & ~(1 << 10))},
    {"independent_stores", independent_stores, BITS(0xffff & ~(1 << 10))},
    {"independent", independent, BITS(0xffff)},
    {"coherence", coherence, BITS(0x137)},
    {"last_stores", last_stores, BITS(ALL)},
    {"no_future", no_future, BITS(0x7)},
    {"updates", updates, BITS(1 << 3)},
    {"locks", locks, BITS(1 << 4)},
    {NULL, NULL, 0, 0},
};
