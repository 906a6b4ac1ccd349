/* SPDX-License-Identifier: MIT */
/* The rows of a recording: the steps of all sequences that exist, without
 * padding. Sequences by falling length, so that those which still run at a step
 * are the first ones; packed step after step:
 *
 *     step 0: | row 0 | row 1 | row 2 | ...     count(0) rows
 *     step 1: | row 0 | row 1 |                 count(1) <= count(0)
 *
 * Both directions use this order. */
#ifndef SRNN_STACK_ROWS_H
#define SRNN_STACK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t T; /* steps with rows */
    int64_t B;
    const int64_t *order;   /* [B]: which row of the batch; NULL: the same */
    const int64_t *lengths; /* [B] by falling length; NULL: T */
    const int64_t *starts;  /* [T+1]: packed rows before a step; NULL: t*B */
    const uint8_t *resets;  /* [T,B]: is there one before a step? NULL: none */
} srnn_rows;

/* The packed rows before step t, 0 to T. */
static inline int64_t srnn_rows__start(const srnn_rows *rows, int64_t t)
{
    return rows->starts == NULL ? t * rows->B : rows->starts[t];
}

/* The rows of step t, 0 to T-1. */
static inline int64_t srnn_rows__count(const srnn_rows *rows, int64_t t)
{
    return rows->starts == NULL ? rows->B
                                : rows->starts[t + 1] - rows->starts[t];
}

/* The row of the batch, and the length, of row i. */
static inline int64_t srnn_rows__row(const srnn_rows *rows, int64_t i)
{
    return rows->order == NULL ? i : rows->order[i];
}

static inline int64_t srnn_rows__length(const srnn_rows *rows, int64_t i)
{
    return rows->lengths == NULL ? rows->T : rows->lengths[i];
}

/* Do all steps have all rows, each from the state of the step before? */
static inline bool srnn_rows__are_even(const srnn_rows *rows)
{
    return rows->starts == NULL && rows->resets == NULL;
}

/* A packed row: its step, and its number in the step. */
typedef struct {
    int64_t t;
    int64_t i;
} srnn_row_cursor;

/* That of packed row number `row`, which lies at step t or later. */
srnn_row_cursor srnn_rows__at(const srnn_rows *rows, int64_t row, int64_t t);

static inline void srnn_rows__next(const srnn_rows *rows, srnn_row_cursor *c)
{
    if (++c->i < srnn_rows__count(rows, c->t))
        return;
    c->i = 0;
    c->t++;
}

/* Is there a reset of row i, or of any row, between steps t-1 and t? */
static inline bool srnn_rows__is_reset(const srnn_rows *rows, int64_t t,
                                       int64_t i)
{
    return rows->resets != NULL && rows->resets[t * rows->B + i] != 0;
}

bool srnn_rows__has_reset(const srnn_rows *rows, int64_t t);

/* A run: steps with the same rows and without a reset between them. The end of
 * the run that begins with step `first`, and the first step of the run that
 * ends before step `end`; not beyond the limit. */
int64_t srnn_rows__run_end(const srnn_rows *rows, int64_t first, int64_t limit);
int64_t srnn_rows__run_first(const srnn_rows *rows, int64_t end, int64_t limit);

/* Lists the rows of a batch by falling length, those of one length in their
 * order: row b has lengths[b * stride]. other is memory for B more. */
void srnn_rows__order(int64_t *order, int64_t *other, int64_t B,
                      const int64_t *lengths, int64_t stride);

/* Fills order, lengths and starts [T+1] from the lengths of a batch that is not
 * empty, see srnn_rows__order. Returns the largest length. */
int64_t srnn_rows__sort(int64_t *order, int64_t *sorted, int64_t *starts,
                        int64_t *other, int64_t T, int64_t B,
                        const int64_t *lengths, int64_t stride);

#endif
