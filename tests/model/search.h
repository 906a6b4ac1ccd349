/* SPDX-License-Identifier: MIT */
/* The search through all executions: depth first, each from its beginning.
 * Where several threads can go on or a thread has several choices, the path of
 * the execution has a node. Executions that differ only in the order of
 * operations that do not depend on each other are tried once: dynamic partial
 * order reduction (Flanagan and Godefroid, 2005) with sleep sets. */
#ifndef TESTS_MODEL_SEARCH_H
#define TESTS_MODEL_SEARCH_H

#include "clocks.h"

typedef enum {
    OP_LOAD,
    OP_STORE,
    OP_UPDATE, /* reads and writes */
    OP_LOCK,
    OP_WAIT,
    OP_WAKE,
    OP_JOIN
} op_kind;

/* What a thread is about to do. */
typedef struct {
    op_kind kind;
    int object;
    bool is_sc; /* sequentially consistent */
} op;

/* A new scenario; bound as in model.h. */
void search_begin(int bound);

/* A new execution; false if there is none left. */
bool search_next(void);

/* One of 0 to count - 1. */
int search_choose(int count);

/* One of the threads in the set `enabled`, whose next operations are in pending
 * for all `count` threads; -1: all that would follow has been tried. order[i]:
 * what the operations that thread i has done depend on. */
int search_schedule(unsigned int enabled, const op *pending,
                    const clocks *order, int count);

#endif
