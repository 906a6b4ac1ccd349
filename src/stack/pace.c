/* SPDX-License-Identifier: MIT */
#include "stack/pace.h"

#include "util/integer.h"

/* Times the calls that were needed: so many good ones take back a back-off. */
enum { MANY = 8 };

void srnn_pace__start(srnn_pace *pace)
{
    *pace = (srnn_pace){0};
    for (int i = 0; i < SRNN_PACE_KINDS; i++)
        pace->of[i].needed = SRNN_PACE_LEAST;
}

bool srnn_pace__begin(srnn_pace *pace, srnn_pace_kind kind, int64_t now)
{
    srnn_pace_calls *const k = &pace->of[kind];
    for (int i = 0; i < SRNN_PACE_KINDS; i++)
        if (now - pace->ended >= SRNN_PACE_GAP)
            pace->of[i].close = 0;
    pace->began = now;
    k->close++;
    return k->close > k->needed;
}

static void back_off(srnn_pace_calls *k, int64_t most)
{
    k->needed = srnn_integer__smaller(2 * k->needed, most);
    k->close = 0;
    k->good = 0;
}

static void praise(srnn_pace_calls *k)
{
    k->good++;
    if (k->good < MANY * k->needed || k->needed == SRNN_PACE_LEAST)
        return;
    k->needed /= 2;
    k->good = 0;
}

/* The first call with helpers wakes them, so its time says nothing. */
static void judge(srnn_pace_calls *k, int64_t time)
{
    const int64_t number = k->close - k->needed;
    if (number == 1) {
        k->shared = INT64_MAX;
        return;
    }
    k->shared = srnn_integer__smaller(k->shared, time);
    if (time > SRNN_PACE_STALL) {
        back_off(k, SRNN_PACE_MOST_STALLED);
    } else if (number % SRNN_PACE_WINDOW != 0) {
        praise(k);
    } else if (k->shared > k->alone - k->alone / 16) {
        back_off(k, SRNN_PACE_MOST);
    } else {
        k->shared = INT64_MAX;
        praise(k);
    }
}

void srnn_pace__end(srnn_pace *pace, srnn_pace_kind kind, int64_t now)
{
    srnn_pace_calls *const k = &pace->of[kind];
    const int64_t time = now - pace->began;
    pace->ended = now;
    if (k->close > k->needed)
        judge(k, time);
    else
        k->alone = k->close == 1 ? time : srnn_integer__smaller(k->alone, time);
}
