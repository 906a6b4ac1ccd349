/* SPDX-License-Identifier: MIT */
/* Runs scenarios:
 *
 *     test_model [--all] [--weaken ADDRESS ORDER FAILING]...
 *                [SCENARIO...]
 *
 * It prints the executions of each, and the atomic operations that they had.
 * Without --all, a scenario ends after 20000 executions. A weakened operation
 * has another memory order than is written. */
#include "model.h"

#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"
#include "search.h"
#include "threads.h"

enum { ARENA = 1 << 18 };

static long most = 20000; /* executions of a scenario */

static uint32_t outcomes;
static uint32_t outcome;
static _Alignas(64) char arena[ARENA];
static size_t used;

void model_check(bool is_true, const char *what)
{
    if (!is_true)
        threads_fail(what);
}

void model_outcome(int number)
{
    outcome = UINT32_C(1) << number;
}

void *model_allocate(size_t bytes)
{
    void *const memory = arena + used;
    used += (bytes + 63) / 64 * 64;
    if (used > sizeof arena)
        abort();
    return memory;
}

typedef struct {
    long whole;
    long cut;
    bool are_all;
} executions;

/* NULL if they pass. */
static const char *try_all(const model_scenario *scenario, int bound,
                           executions *tried)
{
    outcomes = 0;
    search_begin(bound);
    while (search_next()) {
        if (tried->whole >= most) {
            tried->are_all = false;
            return NULL;
        }
        memset(arena, 0, used);
        used = 0;
        outcome = 0;
        const execution_end end = threads_run(scenario->body);
        if (end == EXECUTION_FAILS)
            return threads_failure();
        ++*(end == EXECUTION_ENDS ? &tried->whole : &tried->cut);
        if (end == EXECUTION_ENDS)
            outcomes |= outcome;
    }
    return scenario->outcomes == outcomes ? NULL : "it has other outcomes";
}

/* A scenario that is small and has outcomes has the same without reduction. */
static const char *try_twice(const model_scenario *scenario, executions *tried)
{
    enum { NO_LIMIT = 1000 };
    executions again = {0};
    const char *failure = try_all(scenario, scenario->bound, tried);
    if (failure == NULL && scenario->outcomes != 0 && tried->are_all)
        failure = try_all(scenario, NO_LIMIT, &again);
    return failure;
}

static long total;

static int run(const model_scenario *scenario, uintptr_t base)
{
    executions tried = {.are_all = scenario->bound == MODEL_UNBOUNDED};
    const char *const failure = try_twice(scenario, &tried);
    total += tried.whole;
    (void)printf("%-24s %9ld executions, %ld cut short%s\n", scenario->name,
                 tried.whole, tried.cut, tried.are_all ? "" : ", not all");
    if (failure != NULL)
        (void)printf("ERROR: %s: %s\n[  FAILED  ] %s\n", scenario->name,
                     failure, scenario->name);
    hooks_print_sites(base, scenario->name);
    return failure != NULL;
}

static bool is_named(const model_scenario *scenario, char **names)
{
    if (*names == NULL)
        return true;
    for (; *names != NULL; names++)
        if (strcmp(*names, scenario->name) == 0)
            return true;
    return false;
}

/* Where the program lies. */
static int find_base(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    *(uintptr_t *)base = (uintptr_t)info->dlpi_addr;
    return 1;
}

/* Gives the first of the scenarios. */
static char **read_options(char **arguments, uintptr_t base)
{
    for (; *arguments != NULL && strncmp(*arguments, "--", 2) == 0; arguments++)
        if (strcmp(*arguments, "--all") == 0) {
            most = LONG_MAX;
        } else {
            hooks_weaken(base + strtoul(arguments[1], NULL, 16),
                         (int)strtol(arguments[2], NULL, 10),
                         (int)strtol(arguments[3], NULL, 10));
            arguments += 3;
        }
    return arguments;
}

int main(int count, char **arguments)
{
    static const model_scenario *const lists[] = {
        model_litmus, model_events, model_users, model_teams, NULL};
    uintptr_t base = 0;
    int failures = 0;
    (void)count;
    (void)dl_iterate_phdr(find_base, &base);
    char **const names = read_options(arguments + 1, base);
    for (const model_scenario *const *list = lists; *list != NULL; list++)
        for (const model_scenario *s = *list; s->name != NULL; s++)
            if (is_named(s, names) && failures == 0)
                failures += run(s, base);
    (void)printf("%ld executions in all\n", total);
    return failures;
}
