/* SPDX-License-Identifier: MIT */
/* One call with each of its allocations made to fail:
 *
 *     SWEEP(1, prepare, result, srnn_tensor_create(&made.tensor, ...));
 *
 * It must return SRNN_ERROR_NO_MEMORY, change nothing and leak nothing, and the
 * same call must give the same result as soon as there is memory. */
#ifndef TESTS_SUPPORT_SWEEP_H
#define TESTS_SUPPORT_SWEEP_H

#include "support/misuse.h"

/* Turn 0 counts the requests of the call. Then each request has four turns: it
 * is refused, the call is made again; it and all that follow are refused, the
 * call is made again. */
typedef struct {
    void (*prepare)(void);    /* before a call that may fail */
    uint64_t (*result)(void); /* of a success; destroys what call and prepare
                                 made */
    long turn;
    long requests;
    long living_before_prepare;
    long living;
    int descriptor;
    uint64_t wanted;
} sweep;

/* Readies the next turn; false after the last. */
bool sweep_next(sweep *s);

/* Checks a turn; least is how many requests the call is known to make. */
void sweep_check(sweep *s, const char *call, srnn_status status, long least);

#define SWEEP(least, prepare, result, ...)                                     \
    for (sweep s_ = {prepare, result, 0, 0, 0, 0, 0, 0}; sweep_next(&s_);)     \
    sweep_check(&s_, #__VA_ARGS__, (__VA_ARGS__), least)

#endif
