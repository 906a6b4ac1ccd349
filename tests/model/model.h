/* SPDX-License-Identifier: MIT */
/* What a scenario says to the model checker: a small program on threads, of
 * which every execution that C11 allows is tried, one after another.
 *
 * The code of the library is compiled from its own source with
 * -fsanitize=thread: the compiler calls a hook for every access to memory, and
 * says the memory order of the atomic ones. hooks.c implements these hooks in
 * place of the runtime of TSan, and redirect.h does the same for POSIX threads.
 * Threads are coroutines (threads.c). What a load may read is decided by the
 * memory model (memory.c), and which of all possibilities are tried by a search
 * (search.c). Plain accesses that race fail the scenario (races.c). */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_UNBOUNDED = -1 };

typedef struct {
    const char *name;
    void (*body)(void); /* the first thread */
    /* A set of outcomes, bit by bit: of all executions, exactly these. 0: the
     * scenario has no outcomes. */
    uint32_t outcomes;
    /* How often at most threads that could go on are interrupted in an
     * execution; MODEL_UNBOUNDED: as often as possible, so the search is
     * exhaustive. */
    int bound;
} model_scenario;

/* Fails the scenario if not true. */
void model_check(bool is_true, const char *what);

/* The execution has this outcome, 0 to 31. */
void model_outcome(int number);

/* Memory of zeros that lives until the execution ends; on a cache line. */
void *model_allocate(size_t bytes);

/* Ends with a NULL name. */
extern const model_scenario model_litmus[];
extern const model_scenario model_events[];
extern const model_scenario model_users[];
extern const model_scenario model_teams[];

#endif
