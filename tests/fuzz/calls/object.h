/* SPDX-License-Identifier: MIT */
/* The living objects of an input of fuzz_calls.c: a few of each kind. */
#ifndef TESTS_FUZZ_CALLS_OBJECT_H
#define TESTS_FUZZ_CALLS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simplernn.h"

typedef enum {
    OBJECT_TENSOR,
    OBJECT_CONFIG,
    OBJECT_CELL,
    OBJECT_RNN,
    OBJECT_CONTEXT,
    OBJECT_WEIGHTS,
    OBJECT_STREAM,
    OBJECT_GRADIENTS,
    OBJECT_TAPE,
    OBJECT_LINEAR,
    OBJECT_OPTIMIZER,
    OBJECT_KINDS
} object_kind;

enum { OBJECT_SLOTS = 2 };

typedef struct {
    void *handle; /* NULL: none */
    bool is_pinned;
    /* Of what a tape holds; negative if nobody knows. */
    int64_t steps, batch;
    bool is_shared; /* its memory, with another tape */
} object_slot;

/* Mostly an object of the kind, which is made if there is none; rarely NULL or
 * an object of another kind. */
void *object_take(object_kind kind);

/* One of the kind; NULL only if there is no memory. */
void *object_own(object_kind kind);

/* As object_take(), but mostly one of this rnn. */
void *object_take_of(object_kind kind, const srnn_rnn *rnn);

/* Is it a living object of the kind? */
bool object_is(const void *handle, object_kind kind);

object_slot *object_find(const void *handle);

/* NULL if the slot is empty. */
void *object_at(object_kind kind, int number);

/* Where a call puts what it makes; rarely NULL. */
void *object_out(void);

/* What the call put there, and before the call a value that it must change. */
void object_expect(void);
void *object_made(void);

/* Into a slot, whose old object is destroyed. */
void object_keep(object_kind kind, void *handle);

/* Destroys one. A pinned one stays until all others are destroyed. */
void object_pin(const void *handle);
void object_destroy(object_kind kind, object_slot *slot);

/* Destroys all in an order of the input. */
void object_destroy_all(void);

#endif
