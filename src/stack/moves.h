/* SPDX-License-Identifier: MIT */
/* Between tensors of the caller, of any strides, and packed rows
 * (stack/rows.h). */
#ifndef SRNN_STACK_MOVES_H
#define SRNN_STACK_MOVES_H

#include "rnn/rnn.h"
#include "stack/rows.h"
#include "tensor/matrix.h"
#include "tensor/tensor.h"

/* [T,B,features] in memory of the caller, or the states [L*D,B,features]. */
typedef struct {
    unsigned char *data; /* NULL: there is none */
    int64_t size;        /* of an element */
    int64_t features;
    int64_t step_stride; /* of time, or of cells */
    int64_t row_stride;  /* 0 if the rows share states */
    int64_t feature_stride;
} srnn_outside;

/* tensor may be NULL. T and B are those of the call; where a dimension has one
 * entry, its stride is chosen so that rows are evenly spaced. */
srnn_outside srnn_outside__sequence(const srnn_rnn *rnn,
                                    const srnn_tensor *tensor, int64_t T,
                                    int64_t B);
srnn_outside srnn_outside__states(const srnn_tensor *tensor);

/* Does its memory hold the packed rows, as one matrix without gaps? */
bool srnn_outside__is_matrix(const srnn_outside *outside,
                             const srnn_rows *rows);

/* The packed rows [first, first + count) of that matrix. */
srnn_matrix srnn_outside__matrix(const srnn_outside *outside, int64_t first,
                                 int64_t count);

/* Packed rows [first, first + count), from step t on, to or from rows of memory
 * that are `stride` elements apart. */
void srnn_outside__gather(const srnn_outside *outside, const srnn_rows *rows,
                          srnn_row_cursor from, int64_t count, void *to,
                          int64_t stride);
void srnn_outside__scatter(const srnn_outside *outside, const srnn_rows *rows,
                           srnn_row_cursor from, int64_t count, const void *in,
                           int64_t stride);

/* The state of row i in a cell, to or from memory. */
void srnn_outside__read_state(const srnn_outside *outside,
                              const srnn_rows *rows, int64_t cell, int64_t i,
                              void *to);
void srnn_outside__write_state(const srnn_outside *outside,
                               const srnn_rows *rows, int64_t cell, int64_t i,
                               const void *from);

/* Sets the padding of all rows, up to T steps, to 0. */
void srnn_outside__clear_padding(const srnn_outside *outside,
                                 const srnn_rows *rows, int64_t T);

#endif
