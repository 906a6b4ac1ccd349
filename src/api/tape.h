/* SPDX-License-Identifier: MIT */
/* What the calls of a tape share. */
#ifndef SRNN_API_TAPE_H
#define SRNN_API_TAPE_H

#include "stack/context.h"
#include "stack/tape.h"

/* A tape serves one thread at a time: SRNN_ERROR_BUSY if another is inside. */
srnn_status srnn_tape__enter(const srnn_tape *tape);
void srnn_tape__leave(const srnn_tape *tape);

/* SRNN_ERROR_INVALID unless both have the same rnn. */
srnn_status srnn_tape__check_rnn(const srnn_context *context,
                                 const srnn_tape *tape);

/* The first bytes of its memory, to look for overlaps. Only memory that the
 * caller gave can overlap anything. */
srnn_tensor srnn_tape__memory(const srnn_tape *tape, int64_t bytes);

/* Tensors over the contiguous arrays of a call. Begin with fits = true; it is
 * false once bytes do not fit. */
typedef struct {
    srnn_tensor of[6];
    int count;
    bool fits;
} srnn_arrays;

/* The next tensor; NULL for NULL. The input stands for the sizes, so there is
 * one even without memory. */
const srnn_tensor *srnn_arrays__wrap(srnn_arrays *arrays, const srnn_rnn *rnn,
                                     srnn_role role, int64_t steps,
                                     int64_t batch, const void *data);
const srnn_tensor *srnn_arrays__wrap_input(srnn_arrays *arrays,
                                           const srnn_rnn *rnn, int64_t steps,
                                           int64_t batch, const void *data);

/* SRNN_ERROR_INVALID if an address is not aligned. */
srnn_status srnn_arrays__check(const void *const *addresses,
                               const char *const *names, int count,
                               srnn_dtype dtype);

#endif
