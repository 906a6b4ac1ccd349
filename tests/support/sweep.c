/* SPDX-License-Identifier: MIT */
/* The turns of a sweep. */
#include "support/sweep.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/failing.h"
#include "support/process.h"

static bool is_refused(const sweep *s)
{
    return s->turn % 2 == 1;
}

bool sweep_next(sweep *s)
{
    const long number = (s->turn + 3) / 4;
    const bool onwards = s->turn % 4 == 3;
    if (s->turn > 4 * s->requests)
        return false;
    if (is_refused(s) || s->turn == 0) {
        s->living_before_prepare = failing_living();
        misuse_fill();
        s->prepare();
        s->living = failing_living();
        s->descriptor = process_free_descriptor();
    }
    misuse_before();
    failing_refuse(is_refused(s) ? number : 0, onwards ? LONG_MAX : number);
    return true;
}

static void check_result(sweep *s, const char *call)
{
    const uint64_t result = s->result();
    if (s->turn == 0)
        s->wanted = result;
    if (result != s->wanted)
        fail_msg("%s: turn %ld gave another result", call, s->turn);
    assert_int_equal(failing_living(), s->living_before_prepare);
    assert_int_equal(process_free_descriptor(), s->descriptor);
}

void sweep_check(sweep *s, const char *call, srnn_status status, long least)
{
    const long requests = failing_requests();
    const long refused = failing_refused();
    failing_refuse(0, 0);
    if (s->turn == 0)
        s->requests = requests;
    if (s->requests < least)
        fail_msg("%s: %ld requests, expected %ld", call, requests, least);
    if (is_refused(s)) {
        assert_true(refused > 0);
        misuse_refused(call, status, SRNN_ERROR_NO_MEMORY,
                       "cannot allocate ... bytes");
        /* What prepare made may keep what it got before the refusal. */
        if (s->living == s->living_before_prepare)
            assert_int_equal(failing_living(), s->living);
    } else {
        misuse_accepted(call, status);
        check_result(s, call);
    }
    s->turn++;
}
