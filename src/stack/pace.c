/* SPDX-License-Identifier: MIT */
#include "stack/pace.h"

#include "util/integer.h"

/* After so many times `needed` good calls, needed is halved. */
enum { GOOD_TURNS = 8 };

_Static_assert(SRNN_PACE_LEAST % SRNN_PACE_WINDOW == 0 &&
                   SRNN_PACE_RENEWAL % SRNN_PACE_WINDOW == 0,
               "a change of needed moves no end of a window");
_Static_assert(SRNN_PACE_MOST % SRNN_PACE_LEAST == 0 &&
                   SRNN_PACE_MOST_STALLED % SRNN_PACE_MOST == 0,
               "doubling ends at the maximum");

void srnn_pace__init(srnn_pace *pace)
{
    *pace = (srnn_pace){0};
    for (int i = 0; i < SRNN_PACE_KINDS; i++)
        pace->of[i].needed = SRNN_PACE_LEAST;
}

void srnn_pace__restart(srnn_pace *pace)
{
    for (int i = 0; i < SRNN_PACE_KINDS; i++)
        pace->of[i].close = 0;
}

bool srnn_pace__begin(srnn_pace *pace, srnn_pace_kind kind, int64_t now)
{
    srnn_pace_calls *const k = &pace->of[kind];
    if (now - pace->ended >= SRNN_PACE_GAP)
        srnn_pace__restart(pace);
    pace->began = now;
    k->close++;
    if (k->close == 1)
        k->alone = k->shared = INT64_MAX;
    return k->close > k->needed;
}

static void back_off(srnn_pace_calls *k, int64_t most)
{
    if (k->needed < most)
        k->needed *= 2;
    k->close = 0;
    k->good = 0;
}

static void note_good(srnn_pace_calls *k)
{
    k->good++;
    if (k->good < GOOD_TURNS * k->needed || k->needed == SRNN_PACE_LEAST)
        return;
    k->needed /= 2;
    k->good = 0;
}

/* The first call with helpers wakes them, so its time says nothing. */
static void judge(srnn_pace_calls *k, int64_t time)
{
    const int64_t number = k->close - k->needed;
    if (number == 1)
        return;
    k->shared = srnn_integer__smaller(k->shared, time);
    if (time > SRNN_PACE_STALL && time / 2 > k->alone) {
        back_off(k, SRNN_PACE_MOST_STALLED);
        return;
    }
    if (number % SRNN_PACE_WINDOW == 0) {
        if (k->alone == INT64_MAX || k->shared > k->alone - k->alone / 16) {
            back_off(k, SRNN_PACE_MOST);
            return;
        }
        k->shared = INT64_MAX;
    }
    note_good(k);
    if (number >= SRNN_PACE_RENEWAL)
        k->close = 0;
}

void srnn_pace__end(srnn_pace *pace, srnn_pace_kind kind, int64_t now)
{
    srnn_pace_calls *const k = &pace->of[kind];
    const int64_t time = now - pace->began;
    pace->ended = now;
    if (k->close > k->needed)
        judge(k, time);
    else
        k->alone = srnn_integer__smaller(k->alone, time);
}
