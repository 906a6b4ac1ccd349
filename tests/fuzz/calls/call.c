/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/call.h"

#include <string.h>

#include "fuzz/calls/digest.h"
#include "fuzz/calls/run.h"
#include "fuzz/memory.h"

call_results results;

/* What each function returned, which libFuzzer counts as coverage. */
static uint8_t met[CALL_ROWS][CALL_STATUSES]
    __attribute__((section("__libfuzzer_extra_counters")));

static call_row *row; /* of the present call */
static bool is_whole;

/* As it was before the call. */
static unsigned char arena[REGION_ARENA];
static call_results results_before;
static uint64_t digest_before;

void call_choose_checks(void)
{
    is_whole = input_take(2) == 1;
}

void call_make(call_row *of)
{
    row = of;
    digest_forget();
    region_next_call();
    row->make();
}

void call_begin(void)
{
    object_expect();
    memset(&results, 0xa5, sizeof results);
    results_before = results;
    memcpy(arena, region_arena, sizeof arena);
    digest_before = digest(is_whole);
    memory_let_fail();
}

/* The results that a call may write although it fails. */
static void allow_results(srnn_status status)
{
    if (status == SRNN_ERROR_NOT_FINITE) /* the norm */
        results_before.real = results.real;
    if (status == SRNN_ERROR_BUFFER) /* the length of a description */
        results_before.size = results.size;
}

static uint64_t bit_of(srnn_status status)
{
    require(status <= 0 && status > -CALL_STATUSES);
    return UINT64_C(1) << -status;
}

static void note(srnn_status status)
{
    row->seen |= bit_of(status);
    met[row->number][-status] = 1;
}

srnn_status call_end(srnn_status status)
{
    const bool was_refused = memory_let_fail_no_more() > 0;
    note(status);
    if (status == SRNN_OK)
        return status;
    require((row->promised & bit_of(status)) != 0);
    require(status != SRNN_ERROR_BUSY && status != SRNN_ERROR_ENVIRONMENT);
    require(status != SRNN_ERROR_NO_MEMORY || was_refused ||
            SIZE_MAX < INT64_MAX); /* which refuses some sizes unasked */
    require(*srnn_last_error() != '\0');
    require(strchr(srnn_last_error(), '\n') == NULL);
    allow_results(status);
    require(memcmp(&results, &results_before, sizeof results) == 0);
    require(memcmp(arena, region_arena, sizeof arena) == 0);
    require(digest(is_whole) == digest_before);
    return status;
}

void call_created(object_kind kind, srnn_status status)
{
    (void)call_end(status);
    require(object_made() == NULL || status == SRNN_OK);
    if (status != SRNN_OK)
        return;
    require(object_made() != NULL);
    object_keep(kind, object_made());
}

void call_answered(void)
{
    (void)memory_let_fail_no_more();
    note(SRNN_OK);
}
