/* SPDX-License-Identifier: MIT */
/* Around every call of fuzz_calls.c: allocations may fail in it, its status is
 * one that its comment promises, and if it failed, nothing has changed. */
#ifndef TESTS_FUZZ_CALLS_CALL_H
#define TESTS_FUZZ_CALLS_CALL_H

#include "fuzz/calls/input.h"
#include "fuzz/calls/object.h"
#include "fuzz/calls/region.h"
#include "fuzz/require.h"
#include "simplernn.h"

enum { CALL_ROWS = 200, CALL_STATUSES = 64 };

/* One public function. */
typedef struct {
    const char *name;
    void (*make)(void);
    unsigned number;   /* below CALL_ROWS */
    uint64_t promised; /* statuses, as support/headers.h has them */
    uint64_t seen;
} call_row;

#define CALL_ROW(function)                                                     \
    {                                                                          \
        .name = #function, .make = call_##function                             \
    }

/* All rows of a file end with one that has no name. */
extern call_row calls_of_tensors[], calls_of_rnns[], calls_of_parameters[],
    calls_of_files[], calls_of_runs[], calls_of_streams[], calls_of_tapes[],
    calls_of_gradients[], calls_of_linears[], calls_of_optimizers[],
    calls_of_the_library[];

/* Where calls put numbers, and what they hold before. */
typedef struct {
    int64_t integer;
    double real;
    size_t size;
    int64_t sizes[3];
    char text[1024];
} call_results;

extern call_results results;

void call_begin(void);
srnn_status call_end(srnn_status status);
void call_created(object_kind kind, srnn_status status);

/* Nothing can fail in a call that has no status. */
void call_answered(void);

/* A call, which has all its arguments already: a choice of the input in the
 * middle of an argument list would have no order. */
#define CALL(...) (call_begin(), call_end(__VA_ARGS__))

/* A call that puts an object of the kind where object_out() says. */
#define CREATE(kind, ...) (call_begin(), call_created(kind, __VA_ARGS__))

/* A question to an object: 0 or NULL from any other. */
#define QUERY(kind, function)                                                  \
    static void call_##function(void)                                          \
    {                                                                          \
        void *const object = object_take(kind);                                \
        call_begin();                                                          \
        const bool is_null = !function(object);                                \
        call_answered();                                                       \
        require(is_null || object_is(object, kind));                           \
    }

/* The same about an element of it. */
#define QUERY_INDEX(kind, function)                                            \
    static void call_##function(void)                                          \
    {                                                                          \
        void *const object = object_take(kind);                                \
        const int64_t index = input_index();                                   \
        call_begin();                                                          \
        const bool is_null = !function(object, index);                         \
        call_answered();                                                       \
        require(is_null || (object_is(object, kind) && index >= 0));           \
    }

/* Frees an object, or does nothing. */
#define DESTROY(kind, function)                                                \
    static void call_##function(void)                                          \
    {                                                                          \
        void *const object = object_take(kind);                                \
        object_slot *const slot = object_find(object);                         \
        if (slot != NULL && slot->is_pinned)                                   \
            return;                                                            \
        call_begin();                                                          \
        function(object);                                                      \
        call_answered();                                                       \
        if (object_is(object, kind))                                           \
            slot->handle = NULL;                                               \
    }

#endif
